//! What one run of a filter may cost.
//!
//! The filter language has no loops, but a filter can still ask for too much: `(1,2) | (1,2) | …`
//! doubles with every step, and `map($all + .)` copies the whole for each of its parts. So each
//! value that a generator gives, and each copy in proportion to its size, is charged here. When
//! the allowance is spent, generators run dry and operators fail, so that the run ends soon; its
//! outputs are then thrown away, whatever they are. Nothing inside a filter can catch that.
//!
//! The allowance lies in a thread-local because jaq calls operators (`Add`, `PartialOrd`) with
//! nothing but their operands. A run never leaves its thread. Around several runs there may be
//! [`Bounds`] that hold for all of them together.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Steps of ten to a hundred nanoseconds.
    pub(super) steps: u64,
    /// Bytes of memory that are taken for values, all of them added up, also of those that are gone again. So they are
    /// more than a run ever has at a time.
    pub(super) bytes: u64,
}

impl Allowance {
    /// Of every run. Grouping 100,000 elements takes some millions of steps and of bytes.
    pub(super) const USUAL: Allowance = Allowance { steps: 100_000_000, bytes: 384 * 1024 * 1024 };
}

/// Steps after which a run looks whether it is broken off: less than a millisecond.
const LOOK: u64 = 4_096;

thread_local! {
    static LEFT: Cell<Left> = const { Cell::new(Left::NOTHING) };
    static BOUNDS: RefCell<Bounds> = const { RefCell::new(Bounds { steps: None, broken_off: None }) };
}

#[derive(Clone, Copy)]
struct Left {
    steps: u64,
    bytes: u64,
    /// Steps that one more value of a generator may cause: the size of the filter's text.
    weight: u64,
    /// Steps until the next look at the switch that breaks runs off.
    unseen: u64,
    broken_off: bool,
}

impl Left {
    const NOTHING: Left = Left { steps: 0, bytes: 0, weight: 1, unseen: LOOK, broken_off: false };
}

/// What bounds all runs of some work together, beside the allowance of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    /// Steps that they share.
    pub(super) steps: Option<u64>,
    /// Set from another thread to break them off.
    pub(super) broken_off: Option<Arc<AtomicBool>>,
}

/// Does work within bounds, and tells what is left of the steps in them.
pub(super) fn within<T>(bounds: Bounds, work: impl FnOnce() -> T) -> (T, Option<u64>) {
    let _before = Before(BOUNDS.replace(bounds));
    let done = work();
    (done, BOUNDS.with_borrow(|bounds| bounds.steps))
}

/// The bounds outside, which hold again when this is dropped, also by a panic.
struct Before(Bounds);

impl Drop for Before {
    fn drop(&mut self) {
        BOUNDS.set(std::mem::take(&mut self.0));
    }
}

/// Which allowance was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    Steps,
    Bytes,
    /// Nothing was, but nobody waits for the run any more.
    BrokenOff,
}

impl Spent {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Spent::Steps => "it takes too many steps; ask for less at once",
            Spent::Bytes => "its values in between take more than 384 MiB; ask for less at once",
            Spent::BrokenOff => "it was broken off",
        }
    }
}

/// Lasts as long as one run of a filter; ends its allowance when dropped.
pub(super) struct Run {
    before: Left,
    steps: u64,
}

/// Begins a run of a filter with `weight` nodes, within the present bounds.
pub(super) fn begin(weight: u64, Allowance { steps, bytes }: Allowance) -> Run {
    let steps = BOUNDS.with_borrow(|bounds| bounds.steps.map_or(steps, |shared| shared.min(steps)));
    let left = Left { steps, bytes, weight: weight.max(1), broken_off: is_broken_off(), ..Left::NOTHING };
    Run { before: LEFT.replace(left), steps }
}

