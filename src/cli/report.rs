//! How a run and its outcome are said, as it ends.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use super::screen::{Form, Screen, Tone, clean, paint};
use super::times;
use crate::clock::{millis_between, rfc3339};
use crate::engine::Observer;
use crate::job::Job;
use crate::run::{Diagnosis, Kind, Name, Outcome, Run, RunState, Sample, Scopes};

/// Prints each run as it ends, and counts them by state.
pub(super) struct Reporter {
    screen: Screen,
    process: String,
    by_state: Mutex<Map<String, Value>>,
}

/// A run as `--json` prints it: the columns of `v_runs`, its metrics, its diagnosis.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    job: &'a Name,
    trigger: &'a str,
    scheduled_for: String,
    through: Option<String>,
    ticks: u64,
    state: RunState,
    kind: Option<Kind>,
    reason: Option<&'a str>,
    repeats: Option<i64>,
    claimed_at: String,
    started_at: Option<String>,
    finished_at: String,
    config_hash: &'a str,
    process: &'a str,
    metrics: Map<String, Value>,
    diagnosis: Option<DiagnosisLine<'a>>,
}

#[derive(Serialize)]
struct DiagnosisLine<'a> {
    verdict: &'a str,
    rule: &'a str,
    confidence: &'a str,
    healed: bool,
    missing_scopes: &'a Scopes,
    summary: &'a str,
    remedy: &'a str,
}

impl Reporter {
    pub(super) fn new(screen: Screen, process: String) -> Reporter {
        Reporter { screen, process, by_state: Mutex::default() }
    }

    /// How many runs ended in each state.
    pub(super) fn by_state(&self) -> Map<String, Value> {
        self.by_state.lock().map(|counts| counts.clone()).unwrap_or_default()
    }

    fn count(&self, state: RunState) {
        if let Ok(mut counts) = self.by_state.lock() {
            let count = counts.get(state.as_str()).and_then(Value::as_u64).unwrap_or(0);
            counts.insert(state.to_string(), Value::from(count + 1));
        }
    }
}

impl Observer for Reporter {
    fn ended(&self, job: &Job, run: &Run, outcome: &Outcome) {
        self.count(outcome.state);
        // Whoever closed standard output does not stop the runs.
        drop(match self.screen.form {
            Form::Json => self.screen.json(&line(job, run, outcome, &self.process)),
            Form::Text => self.screen.line(&text(job, outcome)),
        });
    }

    fn skipped(&self, job: &Job, run: &Run, reason: &str) {
        self.count(RunState::Skipped);
        drop(match self.screen.form {
            Form::Json => self.screen.json(&skipped_line(job, run, reason, &self.process)),
            Form::Text => {
                self.screen.line(&format!("{} {:<24} {:>8}  {reason}", state_word(RunState::Skipped), job.name, ""))
            }
        });
    }
}

/// A run that was skipped ends as it is claimed, and never begins.
fn skipped_line<'a>(job: &'a Job, run: &Run, reason: &'a str, process: &'a str) -> Line<'a> {
    Line {
        id: run.id.0,
        job: &job.name,
        trigger: run.trigger.as_str(),
        scheduled_for: rfc3339(run.tick.scheduled_for),
        through: None,
        ticks: 1,
        state: RunState::Skipped,
        kind: None,
        reason: Some(reason),
        repeats: None,
        claimed_at: rfc3339(run.claimed_at),
        started_at: None,
        finished_at: rfc3339(run.claimed_at),
        config_hash: &job.config_hash,
        process,
        metrics: Map::new(),
        diagnosis: None,
    }
}

/// Values by metric; null for one that the answer had no value for.
fn metrics(job: &Job, outcome: &Outcome) -> Map<String, Value> {
    let absent = absent_metrics(job, outcome).map(|name| (name.to_owned(), Value::Null));
    own_samples(job, outcome).map(|(name, sample)| (name, serde_json::json!(sample.value))).chain(absent).collect()
}

