//! The metric that an alert watches.

use std::sync::Arc;

use super::super::section::Named;
use super::Around;
use crate::config::names;
use crate::config::place::At;
use crate::job::{Call, Credential, Cycle, Job, Metered, Metric, Period};
use crate::run::{MetricKind, Name};

/// What apicron measures of each job.
pub(super) const BUILT_IN: [&str; 3] = ["up", "duration_ms", LATENESS];

const LATENESS: &str = "lateness_ms";
const SECRET_AGE: &str = "secret_age_days";
const OF_CREDENTIALS: [&str; 2] = ["seconds_left", SECRET_AGE];

/// The name in the place of a job's.
const CREDENTIAL: &str = "credential";

/// A metric, and what is known of it.
pub(super) struct Watched<'f> {
    pub metered: Metered,
    pub kind: MetricKind,
    pub has_limit: bool,
    pub has_period: bool,
    /// Whether its period is a day by the calendar.
    pub counts_by_the_day: bool,
    /// The job that reads it.
    pub job: Option<Arc<Job>>,
    /// Where the file has it.
    pub at: Option<At<'f>>,
}

pub(super) fn lower<'f>(at: &At<'_>, text: &str, around: Around<'_, 'f>) -> Option<Watched<'f>> {
    if text.contains('{') {
        at.error("unknown-name", "an alert watches a metric, and with it each of its series")
            .help("leave out `{…}`: each series has a state of its own")
            .report();
        return None;
    }
    match text.split_once('.') {
        Some((CREDENTIAL, rest)) => of_credential(at, text, rest, around),
        Some((job, metric)) => {
            let job = around.jobs.find(at, job)?;
            of_job(at, &job, metric, around)
        }
        None => {
            let elsewhere = whole_name(text, around).map(|name| format!("write `{name}`"));
            at.error("unknown-name", format!("`{text}` does not say which job reads it"))
                .help("write the job and its metric: `JOB.METRIC`")
                .maybe_help(elsewhere)
                .report();
            None
        }
    }
}

/// `JOB.METRIC` for a metric that one job has.
fn whole_name(metric: &str, around: Around<'_, '_>) -> Option<String> {
    let jobs = around.jobs.entries.iter().filter_map(|entry| entry.value.as_ref());
    let mut having = jobs.filter(|job| metrics(job).any(|known| known.name == metric));
    having.next().filter(|_| having.next().is_none()).map(|job| format!("{}.{metric}", job.name))
}

pub(super) fn metrics(job: &Job) -> impl Iterator<Item = &Metric> {
    job.calls.iter().flat_map(|call| &call.metrics)
}

fn of_job<'f>(at: &At<'_>, job: &Arc<Job>, name: &str, around: Around<'_, 'f>) -> Option<Watched<'f>> {
    check_is_of(at, job, name)?;
    let metric = metrics(job).find(|metric| metric.name == name);
    let period = metric.and_then(|metric| metric.period.as_ref());
    Some(Watched {
        metered: Metered { metric: format!("{}.{name}", job.name), job: Some(job.name.clone()) },
        kind: metric.map_or(MetricKind::Gauge, |metric| metric.kind),
        has_limit: metric.is_some_and(|metric| metric.limit.is_some()),
        has_period: period.is_some(),
        counts_by_the_day: matches!(period, Some(Period::Calendar(known)) if known.cycle == Cycle::Day),
        job: Some(Arc::clone(job)),
        at: place(&job.name, name, around),
    })
}

/// Reports a name that is that of none of a job's metrics.
pub(super) fn check_is_of(at: &At<'_>, job: &Job, name: &str) -> Option<()> {
    if name == LATENESS && job.schedule.is_none() {
        at.error("unknown-name", format!("job `{}` has no schedule, so it is never late", job.name))
            .help("give it a `schedule`, or name another metric")
            .report();
        return None;
    }
    if BUILT_IN.contains(&name) || metrics(job).any(|metric| metric.name == name) {
        return Some(());
    }
    let known: Vec<&str> = metrics(job).map(|metric| metric.name.as_str()).chain(BUILT_IN).collect();
    at.error("unknown-name", format!("job `{}` has no metric `{name}`", job.name))
        .help(format!("give one of its calls `metrics = {{ {name} = \"…\" }}`"))
        .maybe_help(names::suggestion(name, "a metric", &known))
        .report();
    None
}

/// Where the file has a metric of a job.
fn place<'f>(job: &Name, metric: &str, around: Around<'_, 'f>) -> Option<At<'f>> {
    let Named { at, value, .. } = around.jobs.entries.iter().find(|entry| entry.name.as_ref() == Some(job))?;
    let has_it = |call: &Arc<Call>| call.metrics.iter().any(|known| known.name == metric);
    let call = value.as_ref()?.calls.iter().position(has_it)?;
    Some(at.key("calls").index(call).key("metrics").key(metric))
}

fn of_credential<'f>(at: &At<'_>, text: &str, rest: &str, around: Around<'_, 'f>) -> Option<Watched<'f>> {
    let Some((name, metric)) = rest.split_once('.') else {
        at.error("unknown-name", format!("`{text}` does not say what of the credential is watched"))
            .help(format!("write `credential.{rest}.seconds_left` or `credential.{rest}.{SECRET_AGE}`"))
            .report();
        return None;
    };
    let credential = around.credentials.find(at, name)?;
    if !OF_CREDENTIALS.contains(&metric) {
        at.error("unknown-name", format!("of a credential there is no `{metric}`"))
            .maybe_help(names::suggestion(metric, "a metric", &OF_CREDENTIALS))
            .report();
        return None;
    }
    check_age_is_known(at, &credential, metric)?;
    Some(Watched {
        metered: Metered { metric: text.to_owned(), job: None },
        kind: MetricKind::Gauge,
        has_limit: false,
        has_period: false,
        counts_by_the_day: false,
        job: None,
        at: None,
    })
}

fn check_age_is_known(at: &At<'_>, credential: &Credential, metric: &str) -> Option<()> {
    if metric == SECRET_AGE && credential.secret_issued.is_none() {
        at.error("missing-key", format!("how old the secret of `{}` is, is not known", credential.name))
            .help(format!(
                "write the day it was made into `[credentials.{}]`: `secret_issued = 2026-10-01`",
                credential.name
            ))
            .report();
        return None;
    }
    Some(())
}
