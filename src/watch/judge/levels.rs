//! Values that pass a number: `below`, `above`, `percent`.

use super::{Asked, Series, series_name};
use crate::run::Number;
use crate::watch::standing::{Finding, Holds};
use crate::watch::words::figure;

/// Which side of a threshold is bad.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// What is under it.
    Under,
    /// What is over it.
    Over,
    /// What is over it, and the threshold itself.
    From,
    /// What is under it, and the threshold itself.
    UpTo,
}

impl Bad {
    fn is_passed(self, value: f64, threshold: f64) -> bool {
        match self {
            Bad::Under => value < threshold,
            Bad::Over => value > threshold,
            Bad::From => value >= threshold,
            Bad::UpTo => value <= threshold,
        }
    }

    /// Where what fires ends: further back than where it begins, or a value about the threshold would fire and resolve
    /// by turns.
    fn clears_at(self, threshold: f64, clear: f64) -> f64 {
        let way = clear * threshold.abs();
        match self {
            Bad::Under | Bad::UpTo => threshold + way,
            Bad::Over | Bad::From => threshold - way,
        }
    }
}

impl Asked<'_> {
    /// Whether a value is on the bad side of a threshold, or a step that is on has not cleared it yet.
    pub(super) fn passes(&self, step: &str, bad: Bad, value: f64, threshold: f64) -> Holds {
        let holds = if (self.is_on)(step) {
            bad.is_passed(value, threshold) || bad.is_passed(value, bad.clears_at(threshold, self.alert.clear))
        } else {
            bad.is_passed(value, threshold)
        };
        if holds { Holds::Yes } else { Holds::No }
    }
}

pub(super) fn below(asked: &Asked<'_>, series: &Series<'_>, threshold: f64) -> Finding {
    level(asked, series, threshold, Bad::Under)
}

pub(super) fn above(asked: &Asked<'_>, series: &Series<'_>, threshold: f64) -> Finding {
    level(asked, series, threshold, Bad::Over)
}

fn level(asked: &Asked<'_>, series: &Series<'_>, threshold: f64, bad: Bad) -> Finding {
    let (Some(reading), None) = (series.track.latest(), asked.unknown(series)) else {
        return unknown(asked, series, String::new());
    };
    let (name, value) = (series_name(series.metric, series.label), reading.value.as_f64());
    let side = if bad == Bad::Under { "under" } else { "over" };
    let holds = asked.passes("", bad, value, threshold);
    let is_passed = bad.is_passed(value, threshold);
    let clears = figure(bad.clears_at(threshold, asked.alert.clear));
    let (shown, threshold_shown) = (figure(value), figure(threshold));
    let reason = match (holds, is_passed) {
        (Holds::Yes, false) => {
            format!("{name} is {shown}: it was {side} {threshold_shown}, and is well again at {clears}")
        }
        (_, true) => format!("{name} is {shown}, {side} {threshold_shown}"),
        (_, false) => format!("{name} is {shown}, not {side} {threshold_shown}"),
    };
    asked.finding(holds, reason).measured(value, threshold)
}

pub(super) fn percent(asked: &Asked<'_>, series: &Series<'_>, percent: f64) -> Finding {
    let step = percent.to_string();
    let Some(reading) = series.track.latest().filter(|_| asked.unknown(series).is_none()) else {
        return unknown(asked, series, step);
    };
    let name = series_name(series.metric, series.label);
    let limit = reading.limit.map(Number::as_f64).filter(|limit| *limit > 0.0);
    let Some((used, limit)) = series.track.used().zip(limit) else {
        let reason = format!("{name} came without a limit above 0: what part of it is used is not known");
        return asked.step(step, asked.alert.severity, Holds::Unknown, reason);
    };
    let share = 100.0 * (used / limit);
    let holds = asked.passes(&step, Bad::From, share, percent);
    let reason = format!("{name}: {} of {} are used, {} %", figure(used), figure(limit), figure(share));
    asked.step(step, asked.alert.severity, holds, reason).measured(share, percent)
}

fn unknown(asked: &Asked<'_>, series: &Series<'_>, step: String) -> Finding {
    let reason = asked.unknown(series).unwrap_or_default();
    asked.step(step, asked.alert.severity, Holds::Unknown, reason)
}
