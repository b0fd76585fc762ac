//! Calls → outcome, pure; and the one log line of a run.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};

use crate::call::Made;
use crate::clock::{Time, millis_between};
use crate::filter::Json;
use crate::job::{Call, Elements, Job, OnError};
use crate::run::{
    CallRecord, CallState, Kind, Name, Number, Outcome, Remembered, Run, RunState, Sample, Trigger, Uploaded,
};

/// What is known when the last call of a run is over.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) calls: Vec<CallRecord>,
    pub(super) samples: Vec<Sample>,
    remembered: Vec<Remembered>,
    sent: Vec<Uploaded>,
    /// What became of the calls that go over what an upload gave.
    followed: Vec<Followed>,
    /// Elements that did not succeed, by call.
    broken: BTreeMap<String, u64>,
    going: Going,
    /// A fault of apicron or of the store, in words.
    fault: Option<(Kind, String)>,
}

/// What became of a call that goes over what an upload gave.
#[derive(Debug)]
struct Followed {
    upload: String,
    /// The keys of the elements that went well.
    done: BTreeSet<String>,
    /// Elements that did not.
    broken: u64,
}

impl Followed {
    /// Whether it says that all is well with a file. Where its keys are not the files, it says so of all.
    fn speaks_for(&self, sent: &Uploaded) -> bool {
        self.upload == sent.call && (self.broken == 0 || self.done.contains(&sent.file))
    }
}

/// Whether the calls that are left are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Going {
    #[default]
    On,
    BrokenOff,
}

