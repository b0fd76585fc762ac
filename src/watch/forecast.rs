//! When something runs out, and how much is used by the end of a period: always a band, never one date alone.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::pace::{Band, Course, Pace, count, number};
use super::plan::Bucket;
use super::track::{LONG, SHORT, Track};
use crate::clock::{Time, add, millis_between};
use crate::job::{ForecastEdge, RunoutEdge};
use crate::run::Number;

/// What lies further ahead is not told apart.
const FURTHEST: f64 = 100.0 * 365.0 * 86_400_000.0;

/// What the increments of a series say of its future, as of its newest reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// When that was.
    pub at: Time,
    /// The buckets that its paces are in.
    pub bucket: Bucket,
    /// What it is made of.
    pub basis: Basis,
    /// What was used.
    pub used: Option<f64>,
    /// What is left.
    pub remaining: Option<f64>,
    /// What may be used.
    pub limit: Option<f64>,
    /// The end of the period, where one is known that is not over.
    pub period_end: Option<Time>,
}

/// What a forecast is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
    /// An early estimate, from fewer than five full buckets: what is most likely, and no band.
    Early {
        /// How many buckets are known, in parts.
        buckets: f64,
        /// What is used in one.
        mean: f64,
    },
    /// A band: the envelope of two windows. What is most likely comes from the longer one.
    Band {
        /// 28 buckets, or as many as there are.
        long: Pace,
        /// 7 buckets, if enough of them are full.
        short: Option<Pace>,
    },
}

/// When something runs out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runout {
    /// The middle; `None`: never at this pace.
    pub middle: Option<Time>,
    /// The edges; `None` for an early estimate.
    pub edges: Option<RunoutEdges>,
    /// When it begins anew, which may be before it runs out.
    pub period_end: Option<Time>,
}

/// Between these it runs out, in four cases of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunoutEdges {
    /// `None`: never at this pace.
    pub fast: Option<Time>,
    /// `None`: it cannot yet be said that it will run out.
    pub slow: Option<Time>,
}

/// One point of the band of a run-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunoutPoint {
    /// Then.
    At(Time),
    /// Not at this pace, or not before the period ends.
    Beyond,
    /// An early estimate has no edges.
    TooEarly,
}

/// What is used by the end of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// The end of the period.
    pub end: Time,
    /// The middle.
    pub middle: f64,
    /// The lower and the upper edge; `None` for an early estimate.
    pub edges: Option<(f64, f64)>,
}

impl Forecast {
    /// `None` for a gauge, and before a whole bucket is known.
    pub fn of(track: &Track) -> Option<Forecast> {
        let reading = track.latest()?;
        let basis = match track.pace(LONG) {
            Some(long) => Basis::Band { long, short: track.pace(SHORT) },
            None => early(track)?,
        };
        Some(Forecast {
            at: reading.at,
            bucket: track.bucket(),
            basis,
            used: track.used(),
            remaining: track.remaining(),
            limit: reading.limit.map(Number::as_f64),
            period_end: reading.period.map(|(_, end)| end).filter(|end| *end > reading.at),
        })
    }

    /// Whether there is no band yet.
    pub fn is_early(&self) -> bool {
        matches!(self.basis, Basis::Early { .. })
    }

    /// When it runs out. `None` when it is not known what is left.
    pub fn runout(&self) -> Option<Runout> {
        let remaining = self.remaining?;
        let period_end = self.period_end;
        let (long, short) = match &self.basis {
            Basis::Early { .. } if remaining <= 0.0 => {
                return Some(Runout { middle: Some(self.at), edges: None, period_end });
            }
            Basis::Early { mean, .. } => {
                let middle = (*mean > 0.0).then(|| self.after(remaining / mean));
                return Some(Runout { middle, edges: None, period_end });
            }
            Basis::Band { long, short } => (long.runs_out(remaining), short.map(|short| short.runs_out(remaining))),
        };
        let courses: Vec<Option<Course>> = [long].into_iter().chain(short).collect();
        let fast = courses.iter().flatten().map(|course| course.fast).reduce(f64::min);
        let slow = courses.iter().map(|course| course.as_ref().and_then(|course| course.slow));
        let slow = slow.reduce(|one, other| Some(one?.max(other?))).flatten();
        let edges = RunoutEdges { fast: fast.map(|h| self.after(h)), slow: slow.map(|h| self.after(h)) };
        let middle = long.map(|course| self.after(course.middle));
        Some(Runout { middle, edges: Some(edges), period_end })
    }

    /// What is used by the end of the period. `None` when no period is known, or when it is over.
    pub fn at_end(&self) -> Option<Projection> {
        let (end, used) = (self.period_end?, self.used?);
        let buckets = self.buckets_until(end);
        match &self.basis {
            Basis::Early { mean, .. } => Some(Projection { end, middle: used + mean * buckets, edges: None }),
            Basis::Band { long, short } => {
                let Band { mut lower, middle, mut upper } = long.used_in(buckets);
                if let Some(short) = short.map(|short| short.used_in(buckets)) {
                    (lower, upper) = (lower.min(short.lower), upper.max(short.upper));
                }
                Some(Projection { end, middle: used + middle, edges: Some((used + lower, used + upper)) })
            }
        }
    }

    /// How many buckets there are from the reading to another instant.
    pub(super) fn buckets_until(&self, until: Time) -> f64 {
        number(millis_between(self.at, until)) / self.bucket_millis()
    }

    fn after(&self, buckets: f64) -> Time {
        let millis = (buckets * self.bucket_millis()).min(FURTHEST);
        add(self.at, Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default())
    }

    fn bucket_millis(&self) -> f64 {
        self.bucket.length().as_secs_f64() * 1_000.0
    }
}

/// From all that is known, the bucket that is not over included; at least one bucket, or a night would be taken for
/// the whole day.
fn early(track: &Track) -> Option<Basis> {
    let (known, width) = (track.whole(), track.bucket_width());
    let buckets = number(known.known) / number(width);
    (buckets >= count(1)).then(|| Basis::Early { buckets, mean: known.used / buckets })
}

impl Runout {
    /// One point of the band.
    pub fn point(&self, edge: RunoutEdge) -> RunoutPoint {
        let at = match (edge, self.edges) {
            (RunoutEdge::Middle, _) => self.middle,
            (_, None) => return RunoutPoint::TooEarly,
            (RunoutEdge::Fast, Some(edges)) => edges.fast,
            (RunoutEdge::Slow, Some(edges)) => edges.slow,
        };
        let is_in_period = |at: &Time| self.period_end.is_none_or(|end| *at < end);
        at.filter(is_in_period).map_or(RunoutPoint::Beyond, RunoutPoint::At)
    }
}

impl Projection {
    /// One point of the band; `None` for an edge of an early estimate.
    pub fn point(&self, edge: ForecastEdge) -> Option<f64> {
        match edge {
            ForecastEdge::Lower => self.edges.map(|(lower, _)| lower),
            ForecastEdge::Middle => Some(self.middle),
            ForecastEdge::Upper => self.edges.map(|(_, upper)| upper),
        }
    }
}
