//! Numbers taken from answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Name;
use super::state::words;
use crate::clock::Time;

/// A number as the API wrote it: whole numbers of up to 64 bits stay exact, also beyond 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other finite number.
    Real(f64),
}

impl Number {
    /// The number as a float; whole numbers beyond 2^53 lose digits.
    pub fn as_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "that is what the caller asks for")]
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(whole) => whole.fmt(f),
            Number::Real(real) => real.fmt(f),
        }
    }
}

words! {
    /// How a metric moves.
    MetricKind {
        /// A level.
        Gauge = "gauge",
        /// Used in this period; starts again at a boundary.
        Counter = "counter",
        /// What is left; jumps up at a top-up.
        Balance = "balance",
    }
}

/// One number with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// `JOB.METRIC`.
    pub metric: String,
    /// Tells series of one metric apart; empty for the only one.
    pub label: String,
    /// How the metric moves.
    pub kind: MetricKind,
    /// What it counts, for people.
    pub unit: Option<String>,
    /// When it was read.
    pub at: Time,
    /// The number.
    pub value: Number,
    /// The number it may not pass, where the API tells.
    pub limit: Option<Number>,
    /// The period it counts in, where the API tells.
    pub period: Option<(Time, Time)>,
}

impl Sample {
    /// A plain gauge without a label, limit or period.
    pub fn gauge(job: &Name, metric: &str, at: Time, value: Number) -> Sample {
        let metric = format!("{job}.{metric}");
        Sample {
            metric,
            label: String::new(),
            kind: MetricKind::Gauge,
            unit: None,
            at,
            value,
            limit: None,
            period: None,
        }
    }
}