/// Metrics that a run which succeeded has no sample of: a path that leads nowhere, or a null.
fn absent_metrics<'a>(job: &'a Job, outcome: &'a Outcome) -> impl Iterator<Item = &'a str> {
    let asked_for = job.calls.iter().flat_map(|call| &call.metrics).map(|metric| metric.name.as_str());
    let is_taken = |name: &str| {
        let metric = |sample: &Sample| sample.metric.strip_prefix(job.name.as_str()) == Some(&format!(".{name}"));
        outcome.samples.iter().any(metric)
    };
    asked_for.filter(move |name| outcome.state == RunState::Succeeded && !is_taken(name))
}

fn line<'a>(job: &'a Job, run: &Run, outcome: &'a Outcome, process: &'a str) -> Line<'a> {
    Line {
        id: run.id.0,
        job: &job.name,
        trigger: run.trigger.as_str(),
        scheduled_for: rfc3339(run.tick.scheduled_for),
        through: None,
        ticks: 1,
        state: outcome.state,
        kind: outcome.kind,
        reason: outcome.reason.as_deref(),
        repeats: None,
        claimed_at: rfc3339(run.claimed_at),
        started_at: Some(rfc3339(outcome.started_at)),
        finished_at: rfc3339(outcome.finished_at),
        config_hash: &job.config_hash,
        process,
        metrics: metrics(job, outcome),
        diagnosis: diagnosis(outcome).map(|found| DiagnosisLine {
            verdict: found.verdict.as_str(),
            rule: found.rule,
            confidence: found.confidence.as_str(),
            healed: found.healed,
            missing_scopes: &found.missing_scopes,
            summary: &found.summary,
            remedy: &found.remedy,
        }),
    }
}

/// One line, and for what needs a person a second one that says what to do.
fn text(job: &Job, outcome: &Outcome) -> String {
    let millis = times::millis(millis_between(outcome.started_at, outcome.finished_at));
    let head = format!("{} {:<24} {:>8}", state_word(outcome.state), job.name, millis);
    let detail = outcome.reason.as_deref().map_or_else(|| metrics_text(job, outcome), clean);
    let remedy = diagnosis(outcome).map(|found| format!("\n             → {}", clean(&found.remedy)));
    format!("{head}  {detail}{}", remedy.unwrap_or_default()).trim_end().to_owned()
}

/// The state in its colour, padded to a column.
pub(super) fn state_word(state: RunState) -> String {
    let tone = match state {
        RunState::Succeeded => Tone::Good,
        RunState::Failed | RunState::Refused | RunState::Interrupted => Tone::Bad,
        RunState::Waiting | RunState::Held | RunState::Running | RunState::Skipped | RunState::Missed => Tone::Strong,
    };
    paint(tone, &format!("{state:<11}"))
}

/// "credits_available 42500 credits, credits_used 7500".
pub(super) fn metrics_text(job: &Job, outcome: &Outcome) -> String {
    let texts: Vec<String> = own_samples(job, outcome)
        .map(|(name, sample)| {
            let unit = sample.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
            clean(&format!("{name} {}{unit}", sample.value))
        })
        .collect();
    let absent = absent_metrics(job, outcome).map(|name| format!("no value for {name}"));
    texts.into_iter().chain(absent).collect::<Vec<_>>().join(", ")
}

/// The samples that the job file asked for, by metric or `metric{label}`, without the built-in ones.
fn own_samples<'a>(job: &'a Job, outcome: &'a Outcome) -> impl Iterator<Item = (String, &'a Sample)> {
    outcome.samples.iter().filter_map(|sample| {
        let metric = sample.metric.strip_prefix(job.name.as_str())?.strip_prefix('.')?;
        let asked_for = job.calls.iter().any(|call| call.metrics.iter().any(|own| own.name == metric));
        let name = if sample.label.is_empty() { metric.to_owned() } else { format!("{metric}{{{}}}", sample.label) };
        asked_for.then_some((name, sample))
    })
}

/// The diagnosis that matters: the last one, one that was not healed first.
pub(super) fn diagnosis(outcome: &Outcome) -> Option<&Diagnosis> {
    let all = || outcome.calls.iter().flat_map(|call| &call.diagnoses);
    all().rfind(|found| !found.healed).or_else(|| all().last())
}
