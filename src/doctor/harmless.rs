//! One call of a job that changes nothing, made once.

use std::num::NonZeroU32;
use std::time::Duration;

use uuid::Uuid;

use super::Doctor;
use super::trouble::Trouble;
use crate::call::{Around, Halt, Performed, run_variable};
use crate::filter::{CallsUsed, Template, Variables};
use crate::job::{Call, HeaderText, Job, Retry};
use crate::run::{CallState, Kind, Occasion, Run, RunId, Tick, Trigger};

const NO_CALL: &str = "no harmless call to make";

/// What fails is told at once.
const ONCE: Retry = Retry { attempts: NonZeroU32::MIN, backoff: Duration::ZERO, max_backoff: Duration::ZERO };

impl Doctor {
    /// Makes the first call of the job that reads and needs nothing of other calls: one page, one attempt.
    pub(super) async fn call(&self, job: &Job) -> Result<String, Trouble> {
        let Some(call) = harmless(job) else { return Ok(NO_CALL.to_owned()) };
        // A token may have to be asked for anew in between; each attempt has its own end.
        let job = Job { deadline: job.timeout.saturating_mul(2), ..job.clone() };
        let run = self.run(&job);
        let around = Around {
            run: &run,
            seq: 0,
            limits: self.limits,
            variables: &Variables { run: Some(run_variable(&job, &run, self.clock.now())), ..Variables::default() },
            store_id: Uuid::new_v4(),
            halt: &Halt::new(),
            over_by: self.clock.elapsed().saturating_add(job.deadline),
        };
        let performed = self.caller.perform(&job, &call, around).await;
        judge(&job, &call, &performed)
    }

    fn run(&self, job: &Job) -> Run {
        let now = self.clock.now();
        Run {
            id: RunId(0),
            tick: Tick { job: job.name.clone(), scheduled_for: now },
            trigger: Trigger::Manual,
            claimed_at: now,
            occasion: Occasion::Manual(RunId(0)),
        }
    }
}

/// The first call that reads and needs nothing of other calls, bare of what is taken from its answer.
fn harmless(job: &Job) -> Option<Call> {
    let call = job.calls.iter().find(|call| call.method.is_safe() && call.each.is_none() && is_free(call))?;
    let mut call = Call::clone(call);
    if let Some(size) = call.pages.take().and_then(|pages| pages.size)
        && let Ok(value) = Template::compile(&size.value.to_string(), &[])
        && !call.query.iter().any(|(name, _)| *name == size.param)
    {
        call.query.push((size.param, value));
    }
    call.timeout = call.timeout.min(job.timeout);
    call.retry = ONCE;
    call.poll = None;
    call.records = None;
    call.metrics = Vec::new();
    call.remember = Vec::new();
    Some(call)
}

/// Whether all that is sent is known without other calls.
fn is_free(call: &Call) -> bool {
    let query = call.query.iter().map(|(_, value)| value);
    let headers = call.headers.iter().filter_map(|header| match &header.value {
        HeaderText::Template(template) => Some(template),
        HeaderText::Secret(_) => None,
    });
    [&call.path].into_iter().chain(query).chain(headers).all(|template| template.calls_used() == CallsUsed::None)
}

fn judge(job: &Job, call: &Call, performed: &Performed) -> Result<String, Trouble> {
    let record = &performed.record;
    let (method, path) = (call.method, call.path.text());
    if record.state == CallState::Succeeded {
        let status = record.status.map(|status| status.to_string()).unwrap_or_default();
        let took = record.attempts.last().map_or(0, |attempt| attempt.duration_ms);
        return Ok(format!("{method} {path}: {status} in {took} ms"));
    }
    // What former runs remembered is not looked up.
    if record.kind == Some(Kind::MissingValue) && record.attempts.is_empty() {
        return Ok(format!("{NO_CALL}: `{}` needs what only a run knows", call.name));
    }
    if let Some(diagnosis) = record.diagnoses.iter().rfind(|diagnosis| !diagnosis.healed) {
        let trouble = Trouble::new(format!("{method} {path}: {}", diagnosis.summary), diagnosis.remedy.clone());
        return Err(Trouble { verdict: Some(diagnosis.verdict), ..trouble });
    }
    let reason = record.reason.as_deref().unwrap_or("it did not succeed");
    let remedy =
        format!("`apicron api {} {} {path}` shows the whole answer.", job.api.name, method.as_str().to_lowercase());
    Err(Trouble::new(format!("{method} {path}: {reason}"), remedy))
}
