//! What is known of one series, brought up to date by each reading.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::increments::{Flag, Increment, Increments, Reading};
use super::pace::Pace;
use super::plan::{Bucket, Plan};
use super::ring::{Cell, Ring};
use crate::clock::{Time, subtract};
use crate::run::MetricKind;

/// Buckets of the shorter and of the longer window of a forecast.
pub(super) const SHORT: usize = 7;
pub(super) const LONG: usize = 28;

/// Cells of a burn window: its last twelfth has four.
const BURN_CELLS: u32 = 48;

/// A burn window says something once this part of it is known.
const KNOWN_OF_BURN: f64 = 0.9;

/// What is known of one series. A reading costs the same however long the history is, and so does what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    plan: Plan,
    latest: Option<Latest>,
    increments: Increments,
    /// Use by the bucket.
    buckets: Ring,
    /// Use in the windows of `burn`.
    burns: Vec<(Duration, Ring)>,
}

/// The newest reading, and since when nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Latest {
    reading: Reading,
    /// The first reading with this value.
    same_since: Time,
    /// The last reading that showed use, or the first of all.
    used_at: Time,
}

/// What became of a reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Added {
    /// It is the first.
    First,
    /// It is later than the one before. `None` for a gauge.
    Later(Option<Increment>),
    /// It has the time of the one before: the same reading.
    Same,
    /// It is older than the one before, as after the clock was set back, and is not used. If time has truly gone
    /// back, a new track is to be made of what is stored.
    Older,
}

impl Track {
    /// Nothing was read yet.
    pub fn new(plan: Plan) -> Track {
        let increments = Increments::new(plan.kind);
        let buckets = Ring::new(plan.bucket.length(), LONG + 1);
        let burn = |window: &Duration| (*window, Ring::new(*window / BURN_CELLS, BURN_CELLS as usize + 1));
        let burns = plan.burns.iter().map(burn).collect();
        Track { plan, latest: None, increments, buckets, burns }
    }

    /// What it keeps, and why.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The instant from which on readings are needed to make this track anew at `now`, and with them the newest
    /// one before it.
    pub fn reach(&self, now: Time) -> Time {
        let rings = self.burns.iter().map(|(_, ring)| ring).chain([&self.buckets]);
        rings.map(|ring| ring.reach(now)).fold(subtract(now, self.plan.quiet), Time::min)
    }

    /// Takes note of a reading.
    pub fn add(&mut self, reading: impl Into<Reading>) -> Added {
        let reading = reading.into();
        let Some(former) = self.latest else {
            self.increments.follow(reading);
            self.latest = Some(Latest { reading, same_since: reading.at, used_at: reading.at });
            return Added::First;
        };
        if reading.at <= former.reading.at {
            return if reading.at == former.reading.at { Added::Same } else { Added::Older };
        }
        let increment = self.increments.follow(reading);
        let is_same = reading.value.as_f64() == former.reading.value.as_f64();
        let is_used = increment.is_some_and(|increment| increment.amount > 0.0);
        let same_since = if is_same { former.same_since } else { reading.at };
        let used_at = if is_used { reading.at } else { former.used_at };
        self.latest = Some(Latest { reading, same_since, used_at });
        if let Some(increment) = increment {
            self.spread(former.reading.at, &increment);
        }
        Added::Later(increment)
    }

    fn spread(&mut self, former: Time, increment: &Increment) {
        let is_close = !self.plan.is_gap(former, increment.to);
        for ring in self.burns.iter_mut().map(|(_, ring)| ring).chain([&mut self.buckets]) {
            match increment.flag {
                Flag::TopUp => ring.pass(increment),
                Flag::Plain | Flag::Reset | Flag::UnexpectedReset | Flag::Correction => ring.add(increment, is_close),
            }
        }
    }

    /// The newest reading.
    pub fn latest(&self) -> Option<&Reading> {
        self.latest.as_ref().map(|latest| &latest.reading)
    }

    /// Since when the value is what it is.
    pub fn same_since(&self) -> Option<Time> {
        self.latest.map(|latest| latest.same_since)
    }

    /// When use was last seen; when reading began, if none was.
    pub fn used_at(&self) -> Option<Time> {
        self.latest.map(|latest| latest.used_at)
    }

    /// Whether the newest reading is too old to say how things stand. `None`: there is none.
    pub fn is_old(&self, now: Time) -> Option<bool> {
        Some(self.latest()?.at < subtract(now, self.plan.old_after))
    }

    /// What is used of the limit: what was counted, or what is no longer left.
    pub fn used(&self) -> Option<f64> {
        let Reading { value, limit, .. } = self.latest()?;
        match self.plan.kind {
            MetricKind::Counter | MetricKind::Gauge => Some(value.as_f64()),
            MetricKind::Balance => Some(limit.as_ref()?.as_f64() - value.as_f64()),
        }
    }

    /// What is left, at least nothing. `None` for a gauge, and for a counter without a limit.
    pub fn remaining(&self) -> Option<f64> {
        let Reading { value, limit, .. } = self.latest()?;
        let remaining = match self.plan.kind {
            MetricKind::Gauge => return None,
            MetricKind::Balance => value.as_f64(),
            MetricKind::Counter => limit.as_ref()?.as_f64() - value.as_f64(),
        };
        Some(remaining.max(0.0))
    }

    /// The length of the buckets.
    pub fn bucket(&self) -> Bucket {
        self.plan.bucket
    }

    /// The pace of the newest full buckets, `most` of them at most.
    pub(super) fn pace(&self, most: usize) -> Option<Pace> {
        let until = self.latest()?.at;
        Pace::of(self.buckets.closed(until).take(most), self.buckets.width())
    }

    /// All that is known of use, the bucket that is not over included.
    pub(super) fn whole(&self) -> Cell {
        self.buckets.all()
    }

    /// The length of a bucket in milliseconds.
    pub(super) fn bucket_width(&self) -> i64 {
        self.buckets.width()
    }

    /// What is used in a second, over a burn window and over its last twelfth. `None` until most of the window is
    /// known.
    pub fn burn(&self, window: Duration) -> Option<(f64, f64)> {
        let at = self.latest()?.at;
        let (_, ring) = self.burns.iter().find(|(own, _)| *own == window)?;
        let pace = |window: Duration| {
            let cell = ring.since(subtract(at, window));
            let seconds = Duration::from_millis(u64::try_from(cell.known).ok()?).as_secs_f64();
            (seconds > 0.0 && seconds >= KNOWN_OF_BURN * window.as_secs_f64()).then(|| cell.used / seconds)
        };
        Some((pace(window)?, pace(window / 12)?))
    }
}
