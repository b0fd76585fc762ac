//! What the tests of this module share. Time is told in hours since the first of June 2026, a Monday.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::UTC;

use crate::clock::Time;
use crate::job::{Alert, Calendar, Cycle, Metered, MetricRule, Once, Rule, Severity};
use crate::run::{MetricKind, Name, Number, RunId, RunState, Sample};
use crate::watch::{Ended, containing};

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

/// A run that ended, from hour to hour.
pub(crate) fn ended(state: RunState, started: i64, finished: i64) -> Ended {
    let is_bad = state != RunState::Succeeded;
    Ended {
        run: RunId(1),
        state,
        started_at: Some(at(started)),
        finished_at: at(finished),
        reason: is_bad.then(|| "the API said no".to_owned()),
        remedy: (state == RunState::Refused).then(|| "ask for the scope".to_owned()),
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// An alert that fires at the first reading, once an episode.
pub(crate) fn alert(rule: Rule) -> Alert {
    Alert {
        name: name("alert"),
        rule,
        severity: Severity::Notice,
        channels: Vec::new(),
        readings: NonZeroU32::MIN,
        hold: Duration::ZERO,
        clear: 0.05,
        once: Once::Episode,
    }
}

/// The same over the metric of [`sample`].
pub(crate) fn metric_alert(rule: MetricRule) -> Alert {
    alert(Rule::Metric(Metered { metric: "job.used".to_owned(), job: Some(name("job")) }, rule))
}
