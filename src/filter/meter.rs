//! What one run of a filter may cost.
//!
//! The filter language has no loops, but a filter can still ask for too much: `(1,2) | (1,2) | …`
//! doubles with every step, and `map($all + .)` copies the whole for each of its parts. So each
//! value that a generator gives, and each copy in proportion to its size, is charged here. When
//! the allowance is spent, generators run dry and operators fail, so that the run ends soon; its
//! outputs are then thrown away, whatever they are. Nothing inside a filter can catch that.
//!
//! The allowance lies in a thread-local because jaq calls operators (`Add`, `PartialOrd`) with
//! nothing but their operands. A run never leaves its thread.

use std::cell::Cell;

/// What a run may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Steps of about ten nanoseconds.
    pub(super) steps: u64,
    /// Bytes allocated in values, all of them added up.
    pub(super) bytes: u64,
}

impl Allowance {
    /// Of every run. Grouping 100,000 elements takes some millions of steps and of bytes.
    pub(super) const USUAL: Allowance = Allowance { steps: 100_000_000, bytes: 256 * 1024 * 1024 };
}

thread_local! {
    static LEFT: Cell<Left> = const { Cell::new(Left { steps: 0, bytes: 0, weight: 1 }) };
}

#[derive(Clone, Copy)]
struct Left {
    steps: u64,
    bytes: u64,
    /// Steps that one more value of a generator may cause: the size of the filter's text.
    weight: u64,
}

/// Which allowance was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    Steps,
    Bytes,
}

impl Spent {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Spent::Steps => "it takes too many steps; ask for less at once",
            Spent::Bytes => "its values in between take more than 256 MiB; ask for less at once",
        }
    }
}

/// Lasts as long as one run of a filter; ends its allowance when dropped.
pub(super) struct Run(Left);

/// Begins a run of a filter with `weight` nodes.
pub(super) fn begin(weight: u64, Allowance { steps, bytes }: Allowance) -> Run {
    Run(LEFT.replace(Left { steps, bytes, weight: weight.max(1) }))
}

impl Drop for Run {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Charges one more value of a generator.
pub(super) fn value() -> Result<(), Spent> {
    steps(LEFT.get().weight)
}

/// Charges work in proportion to a size.
pub(super) fn steps(n: impl TryInto<u64>) -> Result<(), Spent> {
    let mut left = LEFT.get();
    left.steps = left.steps.saturating_sub(n.try_into().unwrap_or(u64::MAX));
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
}
