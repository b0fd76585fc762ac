//! The period that a metric counts in.

use super::failure::Failure;
use super::measure::present;
use crate::clock::Time;
use crate::filter::{Filter, Json, Variables};
use crate::job::Period;
use crate::run::Kind;
use crate::watch;

/// Both ends of the period of what is read at `at`; `None` when they come from the answer, and it has not both.
pub(super) fn bounds(
    period: &Period,
    at: Time,
    body: &Json,
    variables: &Variables,
) -> Result<Option<(Time, Time)>, Failure> {
    match period {
        Period::Reported { start, end } => Ok(instant(start, body, variables)?.zip(instant(end, body, variables)?)),
        Period::Calendar(calendar) => Ok(watch::containing(calendar, at)),
    }
}

fn instant(filter: &Filter, body: &Json, variables: &Variables) -> Result<Option<Time>, Failure> {
    let Some(value) = present(filter, body, variables)? else { return Ok(None) };
    let instant = match value.as_str() {
        Some(text) => chrono::DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc()),
        None => value.as_f64().and_then(from_seconds),
    };
    instant.map(Some).ok_or_else(|| {
        let reason = format!("`{}` gives {} that is no RFC 3339 time and no Unix time", filter.text(), value.kind());
        Failure::new(Kind::Filter, reason)
    })
}

fn from_seconds(seconds: f64) -> Option<Time> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and what is out of range is no time")]
    Time::from_timestamp_millis((seconds * 1000.0).round() as i64)
}
