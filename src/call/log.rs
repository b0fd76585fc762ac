//! What is noted of a call while it is under way, so that it is there however the call ends.

use std::collections::BTreeMap;
use std::time::Duration;

use super::failure::{Failure, clipped};
use super::send::{Reply, Unheard};
use crate::clock::{Clock, Time};
use crate::filter::Json;
use crate::run::{
    Attempt, CallRecord, CallState, Diagnosis, HeaderValue, Kind, Remembered, Sample, StoredBody, Verdict,
};
use crate::secret::Redactor;
use crate::token::{LONGEST_BODY, cut, header_lines, retry_after};

/// The notes of one call.
pub(super) struct Log {
    clock: Clock,
    redactor: Redactor,
    pub(super) record: CallRecord,
    /// Of the last answer, without those that carry credentials.
    pub(super) headers: BTreeMap<String, HeaderValue>,
    /// When the attempt that is under way left, if one is.
    in_the_air: Option<Duration>,
    /// The diagnosis of the rate limit that holds the call up. One for all attempts.
    limited: Option<Diagnosis>,
    /// What there is to say of a call that succeeded.
    pub(super) note: Option<String>,
    /// The page that is asked for.
    page: u32,
}

/// How a call ended.
pub(super) enum End {
    Succeeded {
        samples: Vec<Sample>,
        remembered: Vec<Remembered>,
        body: Option<Json>,
    },
    Failed(Failure),
    /// Denied by the API or by the token endpoint, with the verdict over that.
    Refused {
        verdict: Verdict,
        failure: Failure,
    },
    Interrupted(Failure),
}

impl End {
    /// The end by a failure: one of kind `stopped` says nothing about the call.
    pub(super) fn by(failure: Failure) -> End {
        if failure.kind == Kind::Stopped { End::Interrupted(failure) } else { End::Failed(failure) }
    }
}

impl Log {
    pub(super) fn new(clock: Clock, redactor: Redactor, record: CallRecord) -> Log {
        Log { clock, redactor, record, headers: BTreeMap::new(), in_the_air: None, limited: None, note: None, page: 1 }
    }

    /// Notes which page is asked for from now on.
    pub(super) fn turn_to(&mut self, page: u64) {
        self.page = u32::try_from(page).unwrap_or(u32::MAX);
    }

    /// Notes that a page with so many items was read.
    pub(super) fn page_read(&mut self, items: u64) {
        self.record.pages = self.record.pages.saturating_add(1);
        self.record.items += items;
    }

    /// Notes that an attempt leaves now.
    pub(super) fn leave(&mut self, token_generation: Option<u64>) {
        let n = u32::try_from(self.record.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.in_the_air = Some(self.clock.elapsed());
        self.record.attempts.push(Attempt {
            n,
            page: self.page,
            started_at: self.clock.now(),
            duration_ms: 0,
            status: None,
            kind: None,
            retry_after_ms: None,
            token_generation,
        });
    }

    /// Notes what came back to the attempt that left last.
    pub(super) fn arrive(&mut self, answer: &Result<Reply, Unheard>) {
        self.land();
        let (status, asked) = match answer {
            Ok(reply) => {
                self.keep(reply);
                (Some(reply.status), reply.header("retry-after").and_then(|text| retry_after(text, reply.at)))
            }
            Err(unheard) => (unheard.status, None),
        };
        self.record.status = status;
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.status = status;
            attempt.retry_after_ms = asked.map(millis);
        }
    }

    /// Notes what went wrong with the attempt that left last, if anything did.
    pub(super) fn judged(&mut self, kind: Option<Kind>) {
        if let Some(attempt) = self.record.attempts.last_mut() {
            attempt.kind = kind;
        }
    }

    fn keep(&mut self, reply: &Reply) {
        self.record.bytes += reply.body.len() as u64;
        self.headers = header_lines(&reply.headers, &self.redactor);
        self.record.result = Some(StoredBody {
            content_type: reply.header("content-type").map(|text| self.redactor.scrub(text)),
            // Scrubbed first, or half a secret could stay behind at the cut.
            text: cut(reply.scrubbed(&self.redactor), LONGEST_BODY).0,
        });
    }

    fn land(&mut self) {
        if let (Some(left), Some(attempt)) = (self.in_the_air.take(), self.record.attempts.last_mut()) {
            attempt.duration_ms = millis(self.clock.elapsed().saturating_sub(left));
        }
    }

    /// Notes a diagnosis; gives its place.
    pub(super) fn diagnosed(&mut self, diagnosis: Diagnosis) -> usize {
        self.record.diagnoses.push(diagnosis);
        self.record.diagnoses.len() - 1
    }

    /// Replaces the diagnosis at a place by what is known since.
    pub(super) fn diagnosed_anew(&mut self, place: usize, diagnosis: Diagnosis) {
        if let Some(former) = self.record.diagnoses.get_mut(place) {
            *former = diagnosis;
        }
    }

    /// Notes a rate limit. That of a later attempt takes the place of that of an earlier one.
    pub(super) fn limited(&mut self, diagnosis: Diagnosis) {
        self.limited = Some(diagnosis);
    }

    /// The record of the call, and the verdict that ended it.
    pub(super) fn finish(mut self, end: &End) -> (CallRecord, Option<Verdict>) {
        let (state, failure, verdict) = match end {
            End::Succeeded { .. } => (CallState::Succeeded, None, None),
            End::Failed(failure) => (CallState::Failed, Some(failure), None),
            End::Refused { verdict, failure } => {
                let state = if verdict.refuses() { CallState::Refused } else { CallState::Failed };
                (state, Some(failure), Some(*verdict))
            }
            End::Interrupted(failure) => (CallState::Interrupted, Some(failure), None),
        };
        if self.in_the_air.is_some() {
            self.land();
            self.judged(failure.map(|failure| failure.kind));
        }
        if let Some(diagnosis) = self.limited.take() {
            let healed = verdict != Some(diagnosis.verdict);
            self.record.diagnoses.push(Diagnosis { healed, ..diagnosis });
        }
        let mut record = self.record;
        record.state = state;
        record.kind = failure.map(|failure| failure.kind);
        let note = self.note.filter(|_| state == CallState::Succeeded);
        let reason = failure.map(|failure| failure.reason.as_str()).or(note.as_deref());
        record.reason = reason.map(|reason| clipped(self.redactor.scrub(reason)));
        record.finished_at = self.clock.now();
        (record, verdict)
    }
}

/// A record with nothing in it yet.
pub(super) fn blank(seq: u32, name: &str, method: &str, url: String, started_at: Time) -> CallRecord {
    CallRecord {
        seq,
        name: name.to_owned(),
        element: None,
        method: method.to_owned(),
        url,
        state: CallState::Running,
        kind: None,
        reason: None,
        status: None,
        pages: 0,
        items: 0,
        bytes: 0,
        idempotency_key: None,
        started_at,
        finished_at: started_at,
        attempts: Vec::new(),
        result: None,
        diagnoses: Vec::new(),
        is_recorded: false,
    }
}

/// Whole milliseconds; what is beyond 63 bits is cut to it, so that every store can keep it.
pub(super) fn millis(duration: Duration) -> u64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).unsigned_abs()
}
