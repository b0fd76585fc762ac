//! An alert and what is known → states, and what somebody is to be told.

mod levels;
mod outlook;
mod quiet;
mod runs;
mod when;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono_tz::Tz;

use super::runs::Runs;
use super::standing::{Budget, Finding, Holds, Key, Policy, Standing, Turn};
use super::track::Track;
use super::words::duration;
use crate::clock::Time;
use crate::job::{Alert, Metered, MetricRule, Rule, RunRule, Severity};
use crate::run::{Incident, Name, Number, Sample};

/// What an alert is judged by. One that the alert is not about has no instances.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A series.
    Series(Series<'a>),
    /// The runs of a job.
    Job {
        /// Which.
        job: &'a Name,
        /// What is known of them.
        runs: &'a Runs,
    },
    /// A credential: concerns each alert with `refused` that includes a job that uses it.
    Credential(Credential<'a>),
    /// The samples of a job's newest run that took any, for `when`.
    Samples {
        /// Whose.
        job: &'a Name,
        /// When they were taken.
        at: Time,
        /// All of them.
        samples: &'a [Sample],
        /// How old they may be: three [longest polls](super::longest_poll), or a day.
        old_after: Duration,
    },
}

/// A series of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// `JOB.METRIC`.
    pub metric: &'a str,
    /// Empty for the only one.
    pub label: &'a str,
    /// What is known of it.
    pub track: &'a Track,
    /// Since when it is watched: what never came is stale from then on.
    pub watched_since: Time,
    /// The zone in which people are told dates.
    pub zone: Tz,
}

/// A credential.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'a> {
    /// Which.
    pub name: &'a Name,
    /// The jobs that use it.
    pub jobs: &'a [Name],
    /// Its open incident.
    pub incident: Option<&'a Incident>,
    /// How its secret ages, where the file says when it was issued.
    pub secret: Option<Secret>,
    /// The zone in which people are told dates.
    pub zone: Tz,
}

/// How a secret ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// When it was issued.
    pub issued: Time,
    /// How old it may become.
    pub rotate_after: Duration,
}

/// Where an instance now stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which instance.
    pub key: Key,
    /// Where it stands.
    pub standing: Standing,
    /// What somebody is to be told.
    pub news: Option<News>,
}

/// What somebody is to be told of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What became of it.
    pub turn: Turn,
    /// Whether another step of the same alert and series, which turned with this one, tells it better.
    pub is_told_by_another: bool,
    /// The same for the same news, however often it is sent.
    pub id: String,
}

/// Judges an alert by one subject. `before` gives where an instance stood; an alert that is silenced fires when
/// `silenced_until` has passed, if it still holds.
pub fn judge<'s>(
    alert: &Alert,
    subject: &Subject<'_>,
    before: impl Fn(&Key) -> Option<&'s Standing>,
    silenced_until: Option<Time>,
    now: Time,
) -> Vec<Judged> {
    let Some(series) = series_of(alert, subject) else { return Vec::new() };
    let key = |step: &str| Key { alert: alert.name.clone(), series: series.clone(), step: step.to_owned() };
    let is_on = |step: &str| before(&key(step)).is_some_and(|standing| standing.memory.is_on);
    let asked = Asked { alert, now, is_on: &is_on };
    let is_silenced = silenced_until.is_some_and(|until| now < until);
    let judged = findings(&asked, subject).into_iter().map(|finding| {
        let key = key(&finding.step);
        let (standing, turn) = Policy::of(alert).next(before(&key), finding, is_silenced, now);
        let news = turn.map(|turn| News {
            turn,
            is_told_by_another: false,
            id: format!("{key} {} {}", turn.as_str(), now.timestamp_millis()),
        });
        Judged { key, standing, news }
    });
    let mut judged = judged.collect::<Vec<_>>();
    let_one_tell(Turn::Lost, &mut judged);
    if matches!(alert.rule, Rule::Metric(_, MetricRule::Percent(_))) {
        let_one_tell(Turn::Fired, &mut judged);
        let_one_tell(Turn::Resolved, &mut judged);
    }
    judged
}

/// Of the steps that turn together the last tells it: from 40 to 97 % is one message, and not those of 50, 80 and 95.
fn let_one_tell(turn: Turn, judged: &mut [Judged]) {
    let news = judged.iter_mut().rev().filter_map(|judged| judged.news.as_mut());
    for news in news.filter(|news| news.turn == turn).skip(1) {
        news.is_told_by_another = true;
    }
}

