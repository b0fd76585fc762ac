//! The calls of a job, and what they are to each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::call::{self, Around, Lowered};
use super::filters::Uses;
use crate::config::file::{Call as Written, Field, Table};
use crate::config::names;
use crate::config::place::At;
use crate::filter::CallsUsed;
use crate::job::Call;

/// The calls under the key `calls`; `None` when one of them is wrong.
pub(super) fn lower(at: &At<'_>, written: &[Field<Table<Written>>], around: Around<'_>) -> Option<Vec<Arc<Call>>> {
    let mut names: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    let mut read_later = BTreeSet::new();
    for (n, field) in written.iter().enumerate() {
        let at = at.index(n);
        let Some(Table(written)) = at.value(field) else {
            calls.push(None);
            names.push(String::new());
            continue;
        };
        let name = call_name(&at, n, written, &names);
        let Lowered { call, uses } = call::lower(&at, &name, written, around);
        for uses in &uses {
            check_uses(uses, &name, &names, &mut read_later);
        }
        calls.push(call);
        names.push(name);
    }
    check_metrics(at, written);
    let keep = |mut call: Call| {
        call.kept_for_later = read_later.contains(&call.name);
        Arc::new(call)
    };
    calls.into_iter().map(|call| call.map(keep)).collect()
}

fn call_name(at: &At<'_>, n: usize, written: &Written, earlier: &[String]) -> String {
    let Some(name) = at.get("name", &written.name) else { return format!("call{}", n + 1) };
    names::checked_value(&at.key("name"), name, "a call");
    if let Some(first) = earlier.iter().position(|earlier| earlier == name) {
        let mut draft = at.key("name").error("duplicate-name", format!("another call of this job is named `{name}`"));
        if let Some(calls) = at.parent() {
            draft = draft.related(calls.index(first).key("name").as_related("first here"));
        }
        draft.help("give one of the two another name").report();
    }
    name.clone()
}

/// Reports each `$calls.NAME` that is not an earlier call, and notes those that are.
fn check_uses(uses: &Uses<'_>, own: &str, earlier: &[String], read_later: &mut BTreeSet<String>) {
    let named = match &uses.calls {
        CallsUsed::None => &[][..],
        CallsUsed::Named(names) => names.as_slice(),
        CallsUsed::All => {
            read_later.extend(earlier.iter().cloned());
            &[]
        }
    };
    for name in named {
        if earlier.contains(name) {
            read_later.insert(name.clone());
            continue;
        }
        let candidates: Vec<&str> = earlier.iter().map(String::as_str).collect();
        let draft = uses.at.error("unknown-name", format!("`$calls.{name}` is not an earlier call of this job"));
        let help = match own == name {
            true => Some("it is this call itself, whose answer is `.` in its `metrics` and `expect`".to_owned()),
            false if candidates.is_empty() => Some("a call sees those that stand above it, and none does".to_owned()),
            false => names::suggestion(name, "an earlier call", &candidates),
        };
        draft.maybe_help(help).report();
    }
}

/// A metric is `job.metric`, so its name is unique in the job, whichever call it is of.
fn check_metrics(at: &At<'_>, written: &[Field<Table<Written>>]) {
    let mut first_places: Vec<(&str, At<'_>)> = Vec::new();
    for (n, field) in written.iter().enumerate() {
        let Field::Written(Table(Written { metrics: Field::Written(metrics), .. })) = field else { continue };
        let at = at.index(n).key("metrics");
        for (name, _) in &metrics.0 {
            let at = at.key(name);
            match first_places.iter().find(|(known, _)| known == name) {
                Some((_, first)) => at
                    .key_error("duplicate-name", format!("another call of this job has a metric `{name}`"))
                    .related(first.as_related("first here"))
                    .help("a metric is `job.metric`: give one of the two another name")
                    .report(),
                None => first_places.push((name, at)),
            }
        }
    }
}
