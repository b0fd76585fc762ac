//! Ticks of fixed times: each wall-clock time once, mapped to the instant at which it is due.
//!
//! The mapping never runs backwards, so the order of wall-clock times is the order of ticks.
//! Those of a gap share one instant with each other, and with the time at its end: one tick.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::zone::{SECOND, SWING, due, first_change, first_unseen, offset, wall};
use super::{Moved, Occurrence};
use crate::clock::Time;

/// The first tick strictly after the whole second `after`.
pub(super) fn next_after(calendar: &Calendar, after: Time, zone: Tz) -> Option<Occurrence> {
    let wall = calendar.first_from(first_unseen(after, zone))?;
    let (at, moved) = due(wall, zone)?;
    Some(Occurrence { at, moved: moved.or_else(|| moved_onto(calendar, at, zone)) })
}

/// The last tick not after the whole second `until`.
pub(super) fn last_until(calendar: &Calendar, until: Time, zone: Tz) -> Option<Occurrence> {
    let wall = calendar.last_until(first_unseen(until, zone) - SECOND)?;
    let (at, moved) = due(wall, zone)?;
    Some(Occurrence { at, moved: moved.or_else(|| moved_onto(calendar, at, zone)) })
}

/// The first tick after `after` and not after `until` that a change moved.
pub(super) fn first_moved(calendar: &Calendar, after: Time, zone: Tz, until: Time) -> Option<Occurrence> {
    let mut from = after;
    // A fold begins before its change, so the change may lie beyond the span.
    while let Some(change) = first_change(from, until + SWING, zone) {
        let jump = offset(change, zone) - offset(change - SECOND, zone);
        let begin = change + jump.min(TimeDelta::zero());
        let first = next_after(calendar, after.max(begin - SECOND), zone)?;
        if first.moved.is_some() {
            return Some(first).filter(|first| first.at <= until);
        }
        from = change;
    }
    None
}

/// Whether a time of a gap fell on a tick that is due at the end of that gap anyway.
fn moved_onto(calendar: &Calendar, at: Time, zone: Tz) -> Option<Moved> {
    let gap_begin = wall(at - SECOND, zone) + SECOND;
    calendar.any_between(gap_begin, wall(at, zone)).then_some(Moved::Gap)
}
