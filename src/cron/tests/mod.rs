mod daylight_saving;
mod errors;
mod oracle;
mod properties;
mod reach;
mod words;

use chrono_tz::Tz;

use super::{Moved, Occurrence, Pattern};
use crate::clock::Time;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn time(text: &str) -> Time {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// All ticks after `after` and not after `until`, in order.
fn ticks(pattern: &Pattern, zone: Tz, after: Time, until: Time) -> Vec<Occurrence> {
    let next = |at| pattern.next_after(at, zone).filter(|next| next.at <= until);
    std::iter::successors(next(after), |tick| next(tick.at)).collect()
}

/// The same ticks, found from the last to the first, in order.
fn ticks_backward(pattern: &Pattern, zone: Tz, after: Time, until: Time) -> Vec<Occurrence> {
    let last = |at| pattern.last_before(at, zone).filter(|last| last.at > after);
    let beyond = until + chrono::TimeDelta::milliseconds(1);
    let mut ticks: Vec<Occurrence> = std::iter::successors(last(beyond), |tick| last(tick.at)).collect();
    ticks.reverse();
    ticks
}
