//! One run: its calls in order, then its outcome, then its rows.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::Engine;
use super::outcome::{self, Ended};
use crate::call::{Around, Halt, run_variable};
use crate::filter::{Json, Variables};
use crate::job::{Job, Limits};
use crate::run::{Kind, Outcome, Run, RunState};
use crate::store::{Finish, StoreError};
use crate::telemetry::chain;

/// Why a call is not made.
const AFTER_A_FAILURE: &str = "an earlier call of the run did not succeed";

impl Engine {
    /// Makes the calls of a run. A panic in it is an outcome like any other, with the calls that were
    /// made before it.
    pub(super) async fn execute(&self, job: &Job, run: &Run, limits: Limits, halt: &Halt) -> Outcome {
        let started_at = self.0.clock.now();
        let mut ended = Ended::default();
        let calls = self.make_calls(job, run, limits, halt, &mut ended);
        if let Err(panic) = AssertUnwindSafe(calls).catch_unwind().await {
            ended.broke_in_panic(panic.as_ref());
        }
        ended.into_outcome(job, run, started_at, self.0.clock.now())
    }

    async fn make_calls(&self, job: &Job, run: &Run, limits: Limits, halt: &Halt, ended: &mut Ended) {
        let over_by = self.0.clock.elapsed().saturating_add(job.deadline);
        let state = match self.state_variable(job).await {
            Ok(state) => state,
            Err(error) => return ended.could_not_begin(&chain(&error)),
        };
        let run_variable = run_variable(job, run, self.0.clock.now());
        let mut variables = Variables { run: Some(run_variable), state, ..Variables::default() };
        let mut kept = Vec::new();
        let mut seq = 0;
        for call in &job.calls {
            let store_id = self.0.store.id();
            let around = Around { run, seq, limits, variables: &variables, store_id, halt, over_by };
            if ended.is_broken_off() {
                ended.calls.push(self.0.caller.skipped(None, job, call, &around, AFTER_A_FAILURE));
                seq += 1;
                continue;
            }
            let made = self.0.caller.make(job, call, around).await;
            seq += made.rows;
            if let Some(body) = ended.add(call, made) {
                kept.push((call.name.as_str(), body));
                variables.calls = Some(calls_variable(&kept));
            }
        }
    }

    /// `$state`: what former runs of the job remembered.
    async fn state_variable(&self, job: &Job) -> Result<Option<Json>, StoreError> {
        if job.calls.iter().all(|call| call.remember.is_empty()) {
            return Ok(None);
        }
        let remembered = self.0.store.remembered(&job.name).await?;
        let values =
            remembered.iter().filter_map(|one| Some((one.name.as_str(), Json::parse(one.value.as_bytes()).ok()?)));
        Ok(Some(Json::object(values)))
    }

    /// The outcome of a run that waited for its turn when something ended it.
    pub(super) fn ended_before_it_began(&self, run: &Run, why: &str) -> Outcome {
        let now = self.0.clock.now();
        Outcome {
            run: run.id,
            state: RunState::Interrupted,
            kind: Some(Kind::Stopped),
            reason: Some(why.to_owned()),
            started_at: None,
            finished_at: now,
            calls: Vec::new(),
            samples: Vec::new(),
            remembered: Vec::new(),
            uploaded: Vec::new(),
            refused_credential: None,
        }
    }

    /// The outcome of a run that met a panic before its first call.
    pub(super) fn ended_in_panic(&self, job: &Job, run: &Run, panic: &(dyn Any + Send)) -> Outcome {
        let now = self.0.clock.now();
        let mut ended = Ended::default();
        ended.broke_in_panic(panic);
        ended.into_outcome(job, run, now, now)
    }

    /// Rows that the schema does not take are a fault in apicron: the run then ends without them, so
    /// that neither its job stays blocked nor the others stop.
    async fn finish(&self, outcome: &Outcome) -> Result<Finish, StoreError> {
        match self.0.store.finish(outcome.clone()).await {
            Err(error @ StoreError::Rejected { .. }) => {
                tracing::error!(run.id = %outcome.run, error = %chain(&error), "an outcome could not be recorded whole");
                self.0.store.finish(outcome::unrecorded(outcome)).await
            }
            finished => finished,
        }
    }

    /// Writes the outcome, then tells of it. `None` when it could not be written.
    pub(super) async fn record(&self, job: &Job, run: &Run, outcome: Outcome) -> Option<Outcome> {
        match self.finish(&outcome).await {
            Ok(Finish::Recorded) => {
                outcome::log(job, run, &outcome);
                self.0.observer.ended(job, run, &outcome);
                self.0.happened.ran(&job.name);
                Some(outcome)
            }
            Ok(Finish::Lost) => {
                let (job, run) = (&job.name, run.id);
                tracing::warn!(job.name = %job, run.id = %run, "run {run} of `{job}` was taken over: its outcome is dropped");
                None
            }
            Err(error) => {
                self.store_broke(error);
                None
            }
        }
    }
}

/// `$calls`: the bodies of the calls so far, as they came. Shared, not copied.
fn calls_variable(kept: &[(&str, Json)]) -> Json {
    Json::object(kept.iter().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_calls_see_the_numbers_of_a_body_as_they_came() {
        let body = Json::parse(br#"{"n": 1e400, "id": 123456789012345678901234567890}"#).expect("JSON");
        let calls = calls_variable(&[("first", body), ("second", Json::null())]);
        let text = r#"{"first":{"n":1e400,"id":123456789012345678901234567890},"second":null}"#;
        assert_eq!(calls.to_string(), text);
    }
}
