//! What is taken from an answer: metrics, values to remember, and what it has to be.

use chrono_tz::Tz;

use super::super::filters::{self, Uses};
use super::super::metric::{self, Compiler};
use super::sees::Sees;
use crate::config::file::{Call as Written, Expect as WrittenExpect, Field, Table};
use crate::config::names;
use crate::config::place::At;
use crate::filter::Variable;
use crate::job::{Expect, Metric, Remember};

pub(super) fn metrics<'f>(
    at: &At<'f>,
    written: &Written,
    sees: Sees,
    zone: Tz,
    uses: &mut Vec<Uses<'f>>,
) -> Vec<Metric> {
    let Some(entries) = at.get("metrics", &written.metrics) else { return Vec::new() };
    let at = at.key("metrics");
    let mut compiler = Compiler { allowed: sees.whole(), uses, zone };
    let lower = |(name, field): &(String, _)| metric::lower(&at.key(name), name, field, &mut compiler);
    entries.0.iter().filter_map(lower).collect()
}

pub(super) fn remember<'f>(at: &At<'f>, written: &Written, sees: Sees, uses: &mut Vec<Uses<'f>>) -> Vec<Remember> {
    let Some(entries) = at.get("remember", &written.remember) else { return Vec::new() };
    let at = at.key("remember");
    let mut remember = Vec::new();
    for (name, field) in &entries.0 {
        let at = at.key(name);
        names::checked(&at, name, "a value to remember");
        let filter = at.value(field).and_then(|text| filters::noted_filter(&at, text, sees.remembered(), uses));
        let Some(value) = filter else { continue };
        if sees.is_made_for_each() && value.uses_input() {
            at.error("conflicting-keys", "this call has an answer for each element, so none of them can be remembered")
                .help("remember in a later call, by a filter that starts from `$calls.NAME`")
                .report();
        }
        remember.push(Remember { name: name.clone(), value });
    }
    remember
}

pub(super) fn expect<'f>(
    at: &At<'f>,
    field: &Field<Table<WrittenExpect>>,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Expect {
    let Some(written) = at.get("expect", field) else { return Expect::default() };
    let at = at.key("expect");
    if at.get("status", &written.0.status).is_some_and(Vec::is_empty) {
        at.key("status")
            .error("wrong-value", "this names no status")
            .help("leave it out for any from 200 to 299")
            .report();
    }
    let mut status = Vec::new();
    for (n, field) in at.get("status", &written.0.status).into_iter().flatten().enumerate() {
        let at = at.key("status").index(n);
        match at.value(field).map(|number| u16::try_from(*number)) {
            Some(Ok(number @ 100..=599)) => status.push(number),
            Some(_) => at
                .error("wrong-value", "a status is a number from 100 to 599")
                .help("write those that are right, such as `[200, 201]`; without `status` any from 200 to 299 is")
                .report(),
            None => {}
        }
    }
    let that =
        at.get("that", &written.0.that).and_then(|text| filters::noted_filter(&at.key("that"), text, allowed, uses));
    Expect { status, that }
}
