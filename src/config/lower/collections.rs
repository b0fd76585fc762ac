//! Collections: who writes them, and who reads them.

use std::collections::BTreeMap;

use super::section::{Named, Section};
use crate::config::file::{Call, Field, FromRecords, Job, Records, Table, TextOr};
use crate::config::names;
use crate::config::place::At;
use crate::run::Name;

/// Reports collections that two calls write, and those that are walked and that no call writes. All files count.
pub(super) fn check(jobs: &Section<'_, &Job>) {
    let calls: Vec<(At<'_>, &Call)> = jobs.entries.iter().flat_map(calls).collect();
    let mut writers: BTreeMap<&str, At<'_>> = BTreeMap::new();
    for (at, call) in &calls {
        let Field::Written(Table(Records { into: Field::Written(into), .. })) = &call.records else { continue };
        let at = at.key("records").key("into");
        match writers.get(into.as_str()) {
            Some(first) => at
                .error("duplicate-name", format!("another call writes collection `{into}` already"))
                .related(first.as_related("first here"))
                .help("each collection is written by one call, which knows what is gone from it")
                .report(),
            None => {
                writers.insert(into, at);
            }
        }
    }
    for (at, call) in &calls {
        let Field::Written(TextOr::Table(FromRecords { records: Field::Written(name) })) = &call.for_each else {
            continue;
        };
        // What is no name is said already.
        if Name::new(name).is_some() && !writers.contains_key(name.as_str()) {
            let written: Vec<&str> = writers.keys().copied().collect();
            at.key("for_each")
                .key("records")
                .error("unknown-name", format!("no call writes a collection `{name}`"))
                .help(format!("write `records = {{ into = \"{name}\", key = \"…\" }}` in the call that reads them"))
                .maybe_help(names::suggestion(name, "a collection", &written))
                .report();
        }
    }
}

/// The calls of a job, each with its place.
fn calls<'f>(job: &Named<'f, &'f Job>) -> Vec<(At<'f>, &'f Call)> {
    let Some(Job { calls: Field::Written(calls), .. }) = job.value else { return Vec::new() };
    let at = job.at.key("calls");
    let call = |(n, field): (usize, &'f Field<Table<Call>>)| match field {
        Field::Written(Table(call)) => Some((at.index(n), call)),
        Field::Absent | Field::Wrong(_) => None,
    };
    calls.iter().enumerate().filter_map(call).collect()
}
