//! The time that an audit can look at.

use std::time::Duration;

use crate::clock::{Time, add, subtract};

/// Ticks younger than this may well be on their way into the store.
const YOUNG: Duration = Duration::from_secs(2);

/// Rows that are about to be pruned may go while the audit looks.
const EDGE: Duration = Duration::from_secs(10 * 60);

/// From when to when an audit looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    after: Time,
    until: Time,
}

impl Span {
    /// All that can be judged at `now`, where rows are kept for `keep`: older ones are pruned, and the
    /// youngest ticks may be on their way. `from` and `to` make it shorter, where they are given.
    pub fn judged(now: Time, keep: Duration, from: Option<Time>, to: Option<Time>) -> Span {
        let (oldest, newest) = (add(subtract(now, keep), EDGE), subtract(now, YOUNG));
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
        let whole = Span::judged(now, hour, None, None);
        assert_eq!((whole.after(), whole.until()), (at("2026-11-24T11:10:00Z"), at("2026-11-24T11:59:58Z")));
        let wide = Span::judged(now, hour, Some(at("2026-01-01T00:00:00Z")), Some(at("2027-01-01T00:00:00Z")));
        assert_eq!(wide, whole);
        let (from, to) = (at("2026-11-24T11:20:00Z"), at("2026-11-24T11:30:00Z"));
        let narrow = Span::judged(now, hour, Some(from), Some(to));
        assert_eq!((narrow.after(), narrow.until()), (from, to));
    }
}