impl Drop for Run {
    fn drop(&mut self) {
        let used = self.steps.saturating_sub(LEFT.replace(self.before).steps);
        BOUNDS.with_borrow_mut(|bounds| bounds.steps = bounds.steps.map(|shared| shared.saturating_sub(used)));
    }
}

fn is_broken_off() -> bool {
    BOUNDS.with_borrow(|bounds| bounds.broken_off.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// Charges one more value of a generator.
pub(super) fn value() -> Result<(), Spent> {
    steps(LEFT.get().weight)
}

/// Charges work in proportion to a size.
pub(super) fn steps(n: impl TryInto<u64>) -> Result<(), Spent> {
    let n = n.try_into().unwrap_or(u64::MAX);
    let mut left = LEFT.get();
    left.steps = left.steps.saturating_sub(n);
    left.unseen = left.unseen.saturating_sub(n);
    if left.unseen == 0 {
        left.unseen = LOOK;
        left.broken_off |= is_broken_off();
    }
    LEFT.set(left);
    spent().map_or(Ok(()), Err)
}

/// Charges an allocation, and the work to fill it.
pub(super) fn bytes(n: usize) -> Result<(), Spent> {
    let mut left = LEFT.get();
    left.bytes = left.bytes.saturating_sub(u64::try_from(n).unwrap_or(u64::MAX));
    LEFT.set(left);
    steps(n / 16)
}

/// Which allowance of the present run is spent, if one is.
pub(super) fn spent() -> Option<Spent> {
    match LEFT.get() {
        Left { broken_off: true, .. } => Some(Spent::BrokenOff),
        Left { bytes: 0, .. } => Some(Spent::Bytes),
        Left { steps: 0, .. } => Some(Spent::Steps),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Allowance = Allowance { steps: 100, bytes: 1_000 };

    #[test]
    fn what_is_spent_stays_spent_until_the_run_ends() {
        let run = begin(1, SMALL);
        assert_eq!(steps(99_u64), Ok(()));
        assert_eq!(value(), Err(Spent::Steps));
        assert_eq!(value(), Err(Spent::Steps));
        drop(run);
        let _next = begin(1, SMALL);
        assert_eq!(value(), Ok(()));
    }

    #[test]
    fn a_value_costs_as_much_as_the_filter_is_long() {
        let _run = begin(50, SMALL);
        assert_eq!(value(), Ok(()));
        assert_eq!(value(), Err(Spent::Steps));
    }

    #[test]
    fn a_run_inside_a_run_has_its_own_allowance() {
        let _outer = begin(1, SMALL);
        {
            let _inner = begin(1, SMALL);
            assert_eq!(bytes(usize::MAX), Err(Spent::Bytes));
        }
        assert_eq!(spent(), None);
    }
    #[test]
    fn runs_within_bounds_share_their_steps() {
        let spend = |n: u64| {
            let _run = begin(1, SMALL);
            steps(n)
        };
        let work = || [spend(60), spend(60), spend(60)];
        let bounds = Bounds { steps: Some(150), ..Bounds::default() };
        assert_eq!(within(bounds, work), ([Ok(()), Ok(()), Err(Spent::Steps)], Some(0)));
        assert_eq!(work(), [Ok(()); 3]);
    }

    #[test]
    fn a_run_that_is_broken_off_stops_at_its_next_look() {
        let broken_off = Arc::new(AtomicBool::new(false));
        let bounds = Bounds { broken_off: Some(Arc::clone(&broken_off)), ..Bounds::default() };
        let work = || {
            let _run = begin(1, Allowance::USUAL);
            assert_eq!(steps(LOOK), Ok(()));
            broken_off.store(true, Ordering::Relaxed);
            assert_eq!(steps(LOOK - 1), Ok(()));
            assert_eq!(steps(1_u64), Err(Spent::BrokenOff));
            drop(begin(1, Allowance::USUAL));
            let _next = begin(1, Allowance::USUAL);
            steps(1_u64)
        };
        assert_eq!(within(bounds, work).0, Err(Spent::BrokenOff));
    }
}
