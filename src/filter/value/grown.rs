//! Lists that grow, each allocation charged before it is made.

use crate::filter::meter::{self, Spent};

/// The least room that is made.
const LEAST: usize = 4;

/// A list whose room is paid for. While it grows it lies in memory twice, and so both are charged.
pub(in crate::filter) struct Grown<T>(Vec<T>);

impl<T> Grown<T> {
    /// With room for so many.
    pub(in crate::filter) fn with_room(count: usize) -> Result<Grown<T>, Spent> {
        let mut list = Grown(Vec::new());
        list.make_room(count, count)?;
        Ok(list)
    }

    pub(in crate::filter) fn push(&mut self, value: T) -> Result<(), Spent> {
        self.grow(1)?;
        self.0.push(value);
        Ok(())
    }

    /// Makes room for so many more, and in the long run for as many again.
    fn grow(&mut self, more: usize) -> Result<(), Spent> {
        let needed = self.0.len().saturating_add(more);
        if needed <= self.0.capacity() { Ok(()) } else { self.make_room(needed, self.0.capacity().saturating_mul(2)) }
    }

    fn make_room(&mut self, needed: usize, wanted: usize) -> Result<(), Spent> {
        if needed > 0 {
            let room = needed.max(wanted).max(LEAST);
            meter::bytes(room.saturating_mul(size_of::<T>()))?;
            self.0.reserve_exact(room.saturating_sub(self.0.len()));
        }
        Ok(())
    }

    pub(in crate::filter) fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T: Clone> Grown<T> {
    pub(in crate::filter) fn extend_from_slice(&mut self, values: &[T]) -> Result<(), Spent> {
        self.grow(values.len())?;
        self.0.extend_from_slice(values);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::meter::Allowance;

    #[test]
    fn room_is_charged_before_it_is_taken() {
        let _run = meter::begin(1, Allowance { steps: 10_000, bytes: 900 });
        let mut list = Grown::<u64>::with_room(0).expect("nothing");
        // 4, 8, 16, and 32 have place in the allowance together; 64 do not.
        let pushed = (0..100).take_while(|n| list.push(*n).is_ok()).count();
        assert_eq!(pushed, 64 / 2);
        assert_eq!(list.into_inner().capacity(), 64 / 2);
        assert!(Grown::<u64>::with_room(1 << 40).is_err());
    }

    #[test]
    fn what_is_known_to_come_needs_room_once() {
        let _run = meter::begin(1, Allowance { steps: 10_000, bytes: 801 });
        let mut list = Grown::<u64>::with_room(100).expect("its place");
        list.extend_from_slice(&[7; 100]).expect("it has its place");
        assert!(list.push(8).is_err());
    }
}