/// The name of what an alert looks at; `None` when it does not look at this.
fn series_of(alert: &Alert, subject: &Subject<'_>) -> Option<String> {
    match (&alert.rule, subject) {
        (Rule::Metric(Metered { metric, .. }, _), Subject::Series(series)) => {
            (metric == series.metric).then(|| series_name(series.metric, series.label))
        }
        (Rule::Runs(whose, _), Subject::Job { job, .. }) => whose.includes(job).then(|| job.to_string()),
        (Rule::Runs(whose, RunRule::Refused), Subject::Credential(credential)) => {
            let concerns = credential.jobs.iter().any(|job| whose.includes(job));
            concerns.then(|| format!("credential.{}", credential.name))
        }
        (Rule::When(condition), Subject::Samples { job, .. }) => (condition.job == **job).then(|| job.to_string()),
        _ => None,
    }
}

/// A series as people know it: `JOB.METRIC`, or `JOB.METRIC{LABEL}`.
pub fn series_name(metric: &str, label: &str) -> String {
    if label.is_empty() { metric.to_owned() } else { format!("{metric}{{{label}}}") }
}

/// An alert that is judged, and when.
struct Asked<'a> {
    alert: &'a Alert,
    now: Time,
    /// Whether an episode of a step is on: it ends only where `clear` says.
    is_on: &'a dyn Fn(&str) -> bool,
}

fn findings(asked: &Asked<'_>, subject: &Subject<'_>) -> Vec<Finding> {
    match (&asked.alert.rule, subject) {
        (Rule::Metric(_, rule), Subject::Series(series)) => of_series(asked, rule, series),
        (Rule::Runs(_, rule), Subject::Job { job, runs }) => vec![runs::of_job(asked, *rule, runs).about(job)],
        (Rule::Runs(..), Subject::Credential(credential)) => runs::of_credential(asked, credential),
        (Rule::When(condition), Subject::Samples { job, at, samples, old_after }) => {
            vec![when::finding(asked, condition, job, *at, samples, *old_after).about(job)]
        }
        _ => Vec::new(),
    }
}

fn of_series(asked: &Asked<'_>, rule: &MetricRule, series: &Series<'_>) -> Vec<Finding> {
    let findings = match rule {
        MetricRule::Below(threshold) => vec![levels::below(asked, series, *threshold)],
        MetricRule::Above(threshold) => vec![levels::above(asked, series, *threshold)],
        MetricRule::Percent(steps) => steps.iter().map(|step| levels::percent(asked, series, *step)).collect(),
        MetricRule::Runout(steps) => outlook::runout(asked, series, steps),
        MetricRule::Forecast(steps) => outlook::forecast(asked, series, steps),
        MetricRule::Burn(steps) => steps.iter().map(|step| outlook::burn(asked, series, step)).collect(),
        MetricRule::Idle(idle) => vec![quiet::idle(asked, series, *idle)],
        MetricRule::Stale(stale) => vec![quiet::stale(asked, series, *stale)],
    };
    findings.into_iter().map(|finding| resting_on(series, finding)).collect()
}

/// What rests on the newest reading, and is not known when that is too old.
fn resting_on(series: &Series<'_>, finding: Finding) -> Finding {
    let Some(reading) = series.track.latest() else { return finding };
    let limit = reading.limit.map(Number::as_f64);
    let budget = reading.period.map(|(period, _)| Budget { period, limit });
    Finding { reading: Some(reading.at), budget, ..finding }
}

impl Asked<'_> {
    /// A finding of the whole alert.
    fn finding(&self, holds: Holds, reason: String) -> Finding {
        self.step(String::new(), self.alert.severity, holds, reason)
    }

    /// A finding of one of its steps.
    fn step(&self, step: String, severity: Severity, holds: Holds, reason: String) -> Finding {
        Finding { step, severity, holds, reason, value: None, threshold: None, reading: None, budget: None }
    }

    /// Why nothing can be said by a series: there is no reading, or it is too old.
    fn unknown(&self, series: &Series<'_>) -> Option<String> {
        let name = series_name(series.metric, series.label);
        let Some(latest) = series.track.latest() else { return Some(format!("{name} was not read yet")) };
        let age = (self.now - latest.at).to_std().unwrap_or_default();
        let is_old = series.track.is_old(self.now).unwrap_or(true);
        is_old.then(|| format!("{name} was last read {} ago: how it stands is not known", duration(age)))
    }
}

impl Finding {
    /// Its sentence may stand alone.
    fn about(self, job: &Name) -> Finding {
        Finding { reason: format!("{job}: {}", self.reason), ..self }
    }

    fn measured(self, value: f64, threshold: f64) -> Finding {
        Finding { value: Some(value), threshold: Some(threshold), ..self }
    }
}