impl Ended {
    /// Takes note of a panic. It is a fault in apicron, so the words are for its makers.
    pub(super) fn broke_in_panic(&mut self, panic: &(dyn Any + Send)) {
        let words = panic
            .downcast_ref::<&str>()
            .map(|words| (*words).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let reason = format!("apicron met a fault of its own ({words}): please report it");
        self.fault = Some((Kind::Panic, reason));
    }

    /// Takes note that what former runs remembered cannot be read.
    pub(super) fn could_not_begin(&mut self, why: &str) {
        self.fault = Some((Kind::Store, format!("`$state` could not be read: {why}")));
    }

    /// Takes a call in. Gives what later calls see of it.
    pub(super) fn add(&mut self, call: &Call, made: Made) -> Option<Json> {
        if made.broken > 0 {
            self.broken.insert(call.name.clone(), made.broken);
            let ends_all = made.records.iter().any(|record| {
                record.state == CallState::Interrupted
                    || matches!(record.kind, Some(Kind::Deadline | Kind::Store | Kind::Panic))
            });
            if call.on_error == OnError::Fail || ends_all {
                self.going = Going::BrokenOff;
            }
        }
        if let Some(Elements::Filter(filter)) = call.each.as_ref().map(|each| &each.of) {
            let uploads: BTreeSet<&str> = self.sent.iter().map(|sent| sent.call.as_str()).collect();
            let read = uploads.into_iter().filter(|upload| filter.calls_used().includes(upload));
            let followed =
                read.map(|upload| Followed { upload: upload.to_owned(), done: made.done.clone(), broken: made.broken });
            let followed: Vec<_> = followed.collect();
            self.followed.extend(followed);
        }
        self.calls.extend(made.records);
        self.samples.extend(made.samples);
        self.remembered.extend(made.remembered);
        self.sent.extend(made.uploaded);
        made.body
    }

    /// Whether a call did not succeed, so that the rest is not made.
    pub(super) fn is_broken_off(&self) -> bool {
        self.going == Going::BrokenOff
    }

    /// The call that the run ends as: one that was broken off, or else the first that did not succeed.
    fn broken_call(&self) -> Option<&CallRecord> {
        let is_broken = |call: &&CallRecord| !matches!(call.state, CallState::Succeeded | CallState::Skipped);
        let interrupted = self.calls.iter().find(|call| call.state == CallState::Interrupted);
        interrupted.or_else(|| self.calls.iter().find(is_broken))
    }

    /// The run's outcome, with the samples that every run has.
    pub(super) fn into_outcome(mut self, job: &Job, run: &Run, started_at: Time, finished_at: Time) -> Outcome {
        let (state, kind, reason) = self.verdict();
        if state != RunState::Interrupted {
            self.samples.extend(built_in(job, run, state, started_at, finished_at));
        }
        let uploaded = self.delivered(job);
        let refused_credential = self.refused_credential(job);
        let remembered = if state == RunState::Succeeded { self.remembered } else { Vec::new() };
        Outcome {
            run: run.id,
            state,
            kind,
            reason,
            started_at: Some(started_at),
            finished_at,
            calls: self.calls,
            samples: self.samples,
            remembered,
            uploaded,
            refused_credential,
        }
    }

    /// The job's credential, if the token endpoint refuses it, whatever the job asks for.
    fn refused_credential(&self, job: &Job) -> Option<Name> {
        let newest = self.broken_call()?.diagnoses.last()?;
        let credential = job.api.credential.as_ref().filter(|_| newest.refuses_the_client())?;
        Some(credential.name.clone())
    }

    /// The files that need not be sent again. Where later calls look after what became of each file, one
    /// that did not come through there, or that was not looked after, is sent again by the next run.
    fn delivered(&mut self, job: &Job) -> Vec<Uploaded> {
        let mut sent = std::mem::take(&mut self.sent);
        sent.retain(|sent| {
            let followers = job.calls.iter().filter(|call| follows(call, &sent.call)).count();
            self.followed.iter().filter(|followed| followed.speaks_for(sent)).count() >= followers
        });
        sent
    }

    fn verdict(&self) -> (RunState, Option<Kind>, Option<String>) {
        if let Some((kind, reason)) = &self.fault {
            return (RunState::Failed, Some(*kind), Some(reason.clone()));
        }
        match self.broken_call() {
            None => (RunState::Succeeded, None, None),
            Some(call) => {
                (run_state(call.state), call.kind, call.reason.as_ref().map(|reason| self.told(call, reason)))
            }
        }
    }

    /// The reason of a run: that of its call, with the element, and how many others there are.
    fn told(&self, call: &CallRecord, reason: &str) -> String {
        let Some(element) = &call.element else { return reason.to_owned() };
        let others = match self.broken.get(&call.name) {
            Some(broken) if *broken > 1 => format!("; {} more elements of `{}` did not succeed", broken - 1, call.name),
            _ => String::new(),
        };
        format!("`{}` for `{element}`: {reason}{others}", call.name)
    }
}

/// Whether a call goes over what an upload gave.
fn follows(call: &Call, upload: &str) -> bool {
    match call.each.as_ref().map(|each| &each.of) {
        Some(Elements::Filter(filter)) => filter.calls_used().includes(upload),
        Some(Elements::Records(_) | Elements::Files { .. }) | None => false,
    }
}

fn run_state(call: CallState) -> RunState {
    match call {
        CallState::Succeeded => RunState::Succeeded,
        CallState::Refused => RunState::Refused,
        CallState::Interrupted => RunState::Interrupted,
        CallState::Failed | CallState::Skipped | CallState::Sending | CallState::Running => RunState::Failed,
    }
}

/// `JOB.up`, `JOB.duration_ms` and, for a tick, `JOB.lateness_ms`.
fn built_in(job: &Job, run: &Run, state: RunState, started_at: Time, finished_at: Time) -> Vec<Sample> {
    let sample = |metric, value| Sample::gauge(&job.name, metric, finished_at, Number::Whole(value));
    let mut samples = vec![
        sample("up", i64::from(state == RunState::Succeeded)),
        sample("duration_ms", millis_between(started_at, finished_at)),
    ];
    if run.trigger == Trigger::Schedule {
        samples.push(sample("lateness_ms", millis_between(run.tick.scheduled_for, run.claimed_at)));
    }
    samples
}

/// What is recorded of an outcome whose rows the store does not take.
pub(super) fn unrecorded(outcome: &Outcome) -> Outcome {
    Outcome {
        state: RunState::Failed,
        kind: Some(Kind::Store),
        reason: Some("its rows did not fit the store, which is a fault in apicron: please report it".to_owned()),
        calls: Vec::new(),
        samples: Vec::new(),
        remembered: Vec::new(),
        uploaded: Vec::new(),
        refused_credential: None,
        ..outcome.clone()
    }
}

/// One line for a run that ended.
pub(super) fn log(job: &Job, run: &Run, outcome: &Outcome) {
    let (job, run, state) = (&job.name, run.id, outcome.state);
    let began = outcome.started_at.unwrap_or(outcome.finished_at);
    let duration_ms = millis_between(began, outcome.finished_at);
    let Some(reason) = &outcome.reason else {
        tracing::debug!(job.name = %job, run.id = %run, duration_ms, "run {run} of `{job}` {state} in {duration_ms} ms");
        return;
    };
    let kind = outcome.kind.map_or("", Kind::as_str);
    let remedy = remedy(outcome).map(|remedy| format!(" → {remedy}")).unwrap_or_default();
    tracing::warn!(job.name = %job, run.id = %run, duration_ms, kind, "run {run} of `{job}` {state}: {reason}{remedy}");
}

/// What a person has to do, when a diagnosis says so.
fn remedy(outcome: &Outcome) -> Option<&str> {
    let diagnoses = outcome.calls.iter().flat_map(|call| &call.diagnoses);
    diagnoses.filter(|diagnosis| !diagnosis.healed).map(|diagnosis| diagnosis.remedy.as_str()).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(state: CallState, kind: Option<Kind>) -> CallRecord {
        let noon = "2026-11-24T12:00:00Z".parse().expect("a time");
        CallRecord {
            seq: 0,
            name: "usage".to_owned(),
            element: None,
            method: "GET".to_owned(),
            url: "https://api.example.com/usage".to_owned(),
            state,
            kind,
            reason: kind.map(|kind| format!("a {kind} failure")),
            status: None,
            pages: 0,
            items: 0,
            bytes: 0,
            idempotency_key: None,
            started_at: noon,
            finished_at: noon,
            attempts: Vec::new(),
            result: None,
            diagnoses: Vec::new(),
            is_recorded: false,
        }
    }

    fn verdict_of(calls: Vec<CallRecord>) -> (RunState, Option<Kind>) {
        let (state, kind, _) = Ended { calls, ..Ended::default() }.verdict();
        (state, kind)
    }

    #[test]
    fn a_run_ends_as_its_first_call_that_did_not_succeed() {
        let good = || call(CallState::Succeeded, None);
        assert_eq!(verdict_of(vec![good(), good()]), (RunState::Succeeded, None));
        let refused = call(CallState::Refused, Some(Kind::Refused));
        assert_eq!(verdict_of(vec![good(), refused]), (RunState::Refused, Some(Kind::Refused)));
        let broken = vec![call(CallState::Failed, Some(Kind::Dns)), call(CallState::Skipped, None)];
        assert_eq!(verdict_of(broken), (RunState::Failed, Some(Kind::Dns)));
        let stopped = call(CallState::Interrupted, Some(Kind::Stopped));
        assert_eq!(verdict_of(vec![stopped]), (RunState::Interrupted, Some(Kind::Stopped)));
    }

    #[test]
    fn a_panic_is_a_failure_that_asks_for_a_report_and_keeps_the_calls_before_it() {
        let mut ended = Ended { calls: vec![call(CallState::Succeeded, None)], ..Ended::default() };
        ended.broke_in_panic(&"index out of bounds");
        assert_eq!(ended.calls.len(), 1);
        let (state, kind, reason) = ended.verdict();
        assert_eq!((state, kind), (RunState::Failed, Some(Kind::Panic)));
        assert!(reason.is_some_and(|reason| reason.contains("index out of bounds")));
    }
}
