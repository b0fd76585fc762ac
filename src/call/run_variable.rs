//! What a job file sees of the run that a call belongs to.

use serde_json::json;

use crate::clock::{Time, rfc3339};
use crate::filter::Json;
use crate::job::Job;
use crate::run::Run;
use crate::schedule;

/// `$run`: the run, its tick, the period that its tick is due for, and when its calls began. `window` has no
/// ends where the job has no schedule.
pub fn run_variable(job: &Job, run: &Run, now: Time) -> Json {
    let scheduled_for = run.tick.scheduled_for;
    let window = schedule::window(job, scheduled_for);
    let (start, end) = window.map(|window| (rfc3339(window.start), rfc3339(window.end))).unzip();
    Json::from(json!({
        "id": run.id.0,
        "job": job.name.as_str(),
        "scheduled_for": rfc3339(scheduled_for),
        "trigger": run.trigger.as_str(),
        "now": rfc3339(now),
        "window": { "start": start, "end": end },
    }))
}
