//! The time that an audit can look at.

use std::time::Duration;

use crate::clock::{Time, add, subtract};

/// Ticks younger than this may well be on their way into the store.
const YOUNG: Duration = Duration::from_secs(2);

/// Rows that are about to be pruned may go while the audit looks: at most so much is left out, or a tenth
/// of the time for which they are kept.
const EDGE: Duration = Duration::from_secs(10 * 60);

/// Since when the store has all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// For how long ended runs are kept from now on.
    pub keep: Duration,
    /// Runs that ended before this may be gone already, though they would be kept now.
    pub pruned_before: Option<Time>,
}

/// From when to when an audit looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    after: Time,
    until: Time,
}

impl Span {
    /// All that can be judged at `now`: of older ticks the rows are pruned, and the youngest may be on their
    /// way. `from` and `to` make it shorter, where they are given.
    pub fn judged(now: Time, Kept { keep, pruned_before }: Kept, from: Option<Time>, to: Option<Time>) -> Span {
        let oldest = add(subtract(now, keep), EDGE.min(keep / 10));
        let oldest = pruned_before.map_or(oldest, |before| before.max(oldest));
        let newest = subtract(now, YOUNG);
        Span { after: from.map_or(oldest, |from| from.max(oldest)), until: to.map_or(newest, |to| to.min(newest)) }
    }

    /// Ticks after this are looked at.
    pub fn after(&self) -> Time {
        self.after
    }

    /// Ticks up to this are looked at.
    pub fn until(&self) -> Time {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().expect("a time")
    }

    #[test]
    fn what_is_pruned_and_what_is_on_its_way_is_not_judged() {
        let (now, hour) = (at("2026-11-24T12:00:00Z"), Duration::from_secs(3600));
        let hour = Kept { keep: hour, pruned_before: None };
        let whole = Span::judged(now, hour, None, None);
        assert_eq!((whole.after(), whole.until()), (at("2026-11-24T11:06:00Z"), at("2026-11-24T11:59:58Z")));
        let wide = Span::judged(now, hour, Some(at("2026-01-01T00:00:00Z")), Some(at("2027-01-01T00:00:00Z")));
        assert_eq!(wide, whole);
        let (from, to) = (at("2026-11-24T11:20:00Z"), at("2026-11-24T11:30:00Z"));
        let narrow = Span::judged(now, hour, Some(from), Some(to));
        assert_eq!((narrow.after(), narrow.until()), (from, to));
    }

    #[test]
    fn runs_that_went_when_they_were_kept_for_less_are_not_judged() {
        let now = at("2026-11-24T12:00:00Z");
        let kept = Kept { keep: Duration::from_secs(90 * 86_400), pruned_before: Some(at("2026-11-20T00:00:00Z")) };
        assert_eq!(Span::judged(now, kept, None, None).after(), at("2026-11-20T00:00:00Z"));
    }
}
