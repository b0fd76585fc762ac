//! How a run and its outcome are said, as it ends.

mod told;

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Map, Value};

use super::live::Live;
use super::runs::took;
use super::screen::{Form, Screen, Tone, clean_line, paint};
use crate::call::Advance;
use crate::engine::Observer;
use crate::job::Job;
use crate::run::{Outcome, Run, RunId, RunState};
use crate::store::{RunDetail, RunRow};

pub(super) use told::diagnosis;
use told::{Found, Told};

/// Readings on one line.
const MOST_READINGS: usize = 12;

/// Prints each run as it ends, and counts them by state.
pub(super) struct Reporter {
    screen: Screen,
    process: String,
    repeats: Option<RunId>,
    by_state: Mutex<Map<String, Value>>,
    live: Live,
}

/// A run as `--json` prints it: the columns of `v_runs`, its metrics, its diagnosis.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    run: &'a RunRow,
    metrics: Map<String, Value>,
    diagnosis: Option<&'a Found>,
}

impl Reporter {
    pub(super) fn new(screen: Screen, process: String) -> Reporter {
        Reporter { screen, process, repeats: None, by_state: Mutex::default(), live: Live::none() }
    }

    /// Also shows on a terminal how far the runs are, until it is dropped.
    pub(super) fn showing_progress(self) -> Reporter {
        let live = if self.screen.form == Form::Text { Live::on_terminal() } else { Live::none() };
        Reporter { live, ..self }
    }

    /// Takes away what shows how far the runs are.
    pub(super) fn no_more_progress(&self) {
        self.live.end();
    }

    /// A reporter of the repeat of a run.
    pub(super) fn of_repeat(screen: Screen, process: String, repeats: RunId) -> Reporter {
        Reporter { repeats: Some(repeats), ..Reporter::new(screen, process) }
    }

    /// How many runs ended in each state.
    pub(super) fn by_state(&self) -> Map<String, Value> {
        self.by_state.lock().map(|counts| counts.clone()).unwrap_or_default()
    }

    fn tell(&self, told: &Told) {
        self.count(told.run.state);
        // Whoever closed standard output does not stop the runs.
        drop(match self.screen.form {
            Form::Json => self.screen.json(&line(told)),
            Form::Text => self.screen.line(&text(told)),
        });
    }

    fn count(&self, state: RunState) {
        if let Ok(mut counts) = self.by_state.lock() {
            let count = counts.get(state.as_str()).and_then(Value::as_u64).unwrap_or(0);
            counts.insert(state.to_string(), Value::from(count + 1));
        }
    }
}

impl Observer for Reporter {
    fn began(&self, job: &Job, run: &Run) {
        self.live.show(|progress| progress.began(run.id, &job.name));
    }

    fn lives_elsewhere(&self, job: &Job, row: &RunRow) {
        self.live.show(|progress| progress.lives_elsewhere(row.id, &job.name, row.process.as_deref()));
    }

    fn advanced(&self, run: RunId, call: &str, advance: Advance) {
        self.live.show(|progress| progress.advanced(run, call, advance));
    }

    fn ended(&self, job: &Job, run: &Run, outcome: &Outcome) {
        self.live.ended(run.id);
        self.tell(&Told::here(job, run, outcome, &self.process, self.repeats));
    }

    fn ended_elsewhere(&self, job: &Job, detail: &RunDetail) {
        self.live.ended(detail.run.id);
        self.tell(&Told::elsewhere(job, detail));
    }

    fn skipped(&self, job: &Job, run: &Run, reason: &str) {
        self.tell(&Told::skipped(job, run, reason, &self.process));
    }
}

fn line(told: &Told) -> Line<'_> {
    let metrics = told.readings.iter().map(|reading| (reading.name.clone(), serde_json::json!(reading.value)));
    Line { run: &told.run, metrics: metrics.collect(), diagnosis: told.found.as_ref() }
}

/// One line, and for what needs a person a second one that says what to do.
fn text(told: &Told) -> String {
    let run = &told.run;
    let head = format!("{} {:<24} {:>8}", state_word(run.state), run.job, took(run));
    let detail = run.reason.as_deref().map_or_else(|| listed(&told.readings), clean_line);
    // What did not keep a run from succeeding has not been told by its reason.
    let told_of = |found: &Found| match run.reason {
        Some(_) => found.remedy.clone(),
        None => format!("{}. {}", found.summary, found.remedy),
    };
    let remark = told.found.as_ref().map(|found| format!("\n             → {}", clean_line(&told_of(found))));
    format!("{head}  {detail}{}", remark.unwrap_or_default()).trim_end().to_owned()
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
    listed(&told::readings_of(job, outcome))
}

/// As many of the readings as a line can hold: a call for each of many elements has as many.
fn listed(readings: &[told::Reading]) -> String {
    let mut texts: Vec<String> = readings.iter().take(MOST_READINGS).map(told::Reading::text).collect();
    if readings.len() > MOST_READINGS {
        texts.push(format!("{} more", readings.len() - MOST_READINGS));
    }
    texts.join(", ")
}
