//! What a zone does to wall-clock time: offsets, gaps and folds, to the second.

use chrono::{LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{GapInfo, Tz};

use super::Moved;
use crate::clock::Time;

/// More than any two offsets of one zone lie apart. (Apia and others moved by a whole day.)
pub(super) const SWING: TimeDelta = TimeDelta::days(2);

/// The step in which changes are looked for. Since 1970 no zone changed twice within six days.
const STEP: TimeDelta = TimeDelta::days(1);

pub(super) const SECOND: TimeDelta = TimeDelta::seconds(1);

/// What the clock on the wall shows, less what it shows in UTC.
pub(super) fn offset(at: Time, zone: Tz) -> TimeDelta {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc());
    TimeDelta::seconds(i64::from(offset.fix().local_minus_utc()))
}

/// What the clock on the wall shows.
pub(super) fn wall(at: Time, zone: Tz) -> NaiveDateTime {
    at.naive_utc() + offset(at, zone)
}

/// The instant at which a wall-clock time is due, and what moved it there: in a gap the first
/// instant after it, in a fold the first of the two.
pub(super) fn due(wall: NaiveDateTime, zone: Tz) -> Option<(Time, Option<Moved>)> {
    match zone.offset_from_local_datetime(&wall) {
        LocalResult::Single(offset) => Some((instant(wall, &offset), None)),
        LocalResult::Ambiguous(first, _) => Some((instant(wall, &first), Some(Moved::Fold))),
        LocalResult::None => {
            // The gap begins on the wall when the change comes, and the first instant after the
            // gap is the change itself.
            let (begin, offset) = GapInfo::new(&wall, &zone)?.begin?;
            Some((instant(begin, &offset), Some(Moved::Gap)))
        }
    }
}

/// The first wall-clock time that has not been shown up to and with `at`: the next second, unless
/// `at` is in the second pass of a fold, whose times have all been shown before.
pub(super) fn first_unseen(at: Time, zone: Tz) -> NaiveDateTime {
    let now = wall(at, zone);
    if let LocalResult::Ambiguous(first, second) = zone.offset_from_local_datetime(&now)
        && instant(now, &second) == at
        && let Some(change) = first_change(instant(now, &first), at, zone)
    {
        return change.naive_utc() + TimeDelta::seconds(i64::from(first.fix().local_minus_utc()));
    }
    now + SECOND
}

/// The first instant after `after` and not after `until` that has another offset than the second
/// before it.
pub(super) fn first_change(after: Time, until: Time, zone: Tz) -> Option<Time> {
    let mut from = after;
    while from < until {
        let to = until.min(from + STEP);
        if offset(from, zone) != offset(to, zone) {
            return Some(change_between(from, to, zone));
        }
        from = to;
    }
    None
}

/// The last such instant.
pub(super) fn last_change(after: Time, until: Time, zone: Tz) -> Option<Time> {
    let mut to = until;
    while after < to {
        let from = after.max(to - STEP);
        if offset(from, zone) != offset(to, zone) {
            return Some(change_between(from, to, zone));
        }
        to = from;
    }
    None
}

/// The change between two instants of different offsets, by halving the seconds between them.
fn change_between(mut before: Time, mut after: Time, zone: Tz) -> Time {
    let old = offset(before, zone);
    while after - before > SECOND {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset(middle, zone) == old { before = middle } else { after = middle }
    }
    after
}

fn instant(wall: NaiveDateTime, offset: &impl Offset) -> Time {
    (wall - TimeDelta::seconds(i64::from(offset.fix().local_minus_utc()))).and_utc()
}
