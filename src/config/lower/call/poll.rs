//! Waiting until something is done.

use std::time::Duration;

use super::super::filters::{self, Uses};
use super::sees::is_there;
use crate::config::file::Call as Written;
use crate::config::place::At;
use crate::filter::Variable;
use crate::job::{Method, Poll};

const EVERY: Duration = Duration::from_secs(5);
/// Looking more often is no looking any more.
const SHORTEST: Duration = Duration::from_millis(100);
const WITHIN: Duration = Duration::from_mins(20);

pub(super) fn lower<'f>(
    at: &At<'f>,
    written: &Written,
    method: Option<Method>,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Poll> {
    check_fits(at, written, method);
    let failed = at
        .get("failed", &written.failed)
        .and_then(|text| filters::noted_filter(&at.key("failed"), text, allowed, uses));
    let until = at
        .get("until", &written.until)
        .and_then(|text| filters::noted_filter(&at.key("until"), text, allowed, uses))?;
    let every = at.get("every", &written.every).map_or(EVERY, |span| span.0);
    let within = at.get("within", &written.within).map_or(WITHIN, |span| span.0);
    if every < SHORTEST {
        let [every, shortest] = [every, SHORTEST].map(humantime::format_duration);
        at.key("every")
            .error("wrong-value", format!("`every` ({every}) is too often"))
            .help(format!("write at least `\"{shortest}\"`; a few seconds are mostly right"))
            .report();
    }
    if every > within {
        let key = if is_there(&written.every) { "every" } else { "within" };
        let [every, within] = [every, within].map(humantime::format_duration);
        let message = format!("`every` ({every}) is longer than `within` ({within}): there would be one look only");
        at.key(key).error("wrong-value", message).help("make `within` the longer one").report();
    }
    Some(Poll { until, failed, every, within })
}

fn check_fits(at: &At<'_>, written: &Written, method: Option<Method>) {
    let of_until = [
        ("failed", is_there(&written.failed)),
        ("every", is_there(&written.every)),
        ("within", is_there(&written.within)),
    ];
    if !is_there(&written.until) {
        for (key, _) in of_until.into_iter().filter(|(_, is_there)| *is_there) {
            let message = format!("`{key}` goes with `until` only");
            at.key(key)
                .key_error("conflicting-keys", message)
                .help("leave it out, or write when the waiting is done: `until = \".status == \\\"done\\\"\"`")
                .report();
        }
        return;
    }
    if method.is_some_and(|method| !method.is_safe()) {
        at.key("until")
            .key_error("conflicting-keys", "only a `get` is made again `until` something is done")
            .help("give the looking a call of its own, after this one")
            .report();
    }
}
