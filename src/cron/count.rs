//! How many ticks a span holds, by the day instead of by the tick.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::calendar::{Calendar, Rule};
use super::zone::{SECOND, first_change, first_unseen, wall};
use crate::clock::Time;

/// The ticks after the whole second `after` and not after the whole second `until`.
///
/// Goes from one change of offset to the next. What fixed times need beyond that is the first
/// wall-clock time not yet seen: it keeps a fold from counting twice, and shows a gap.
pub(super) fn ticks(calendar: &Calendar, after: Time, until: Time, zone: Tz) -> u64 {
    let (mut from, end) = (after + SECOND, until + SECOND);
    let mut unseen = first_unseen(after, zone);
    let mut total = 0;
    while from < end {
        let to = first_change(from, end, zone).unwrap_or(end);
        let begin = wall(from, zone);
        let stop = begin + (to - from);
        total += match calendar.rule {
            Rule::Interval => calendar.count(begin, stop),
            Rule::Fixed => moved_to(calendar, unseen, begin) + calendar.count(begin.max(unseen), stop),
        };
        unseen = unseen.max(stop);
        from = to;
    }
    total
}

/// One tick at `begin` when a gap ends there, swallowed a tick, and none is due there anyway.
fn moved_to(calendar: &Calendar, unseen: NaiveDateTime, begin: NaiveDateTime) -> u64 {
    let swallowed = unseen < begin && calendar.any_between(unseen, begin);
    u64::from(swallowed && !calendar.any_between(begin, begin + SECOND))
}
