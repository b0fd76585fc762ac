//! Use by stretches of equal length, as far back as somebody asks.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::increments::Increment;
use crate::clock::Time;

/// The newest cells of a line of time that is cut into cells of one width, from the Unix epoch. Older ones are
/// forgotten, so memory and time to read it do not grow with history.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ring {
    /// Milliseconds.
    width: i64,
    /// How many cells are kept.
    most: usize,
    /// Oldest first, without a hole.
    cells: VecDeque<Cell>,
    /// The number of the cell after the newest.
    end: i64,
}

/// What is known of the use in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// What was used.
    pub(super) used: f64,
    /// The milliseconds that it was used in. The rest is not known: nothing was read, or a balance was topped up.
    pub(super) known: i64,
    /// Those of them that lie between readings as close as they should be.
    pub(super) close: i64,
}

impl Cell {
    fn add(&mut self, other: Cell) {
        self.used += other.used;
        self.known += other.known;
        self.close += other.close;
    }
}

impl Ring {
    /// A ring of at least one cell of at least a millisecond.
    pub(super) fn new(width: Duration, most: usize) -> Ring {
        let width = i64::try_from(width.as_millis()).unwrap_or(i64::MAX).max(1);
        Ring { width, most: most.max(1), cells: VecDeque::new(), end: 0 }
    }

    /// Milliseconds.
    pub(super) fn width(&self) -> i64 {
        self.width
    }

    /// The instant before which nothing is kept, when it is `now`.
    pub(super) fn reach(&self, now: Time) -> Time {
        let kept = i64::try_from(self.most).unwrap_or(i64::MAX);
        let oldest = (self.cell_at(now) + 1).saturating_sub(kept);
        Time::from_timestamp_millis(oldest.saturating_mul(self.width)).unwrap_or(Time::MIN_UTC)
    }

    /// Spreads what was used over the cells that its stretch touches. `is_close`: its readings are as close as they
    /// should be.
    pub(super) fn add(&mut self, increment: &Increment, is_close: bool) {
        let (from, to) = (increment.from.timestamp_millis(), increment.to.timestamp_millis());
        if from >= to {
            return;
        }
        self.advance(from, to);
        let oldest = self.oldest();
        let first = from.div_euclid(self.width).max(oldest);
        for number in first..self.end {
            let part = overlap(number * self.width, self.width, from, to);
            let used = increment.amount * ratio(part, to - from);
            let close = if is_close { part } else { 0 };
            if let Some(cell) = usize::try_from(number - oldest).ok().and_then(|index| self.cells.get_mut(index)) {
                cell.add(Cell { used, known: part, close });
            }
        }
    }

    /// Lets time pass of which nothing is known.
    pub(super) fn pass(&mut self, increment: &Increment) {
        self.advance(increment.from.timestamp_millis(), increment.to.timestamp_millis());
    }

    /// Cells that are over at `until`, newest first.
    pub(super) fn closed(&self, until: Time) -> impl Iterator<Item = &Cell> {
        let open = usize::try_from(self.end - self.cell_at(until)).unwrap_or(0);
        self.cells.iter().rev().skip(open)
    }

    /// All cells in one.
    pub(super) fn all(&self) -> Cell {
        self.cells.iter().fold(Cell::default(), |mut all, cell| {
            all.add(*cell);
            all
        })
    }

    /// What is known of a stretch that ends with what was added last. Of the cell in which it begins it has a part.
    pub(super) fn since(&self, from: Time) -> Cell {
        let from = from.timestamp_millis();
        let mut sum = Cell::default();
        for (cell, number) in self.cells.iter().rev().zip((self.oldest()..self.end).rev()) {
            let part = overlap(number * self.width, self.width, from, i64::MAX);
            if part == 0 {
                break;
            }
            sum.add(if part == self.width { *cell } else { cell.part(part, self.width) });
        }
        sum
    }

    fn cell_at(&self, at: Time) -> i64 {
        at.timestamp_millis().div_euclid(self.width)
    }

    fn oldest(&self) -> i64 {
        self.end - i64::try_from(self.cells.len()).unwrap_or(i64::MAX)
    }

    /// Makes room up to `to`, beginning at `from` if there is nothing yet.
    fn advance(&mut self, from: i64, to: i64) {
        let end = (to - 1).div_euclid(self.width) + 1;
        if self.cells.is_empty() {
            self.end = from.div_euclid(self.width).min(end);
        }
        let wanted = usize::try_from(end - self.end).unwrap_or(0);
        for _ in 0..wanted.min(self.most) {
            if self.cells.len() == self.most {
                self.cells.pop_front();
            }
            self.cells.push_back(Cell::default());
        }
        self.end = self.end.max(end);
    }
}

impl Cell {
    fn part(self, part: i64, width: i64) -> Cell {
        let share = |of: i64| i64::try_from(i128::from(of) * i128::from(part) / i128::from(width)).unwrap_or(of);
        Cell { used: self.used * ratio(part, width), known: share(self.known), close: share(self.close) }
    }
}

/// How much of the cell that begins at `begin` lies within a stretch.
fn overlap(begin: i64, width: i64, from: i64, to: i64) -> i64 {
    (begin.saturating_add(width).min(to) - begin.max(from)).max(0)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of less than 300,000 years")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}
