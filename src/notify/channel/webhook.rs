//! Messages as JSON for programs: the format of a `webhook` channel.
//!
//! | field | is |
//! |---|---|
//! | `version` | 1. Fields may be added under the same version; one that goes, or means something else, makes another |
//! | `channel` | the channel's name |
//! | `messages` | the messages, oldest first; at least one |
//!
//! A message has always all of these:
//!
//! | field | is |
//! |---|---|
//! | `key` | the same for the same news, however often it is sent, and for no other |
//! | `alert`, `series`, `step` | what tells an instance of an alert from others; `series` and `step` may be empty |
//! | `job` | the job that it is about, or null |
//! | `kind` | the word of the job file for what fires: `below`, `runout`, … |
//! | `severity` | `notice` or `page` |
//! | `what` | `firing`, `resolved` or `unknown` |
//! | `value`, `threshold`, `unit` | what was measured, by what it is measured, and what it counts; or null. Times are in seconds |
//! | `reason` | what is the case, in one sentence |
//! | `remedy` | what to do, in one sentence, or null |
//! | `why` | the formulas with their values, a line each; may be empty |
//! | `since`, `at` | since when it is so, and when it was found out; RFC 3339 in UTC |
//! | `host` | which apicron tells it |
//!
//! The header `Idempotency-Key` is the same for a batch that is sent again.

use serde::Serialize;

use super::batch::Batch;
use crate::clock::rfc3339;
use crate::run::{Message, Number};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Body<'a> {
    version: u32,
    channel: &'a str,
    messages: Vec<Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    key: &'a str,
    alert: &'a str,
    series: &'a str,
    step: &'a str,
    job: Option<&'a str>,
    kind: &'a str,
    severity: &'a str,
    what: &'static str,
    value: Option<Number>,
    threshold: Option<Number>,
    unit: Option<&'a str>,
    reason: &'a str,
    remedy: Option<&'a str>,
    why: &'a [String],
    since: String,
    at: String,
    host: &'a str,
}

pub(super) fn body(batch: &Batch<'_>) -> String {
    let messages = batch.messages.iter().map(told).collect();
    json(&Body { version: VERSION, channel: batch.channel.as_str(), messages })
}

fn told(message: &Message) -> Told<'_> {
    Told {
        key: &message.key,
        alert: message.alert.as_str(),
        series: &message.series,
        step: &message.step,
        job: message.job.as_ref().map(crate::run::Name::as_str),
        kind: &message.kind,
        severity: &message.severity,
        what: message.what.as_str(),
        value: message.value.and_then(number),
        threshold: message.threshold.and_then(number),
        unit: message.unit.as_deref(),
        reason: &message.reason,
        remedy: message.remedy.as_deref(),
        why: &message.why,
        since: rfc3339(message.since),
        at: rfc3339(message.at),
        host: &message.host,
    }
}

/// A whole number is written as one; what JSON has no number for is null.
fn number(float: f64) -> Option<Number> {
    /// Up to here each whole number is a float of its own (2^53).
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if !float.is_finite() {
        return None;
    }
    let is_whole = float.fract() == 0.0 && float.abs() <= EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within what is exact")]
    Some(if is_whole { Number::Whole(float as i64) } else { Number::Real(float) })
}

/// Texts, numbers and lists of them: nothing that JSON could not hold.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
