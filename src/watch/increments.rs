//! What was used between one reading and the next.

#[cfg(test)]
mod tests;

use crate::clock::Time;
use crate::run::{MetricKind, Number, Sample};

/// What a series said at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When.
    pub at: Time,
    /// The number.
    pub value: Number,
    /// The number it may not pass.
    pub limit: Option<Number>,
    /// The period it counts in.
    pub period: Option<(Time, Time)>,
}

impl From<&Sample> for Reading {
    fn from(sample: &Sample) -> Reading {
        Reading { at: sample.at, value: sample.value, limit: sample.limit, period: sample.period }
    }
}

/// What was used over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Increment {
    /// Where the stretch begins: at the former reading, or at the boundary where the counter began again.
    pub from: Time,
    /// The reading.
    pub to: Time,
    /// How much. Negative only for a correction.
    pub amount: f64,
    /// What is known of it.
    pub flag: Flag,
}

/// How a reading follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// As it should.
    Plain,
    /// A counter began again with its period.
    Reset,
    /// A counter began again, and no period did: an event that somebody should see.
    UnexpectedReset,
    /// A counter went back a little.
    Correction,
    /// A balance went up. What was used meanwhile cannot be known, so the stretch says nothing about use.
    TopUp,
}

/// Makes increments of the readings of one series, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Increments {
    kind: MetricKind,
    former: Option<Reading>,
    /// A boundary was passed, and the counter has not begun again yet: some APIs are late with it.
    owes_reset: bool,
}

impl Increments {
    /// Nothing was read yet.
    pub fn new(kind: MetricKind) -> Increments {
        Increments { kind, former: None, owes_reset: false }
    }

    /// What was used since the reading before. `None` for the first, for one that is not later than the one before
    /// (equal time is the same reading), and for a gauge, which has no use.
    pub fn follow(&mut self, reading: Reading) -> Option<Increment> {
        let Some(former) = self.former else {
            self.former = Some(reading);
            return None;
        };
        if reading.at <= former.at {
            return None;
        }
        self.former = Some(reading);
        match self.kind {
            MetricKind::Gauge => None,
            MetricKind::Counter => Some(self.counted(&former, &reading)),
            MetricKind::Balance => Some(taken(&former, &reading)),
        }
    }

    fn counted(&mut self, former: &Reading, reading: &Reading) -> Increment {
        let boundary = boundary(former, reading);
        let change = difference(former.value, reading.value);
        let value = reading.value.as_f64();
        self.owes_reset |= boundary.is_some();
        let step = |from, amount, flag| Increment { from, to: reading.at, amount, flag };
        if change >= 0.0 {
            return step(former.at, change, Flag::Plain);
        }
        let is_halved = value <= former.value.as_f64() / 2.0;
        match boundary {
            Some(boundary) => {
                self.owes_reset = false;
                // What was used has some stretch, even where the clocks of the API and this machine leave none.
                let has_stretch = boundary < reading.at || value == 0.0;
                let from = if has_stretch { boundary.clamp(former.at, reading.at) } else { former.at };
                step(from, value, Flag::Reset)
            }
            None if is_halved && self.owes_reset => {
                self.owes_reset = false;
                step(former.at, value, Flag::Reset)
            }
            None if is_halved => step(former.at, value, Flag::UnexpectedReset),
            None => step(former.at, change, Flag::Correction),
        }
    }
}

fn taken(former: &Reading, reading: &Reading) -> Increment {
    let taken = difference(reading.value, former.value);
    let (amount, flag) = if taken >= 0.0 { (taken, Flag::Plain) } else { (0.0, Flag::TopUp) };
    Increment { from: former.at, to: reading.at, amount, flag }
}

/// The instant at which another period began, if one did between two readings.
///
/// A window that rolls, whose ends move with every reading, is no other period: its start lies inside the one before.
fn boundary(former: &Reading, reading: &Reading) -> Option<Time> {
    let (start, _) = reading.period?;
    let is_other = match former.period {
        Some((former_start, former_end)) => start > former_start && (start >= former_end || start > former.at),
        None => start > former.at,
    };
    is_other.then_some(start)
}

/// `to` less `from`; exact for whole numbers, also beyond 2^53.
fn difference(from: Number, to: Number) -> f64 {
    match (from, to) {
        #[expect(clippy::cast_precision_loss, reason = "the difference is rounded, not what it is made of")]
        (Number::Whole(from), Number::Whole(to)) => (i128::from(to) - i128::from(from)) as f64,
        // Two finite numbers may lie further apart than the greatest one.
        _ => (to.as_f64() - from.as_f64()).clamp(f64::MIN, f64::MAX),
    }
}
