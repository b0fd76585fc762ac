//! Call + bearer → reply: send, retry, judge, measure.

mod accepted;
mod aside;
mod attempt;
mod bucket;
mod client;
mod course;
mod each;
mod elements;
mod failure;
mod files;
mod fill;
mod halt;
mod harvest;
mod healing;
mod judge;
mod ledger;
mod log;
mod made;
mod measure;
mod multipart;
mod paging;
mod period;
mod problem;
mod reading;
mod redirect;
mod refusal;
mod request;
mod retry;
mod run_variable;
mod send;
mod taking;
#[cfg(test)]
mod tests;
mod upload;
mod verdict;
mod watching;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use url::Url;
use uuid::Uuid;

use crate::clock::Clock;
use crate::filter::{Json, Variables};
use crate::job::{Call, Job, Limits};
use crate::run::{CallRecord, HeaderValue, Kind, Remembered, Run, Sample, Scopes, Verdict};
use crate::secret::{Environment, Redactor};
use crate::shutdown::Shutdown;
use crate::token::{Http, Tokens};
use accepted::Narrowings;
use bucket::Buckets;
use course::{Course, Left, Subject};
use failure::Failure;
use healing::Healing;
use log::{End, Log};

pub use client::{ClientError, http_client};
pub use halt::Halt;
pub use ledger::{Advance, Forgetful, Ledger, Unwritten};
pub use made::Made;
pub use run_variable::run_variable;

/// Makes API calls. Cheap to clone; all clones share connections and tokens.
#[derive(Clone)]
pub struct Caller {
    http: Http,
    tokens: Tokens,
    clock: Clock,
    environment: Environment,
    redactor: Redactor,
    shutdown: Shutdown,
    ledger: Arc<dyn Ledger>,
    buckets: Buckets,
    narrowings: Narrowings,
}

/// What surrounds a call.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The run that it belongs to.
    pub run: &'a Run,
    /// Its place in the run, from 0.
    pub seq: u32,
    /// What is read at most.
    pub limits: Limits,
    /// `$run`, `$calls` and `$state`; the others are added here.
    pub variables: &'a Variables,
    /// Makes idempotency keys of one store differ from those of another.
    pub store_id: Uuid,
    /// Ends the run before its time.
    pub halt: &'a Halt,
    /// When the run's deadline passes, on the monotonic clock.
    pub over_by: Duration,
}

/// What became of a call.
#[derive(Debug)]
pub struct Performed {
    /// Its row.
    pub record: CallRecord,
    /// The numbers taken from the answer; none unless it succeeded.
    pub samples: Vec<Sample>,
    /// What later runs of the job are to see as `$state`; nothing unless it succeeded.
    pub remembered: Vec<Remembered>,
    /// The body, or all items of its pages, when a later call of the job reads it.
    pub body: Option<Json>,
    /// The verdict that ended it; `None` when no refusal did.
    pub verdict: Option<Verdict>,
    /// The headers of the last answer, scrubbed, without those that carry credentials.
    pub headers: BTreeMap<String, HeaderValue>,
}

impl Performed {
    /// Of a call that was not made, or gave nothing.
    fn nothing(record: CallRecord) -> Performed {
        Performed {
            record,
            samples: Vec::new(),
            remembered: Vec::new(),
            body: None,
            verdict: None,
            headers: BTreeMap::new(),
        }
    }
}

impl Caller {
    /// A caller. `http` is that of [`http_client`].
    pub fn new(
        http: Http,
        tokens: Tokens,
        clock: Clock,
        environment: Environment,
        redactor: Redactor,
        shutdown: Shutdown,
        ledger: Arc<dyn Ledger>,
    ) -> Caller {
        let (buckets, narrowings) = (Buckets::default(), Narrowings::default());
        Caller { http, tokens, clock, environment, redactor, shutdown, ledger, buckets, narrowings }
    }

    /// Makes one call of a job, as it is when there is nothing to make it for: without its elements, its
    /// condition, and where its records go. Whatever goes wrong is in the record; every wait ends with the
    /// run's deadline, with [`Around::halt`], and with [`Shutdown::cut_off_requested`].
    pub async fn perform(&self, job: &Job, call: &Call, around: Around<'_>) -> Performed {
        self.perform_for(Subject::default(), job, call, around).await
    }

    /// Makes one call of a job for something.
    async fn perform_for(&self, subject: Subject<'_>, job: &Job, call: &Call, around: Around<'_>) -> Performed {
        let mut log = self.log(job, call, subject.element, &around);
        let mut course = Course {
            caller: self,
            job,
            call,
            around: &around,
            subject,
            log: &mut log,
            healing: Healing::default(),
            ungranted: Scopes::default(),
            left: Left::Nothing,
            attempts: 0,
        };
        let run = AssertUnwindSafe(course.run()).catch_unwind();
        let end = match self.unless_cut_short(job, &around, run).await {
            Ok(Ok(end)) | Err(end) => end,
            Ok(Err(_panic)) => {
                End::Failed(Failure::new(Kind::Panic, "the call ended in a fault of apicron; please report it"))
            }
        };
        let headers = std::mem::take(&mut log.headers);
        let (record, verdict) = log.finish(&end);
        let (samples, remembered, body) = match end {
            End::Succeeded { samples, remembered, body } => (samples, remembered, body),
            End::Failed(_) | End::Refused { .. } | End::Interrupted(_) => (Vec::new(), Vec::new(), None),
        };
        Performed { record, samples, remembered, body, verdict, headers }
    }

    /// Does a part of a call unless the run ends before it does: then with that end.
    async fn unless_cut_short<T>(
        &self,
        job: &Job,
        around: &Around<'_>,
        work: impl Future<Output = T>,
    ) -> Result<T, End> {
        tokio::select! {
            biased;
            () = self.shutdown.cut_off_requested() => {
                Err(End::Interrupted(Failure::new(Kind::Stopped, "apicron was stopped during the call")))
            }
            why = around.halt.asked() => Err(End::Interrupted(Failure::new(Kind::Stopped, why))),
            () = self.clock.sleep(around.over_by.saturating_sub(self.clock.elapsed())) => {
                let deadline = humantime::format_duration(job.deadline);
                let reason = format!("the run's deadline of {deadline} passed during the call");
                Err(End::Failed(Failure::new(Kind::Deadline, reason)))
            }
            done = work => Ok(done),
        }
    }

    fn log(&self, job: &Job, call: &Call, element: Option<&str>, around: &Around<'_>) -> Log {
        // Until its templates are filled in, the address is as the job file has it.
        let url = format!("{}{}", self.shown(&job.api.base_url).trim_end_matches('/'), call.path.text());
        let mut record = log::blank(around.seq, &call.name, call.method.as_str(), url, self.clock.now());
        record.element = element.map(|element| self.redactor.scrub(element));
        Log::new(self.clock.clone(), self.redactor.clone(), record)
    }

    /// An address as records keep it: without query and userinfo, scrubbed.
    fn shown(&self, url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        self.redactor.scrub(&format!("{}://{host}{port}{}", url.scheme(), url.path()))
    }
}
