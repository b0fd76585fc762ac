//! What the tests of this module share. Time is told in hours since the first of June 2026, a Monday.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::UTC;

use crate::clock::Time;
use crate::job::{Calendar, Cycle};
use crate::run::{MetricKind, Number, Sample};
use crate::watch::containing;

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Hours since the first of June 2026.
pub(crate) fn at(hour: i64) -> Time {
    let june: Time = "2026-06-01T00:00:00Z".parse().expect("a time");
    june + TimeDelta::hours(hour)
}

/// The calendar month of an instant.
pub(crate) fn month(at: Time) -> (Time, Time) {
    containing(&Calendar { cycle: Cycle::Month { day: 1 }, zone: UTC }, at).expect("a period")
}

/// A sample of `job.used` without a limit or a period.
pub(crate) fn sample(kind: MetricKind, at: Time, value: impl Into<f64>) -> Sample {
    let metric = "job.used".to_owned();
    let value = Number::Real(value.into());
    Sample { metric, label: String::new(), kind, unit: None, at, value, limit: None, period: None }
}

/// A sample of a counter with a limit, in the calendar month of its time.
pub(crate) fn counted(at: Time, value: impl Into<f64>, limit: f64) -> Sample {
    let period = Some(month(at));
    Sample { limit: Some(Number::Real(limit)), period, ..sample(MetricKind::Counter, at, value) }
}
