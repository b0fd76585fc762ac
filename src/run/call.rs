//! What became of one call.

use super::{CallState, Diagnosis, Kind};
use crate::clock::Time;

/// One sending of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1 within its call.
    pub n: u32,
    /// The page it asked for, from 1.
    pub page: u32,
    /// When it left.
    pub started_at: Time,
    /// From leaving to the end of the body.
    pub duration_ms: u64,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// What went wrong; `None` when nothing did.
    pub kind: Option<Kind>,
    /// How long the answer asked to wait (RFC 9110 section 10.2.3), before any cap.
    pub retry_after_ms: Option<u64>,
    /// Which token it carried; `None` when it carried none.
    pub token_generation: Option<u64>,
}

/// The kept part of an answer's body: scrubbed, at most 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBody {
    /// As the answer said; `None` when it did not.
    pub content_type: Option<String>,
    /// The text.
    pub text: String,
}

/// What became of one call of a run.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// Its place in the run, from 0.
    pub seq: u32,
    /// Its name in the job file.
    pub name: String,
    /// The element it was made for, under `for_each`.
    pub element: Option<String>,
    /// `GET`, `POST`, …
    pub method: String,
    /// The address without its query, scrubbed.
    pub url: String,
    /// How it ended.
    pub state: CallState,
    /// What went wrong; `None` when nothing did.
    pub kind: Option<Kind>,
    /// One sentence for a person: what went wrong, or what a call that succeeded did not give; `None` when
    /// there is nothing to say.
    pub reason: Option<String>,
    /// The last status; `None` when no answer came.
    pub status: Option<u16>,
    /// Pages read.
    pub pages: u32,
    /// Items read.
    pub items: u64,
    /// Bytes of all bodies read, decompressed.
    pub bytes: u64,
    /// The key that makes a repeat harmless; `None` when none was sent.
    pub idempotency_key: Option<String>,
    /// When it began.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Time,
    /// Every sending.
    pub attempts: Vec<Attempt>,
    /// The last body.
    pub result: Option<StoredBody>,
    /// What was found out about refusals on the way, healed ones included.
    pub diagnoses: Vec<Diagnosis>,
    /// Whether its rows are on disk already, so that the end of its run does not write them again. Then
    /// attempts and result may be left out here.
    pub is_recorded: bool,
}
