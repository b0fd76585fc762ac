//! Ticks of intervals: every instant whose wall-clock time matches, in both passes of a fold.
//!
//! Between two changes of offset, wall clock and elapsed time run alike. So a search asks the
//! calendar within such a stretch, and goes on at the change when its answer lies beyond.

use chrono_tz::Tz;

use super::calendar::Calendar;
use super::zone::{SECOND, SWING, first_change, last_change, offset, wall};
use crate::clock::Time;

/// The first tick strictly after the whole second `after`.
pub(super) fn next_after(calendar: &Calendar, after: Time, zone: Tz) -> Option<Time> {
    let mut from = after + SECOND;
    loop {
        let found = (calendar.first_from(wall(from, zone))? - offset(from, zone)).and_utc();
        from = match first_change(from, found.min(from + SWING), zone) {
            Some(change) => change,
            // Changes matter only near the ends of a search: further from both than two offsets
            // can differ, no offset brings a wall-clock time that matches.
            None if found > from + SWING => (from + SWING).max(found - SWING),
            None => return Some(found),
        };
    }
}

/// The last tick not after the whole second `until`.
pub(super) fn last_until(calendar: &Calendar, until: Time, zone: Tz) -> Option<Time> {
    let mut to = until;
    loop {
        let found = (calendar.last_until(wall(to, zone))? - offset(to, zone)).and_utc();
        to = match last_change(found.max(to - SWING), to, zone) {
            Some(change) => change - SECOND,
            None if found < to - SWING => (to - SWING).min(found + SWING),
            None => return Some(found),
        };
    }
}
