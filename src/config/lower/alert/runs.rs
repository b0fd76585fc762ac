//! What fires of the runs of jobs.

use std::collections::BTreeSet;
use std::sync::Arc;

use humantime::format_duration;

use super::{Around, Kind, is_there, policy};
use crate::config::file::{Alert as Written, Field};
use crate::config::place::At;
use crate::job::{Job, RunRule, Whose};

/// Whose runs are watched.
pub(super) struct Watched<'f> {
    pub jobs: Whose,
    /// Those that are named, each with its place.
    named: Vec<(At<'f>, Arc<Job>)>,
}

/// Whose runs an alert watches; `None` where a name leads nowhere.
pub(super) fn whose<'f>(at: &At<'f>, written: &Written, around: Around<'_, '_>) -> Option<Watched<'f>> {
    if is_there(&written.job) && is_there(&written.jobs) {
        at.key("jobs")
            .key_error("conflicting-keys", "`job` names one job, and `jobs` several")
            .help("write them all into `jobs`")
            .related(at.key("job").as_related("the other"))
            .report();
    }
    let one = at.get("job", &written.job).map(|text| (at.key("job"), text));
    let list = at.get("jobs", &written.jobs);
    if list.is_some_and(Vec::is_empty) {
        at.key("jobs").error("wrong-value", "`jobs` names no job").help("leave it out to watch all jobs").report();
        return None;
    }
    let several = list.into_iter().flatten().enumerate().map(|(n, field)| {
        let at = at.key("jobs").index(n);
        at.value(field).map(|text| (at, text))
    });
    let all: Vec<_> = one.map(Some).into_iter().chain(several).collect();
    let is_wrong = matches!(written.job, Field::Wrong(_)) || matches!(written.jobs, Field::Wrong(_));
    if all.is_empty() {
        return (!is_wrong).then_some(Watched { jobs: Whose::Any, named: Vec::new() });
    }
    let (mut names, mut named, wanted) = (BTreeSet::new(), Vec::new(), all.len());
    for (at, text) in all.into_iter().flatten() {
        let Some(job) = around.jobs.find(&at, text) else { continue };
        if !names.insert(job.name.clone()) {
            at.error("duplicate-name", format!("job `{text}` stands here twice"))
                .help("leave one of them out")
                .report();
        }
        named.push((at, job));
    }
    (named.len() == wanted).then_some(Watched { jobs: Whose::These(names), named })
}

/// The rule under the key of a kind that looks at runs. `whose` is `None` where that is wrong.
pub(super) fn rule(
    at: &At<'_>,
    kind: Kind,
    written: &Written,
    whose: Option<&Watched<'_>>,
    around: Around<'_, '_>,
) -> Option<RunRule> {
    match kind {
        Kind::Failures => {
            let failures = at.get("failures", &written.failures)?;
            policy::count(at, "failures", *failures).map(RunRule::Failures)
        }
        Kind::Missed => {
            flag(at, "missed", &written.missed)?;
            check_have_ticks(at, whose?, around);
            Some(RunRule::Missed)
        }
        Kind::SlowerThan => {
            let limit = at.get("slower_than", &written.slower_than)?.0;
            for (_, job) in whose?.named.iter().filter(|(_, job)| job.deadline <= limit) {
                let deadline = format_duration(job.deadline);
                at.key("slower_than")
                    .error("wrong-value", format!("no run of `{}` takes longer than {deadline}", job.name))
                    .label("its `deadline` ends it before that")
                    .help("write a shorter time, or give the job a longer `deadline`")
                    .report();
            }
            Some(RunRule::SlowerThan(limit))
        }
        Kind::Refused => flag(at, "refused", &written.refused).map(|()| RunRule::Refused),
        _ => None,
    }
}

fn flag(at: &At<'_>, key: &str, field: &Field<bool>) -> Option<()> {
    if *at.get(key, field)? {
        return Some(());
    }
    at.key(key)
        .error("wrong-value", format!("an alert with `{key} = false` would never fire"))
        .help("write `true`, or leave the alert out")
        .report();
    None
}

/// What is never due is never missed.
fn check_have_ticks(at: &At<'_>, whose: &Watched<'_>, around: Around<'_, '_>) {
    for (at, job) in whose.named.iter().filter(|(_, job)| job.schedule.is_none()) {
        at.error("no-schedule", format!("job `{}` has no schedule, so it misses no tick", job.name))
            .help("give it a `schedule`, or leave it out here")
            .report();
    }
    let jobs = &around.jobs.entries;
    let has_ticks = |job: &Arc<Job>| job.schedule.is_some();
    if whose.jobs == Whose::Any
        && !jobs.is_empty()
        && jobs.iter().all(|job| job.value.as_ref().is_some_and(|job| !has_ticks(job)))
    {
        at.key("missed")
            .key_error("no-schedule", "no job has a schedule, so none misses a tick")
            .help("give a job a `schedule`, or leave the alert out")
            .report();
    }
}
