//! Ticks and the rows that cover them, side by side.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Time;
use crate::store::Cover;

/// A walk over the ticks of a job and the rows that cover them, a part after another. Both come oldest
/// first and are passed once.
#[derive(Default)]
pub(super) struct Walk {
    /// Where the rows end that began already; those that end first are taken out first.
    reaching: BinaryHeap<Reverse<Time>>,
}

impl Walk {
    /// Tells for each tick how many of the rows cover it.
    pub(super) fn on<E>(
        &mut self,
        ticks: &[Time],
        covers: &[Cover],
        mut each: impl FnMut(Time, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut coming = covers.iter().peekable();
        for &tick in ticks {
            while let Some(cover) = coming.next_if(|cover| cover.scheduled_for <= tick) {
                self.reaching.push(Reverse(cover.through));
            }
            while self.reaching.peek().is_some_and(|Reverse(through)| *through < tick) {
                self.reaching.pop();
            }
            each(tick, u64::try_from(self.reaching.len()).unwrap_or(u64::MAX))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::clock::add;

    fn at(second: u64) -> Time {
        add(Time::UNIX_EPOCH, std::time::Duration::from_secs(second))
    }

    fn cover(&(first, last): &(u64, u64)) -> Cover {
        Cover { scheduled_for: at(first), through: at(last) }
    }

    fn counts(ticks: &[u64], covers: &[(u64, u64)]) -> Vec<u64> {
        let ticks: Vec<Time> = ticks.iter().copied().map(at).collect();
        let covers: Vec<Cover> = covers.iter().map(cover).collect();
        let mut counts = Vec::new();
        let each = |_, rows| {
            counts.push(rows);
            Ok::<(), Infallible>(())
        };
        Walk::default().on(&ticks, &covers, each).expect("infallible");
        counts
    }

    /// The same in two parts, the second one with the rows that begin after the first.
    fn counts_with_seam(ticks: &[u64], covers: &[(u64, u64)], seam: usize) -> Vec<u64> {
        let (former, latter) = ticks.split_at(seam);
        let end = former.last().copied();
        let (begun, coming): (Vec<(u64, u64)>, Vec<_>) =
            covers.iter().partition(|(first, _)| end.is_some_and(|end| *first <= end));
        let (mut walk, mut counts) = (Walk::default(), Vec::new());
        for (ticks, covers) in [(former, begun), (latter, coming)] {
            let ticks: Vec<Time> = ticks.iter().copied().map(at).collect();
            let covers: Vec<Cover> = covers.iter().map(cover).collect();
            let each = |_, rows| {
                counts.push(rows);
                Ok::<(), Infallible>(())
            };
            walk.on(&ticks, &covers, each).expect("infallible");
        }
        counts
    }

    #[test]
    fn a_tick_is_covered_by_its_own_row_or_by_a_stretch_with_both_its_ends() {
        assert_eq!(counts(&[1, 2, 3, 4, 5, 6], &[(1, 1), (3, 5)]), [1, 0, 1, 1, 1, 0]);
    }

    #[test]
    fn a_row_between_two_ticks_covers_neither() {
        assert_eq!(counts(&[10, 20], &[(11, 19)]), [0, 0]);
        assert_eq!(counts(&[10, 20], &[]), [0, 0]);
        assert_eq!(counts(&[], &[(1, 9)]), Vec::<u64>::new());
    }

    #[test]
    fn rows_that_overlap_count_each() {
        assert_eq!(counts(&[1, 2, 3, 4], &[(0, 3), (2, 2), (2, 9)]), [1, 3, 2, 1]);
    }

    #[test]
    fn whoever_listens_may_end_the_walk() {
        let mut seen = 0;
        let each = |_, _| {
            seen += 1;
            Err("enough")
        };
        assert_eq!(Walk::default().on(&[at(1), at(2)], &[], each), Err("enough"));
        assert_eq!(seen, 1);
    }

    proptest! {
        #[test]
        fn a_walk_finds_what_a_look_at_each_pair_finds(
            ticks in prop::collection::btree_set(0..60_u64, 0..40),
            covers in prop::collection::vec((0..60_u64, 0..12_u64), 0..20),
            seam in 0..40_usize,
        ) {
            let ticks: BTreeSet<u64> = ticks;
            let ticks: Vec<u64> = ticks.into_iter().collect();
            let mut covers: Vec<(u64, u64)> =
                covers.into_iter().map(|(first, length)| (first, first + length)).collect();
            covers.sort_unstable_by_key(|(first, _)| *first);
            let naive: Vec<u64> = ticks
                .iter()
                .map(|tick| covers.iter().filter(|(first, last)| (first..=last).contains(&tick)).count() as u64)
                .collect();
            prop_assert_eq!(counts(&ticks, &covers), naive.clone());
            prop_assert_eq!(counts_with_seam(&ticks, &covers, seam.min(ticks.len())), naive);
        }
    }
}
