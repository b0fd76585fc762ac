//! What is told of a run that ended: the same wherever it did.

use serde::Serialize;

use crate::cli::screen::clean_line;
use crate::job::{Job, Metric};
use crate::run::{Diagnosis, Number, Outcome, Run, RunId, RunState, Scopes, Trigger, Verdict, is_remark};
use crate::store::{DiagnosisRow, RunDetail, RunRow};

/// A run that ended.
pub(in crate::cli) struct Told {
    pub(super) run: RunRow,
    pub(super) readings: Vec<Reading>,
    pub(super) found: Option<Found>,
}

/// A number that the job file asked for.
pub(super) struct Reading {
    /// `metric`, or `metric{label}`.
    pub(super) name: String,
    /// `None` when the answer had none: a path that leads nowhere, or a null.
    pub(super) value: Option<Number>,
    unit: Option<String>,
}

/// The diagnosis that matters.
#[derive(Serialize)]
pub(super) struct Found {
    verdict: &'static str,
    rule: String,
    confidence: &'static str,
    healed: bool,
    missing_scopes: Scopes,
    pub(super) summary: String,
    pub(super) remedy: String,
}

/// A sample by its full metric and its label.
struct Taken<'a>(&'a str, &'a str, Number);

impl Told {
    /// A run of this process. `repeats` is the run that it repeats.
    pub(super) fn here(job: &Job, run: &Run, outcome: &Outcome, process: &str, repeats: Option<RunId>) -> Told {
        let row = RunRow {
            kind: outcome.kind,
            reason: outcome.reason.clone(),
            repeats: repeats.filter(|_| run.trigger == Trigger::Repeat),
            started_at: outcome.started_at,
            finished_at: Some(outcome.finished_at),
            ..row(job, run, outcome.state, process)
        };
        Told { run: row, readings: readings_of(job, outcome), found: diagnosis(outcome).map(Found::from) }
    }

    /// A run of another process.
    pub(super) fn elsewhere(job: &Job, detail: &RunDetail) -> Told {
        let samples = detail.samples.iter().map(|sample| Taken(&sample.metric, &sample.label, sample.value));
        Told {
            run: detail.run.clone(),
            readings: readings(job, detail.run.state, samples),
            found: most_telling(&detail.diagnoses, |found| weight(found.verdict, found.status, found.healed))
                .map(Found::from),
        }
    }

    /// A run that was skipped: it ends as it is claimed, and never begins.
    pub(super) fn skipped(job: &Job, run: &Run, reason: &str, process: &str) -> Told {
        let row = RunRow {
            reason: Some(reason.to_owned()),
            finished_at: Some(run.claimed_at),
            ..row(job, run, RunState::Skipped, process)
        };
        Told { run: row, readings: Vec::new(), found: None }
    }
}

fn row(job: &Job, run: &Run, state: RunState, process: &str) -> RunRow {
    RunRow {
        id: run.id,
        job: job.name.clone(),
        trigger: run.trigger,
        scheduled_for: run.tick.scheduled_for,
        through: None,
        ticks: 1,
        state,
        kind: None,
        reason: None,
        repeats: None,
        claimed_at: run.claimed_at,
        started_at: None,
        finished_at: None,
        config_hash: job.config_hash.clone(),
        process: Some(process.to_owned()),
    }
}

/// What the job file asked for of an outcome.
pub(super) fn readings_of(job: &Job, outcome: &Outcome) -> Vec<Reading> {
    let samples = outcome.samples.iter().map(|sample| Taken(&sample.metric, &sample.label, sample.value));
    readings(job, outcome.state, samples)
}

/// The samples that the job file asked for, without the built-in ones; then, of a run that
/// succeeded, the metrics that it has no sample of.
fn readings<'a>(job: &Job, state: RunState, samples: impl Iterator<Item = Taken<'a>>) -> Vec<Reading> {
    let asked_for: Vec<&Metric> = job.calls.iter().flat_map(|call| &call.metrics).collect();
    // What a call for elements, or with a condition, takes is there only where it was made.
    let always = job.calls.iter().filter(|call| call.each.is_none() && call.when.is_none());
    let mut absent: Vec<&Metric> = always.flat_map(|call| &call.metrics).collect();
    let mut readings = Vec::new();
    for Taken(metric, label, value) in samples {
        let own = metric.strip_prefix(job.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let Some(asked) = asked_for.iter().find(|asked| Some(asked.name.as_str()) == own) else { continue };
        absent.retain(|metric| metric.name != asked.name);
        let name = if label.is_empty() { asked.name.clone() } else { format!("{}{{{label}}}", asked.name) };
        readings.push(Reading { name, value: Some(value), unit: asked.unit.clone() });
    }
    if state == RunState::Succeeded {
        readings.extend(absent.iter().map(|metric| Reading { name: metric.name.clone(), value: None, unit: None }));
    }
    readings
}

impl Reading {
    /// "credits_available 42500 credits", "no value for credits_used".
    pub(super) fn text(&self) -> String {
        let unit = self.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
        clean_line(&match self.value {
            Some(value) => format!("{} {value}{unit}", self.name),
            None => format!("no value for {}", self.name),
        })
    }
}

/// The diagnosis that tells most.
pub(in crate::cli) fn diagnosis(outcome: &Outcome) -> Option<&Diagnosis> {
    let all = outcome.calls.iter().flat_map(|call| &call.diagnoses);
    most_telling(all, |found| weight(found.verdict, found.status, found.healed))
}

/// The last of those with the most weight.
fn most_telling<'a, T>(all: impl IntoIterator<Item = &'a T>, weight: impl Fn(&T) -> u8) -> Option<&'a T> {
    all.into_iter().max_by_key(|found| weight(found))
}

/// A refusal before a remark on a call that succeeded, and both before what was healed.
fn weight(verdict: Verdict, status: u16, healed: bool) -> u8 {
    match healed {
        true => 0,
        false if is_remark(verdict, status) => 1,
        false => 2,
    }
}

impl From<&Diagnosis> for Found {
    fn from(found: &Diagnosis) -> Found {
        Found {
            verdict: found.verdict.as_str(),
            rule: found.rule.to_owned(),
            confidence: found.confidence.as_str(),
            healed: found.healed,
            missing_scopes: found.missing_scopes.clone(),
            summary: found.summary.clone(),
            remedy: found.remedy.clone(),
        }
    }
}

impl From<&DiagnosisRow> for Found {
    fn from(found: &DiagnosisRow) -> Found {
        Found {
            verdict: found.verdict.as_str(),
            rule: found.rule.clone(),
            confidence: found.confidence.as_str(),
            healed: found.healed,
            missing_scopes: found.missing_scopes.clone(),
            summary: found.summary.clone(),
            remedy: found.remedy.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_from_outside_is_one_line() {
        let name = "used{a\nsucceeded   other\u{2028}\u{202e}}".to_owned();
        let reading = Reading { name, value: None, unit: None };
        assert_eq!(reading.text(), "no value for used{a\\u{a}succeeded   other\\u{2028}\\u{202e}}");
    }
}
