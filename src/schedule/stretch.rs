//! Ticks that passed without a run, as one stretch.

use chrono_tz::Tz;

use super::{MILLISECOND, pattern};
use crate::clock::{Time, add};
use crate::cron::Pattern;
use crate::job::Job;

/// Successive ticks of one job that are told as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedStretch {
    /// The oldest of them.
    pub first: Time,
    /// The newest of them.
    pub last: Time,
    /// How many there are, exactly.
    pub count: u64,
}

/// The ticks of a job after `after` and not after `until`; `None` when there are none.
///
/// They are counted, not walked, so a year of `@every 1s` is no more work than a day of it.
pub fn missed(job: &Job, after: Time, until: Time) -> Option<MissedStretch> {
    missed_by(pattern(job)?, job.timezone, after, until)
}

/// [`missed`] for a schedule that no job has any more.
pub fn missed_by(pattern: &Pattern, zone: Tz, after: Time, until: Time) -> Option<MissedStretch> {
    let first = pattern.next_after(after, zone)?.at;
    let last = pattern.last_before(add(until, MILLISECOND), zone)?.at;
    let count = pattern.count_within(after, until, zone);
    (first <= last).then_some(MissedStretch { first, last, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::{job, time};
    use crate::schedule::ticks_between;
    use proptest::prelude::*;

    #[test]
    fn a_stretch_counts_what_lies_in_it() {
        let nightly = job("nightly", "30 2 * * *", Tz::Europe__Berlin);
        let stretch = missed(&nightly, time("2026-03-27T00:00:00Z"), time("2026-03-30T12:00:00Z"));
        assert_eq!(
            stretch,
            Some(MissedStretch { first: time("2026-03-27T01:30:00Z"), last: time("2026-03-30T00:30:00Z"), count: 4 })
        );
    }

    #[test]
    fn a_stretch_begins_after_its_start_and_holds_its_end() {
        let hourly = job("hourly", "@hourly", Tz::UTC);
        let stretch = missed(&hourly, time("2026-11-24T12:00:00Z"), time("2026-11-24T13:00:00Z")).expect("a stretch");
        assert_eq!((stretch.first, stretch.count), (time("2026-11-24T13:00:00Z"), 1));
        assert_eq!(missed(&hourly, time("2026-11-24T12:00:00Z"), time("2026-11-24T12:59:59.999Z")), None);
        assert_eq!(missed(&hourly, time("2026-11-24T13:00:00Z"), time("2026-11-24T12:00:00Z")), None);
    }

    proptest! {
        #[test]
        fn a_stretch_is_what_a_walk_over_its_ticks_finds(
            text in prop::sample::select(vec!["@every 7m", "*/20 * * * *", "0,30 1-4 * * *", "15 2 * * SUN", "0 12 L * *"]),
            hours in 0..24 * 400i64,
            length in 0..24 * 20i64,
        ) {
            let job = job("any", text, Tz::Australia__Lord_Howe);
            let after = time("2026-01-01T00:00:00Z") + chrono::TimeDelta::hours(hours);
            let until = after + chrono::TimeDelta::hours(length);
            let ticks: Vec<Time> = ticks_between(&job, after, until).map(|tick| tick.scheduled_for).collect();
            let walked = ticks.first().zip(ticks.last()).map(|(first, last)| MissedStretch {
                first: *first,
                last: *last,
                count: ticks.len() as u64,
            });
            prop_assert_eq!(missed(&job, after, until), walked);
        }
    }
}
