//! Jobs × time → ticks.
//!
//! Pure: no clock is read here, and nothing is remembered but the agenda. The same jobs and the
//! same times give the same ticks, in this process or another, before a restart or after it.

mod agenda;
mod catch_up;
mod coming;
mod jitter;
mod step;
mod stretch;
#[cfg(test)]
pub(crate) mod support;

use std::collections::VecDeque;
use std::iter;
use std::time::Duration;

use crate::clock::{Time, add};
use crate::cron::Pattern;
use crate::job::Job;
use crate::run::Tick;

pub use agenda::{Agenda, Due, MOST_DUE_AT_ONCE};
pub use catch_up::{CatchUpPlan, MOST_CAUGHT_UP, catch_up};
pub use coming::{Coming, coming};
pub use jitter::jitter;
pub use step::{Pace, Step};
pub use stretch::{MissedStretch, missed, missed_by};

/// The finest difference between two times.
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// The period that a run asks for: from the tick before its own to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The previous tick.
    pub start: Time,
    /// The tick of the run.
    pub end: Time,
}

/// The period that a run for `tick` asks for, however late it runs. `tick` need not be one of the
/// schedule: a manual run asks for the time since the last tick.
///
/// `None` for a job without a schedule, and for a tick that no other came before.
pub fn window(job: &Job, tick: Time) -> Option<Window> {
    let former = job.schedule.as_ref()?.last_before(tick, job.timezone)?;
    Some(Window { start: former.at, end: tick })
}

/// The ticks of a job after `after` and not after `until`, oldest first.
pub fn ticks_between(job: &Job, after: Time, until: Time) -> impl Iterator<Item = Tick> {
    let next = move |after| next_after(job, after).filter(|next| *next <= until);
    iter::successors(next(after), move |tick| next(*tick)).map(|at| tick(job, at))
}

/// The pattern of a job that has ticks: one that is not enabled has none.
fn pattern(job: &Job) -> Option<&Pattern> {
    job.schedule.as_ref().filter(|_| job.enabled)
}

fn next_after(job: &Job, after: Time) -> Option<Time> {
    pattern(job)?.next_after(after, job.timezone).map(|next| next.at)
}

/// The newest ticks of a job after `after` and not after `until`, at most `most` of them, oldest first.
fn newest_ticks(job: &Job, after: Time, until: Time, most: usize) -> VecDeque<Time> {
    let last = |before: Time| {
        let last = pattern(job)?.last_before(before, job.timezone)?.at;
        (last > after).then_some(last)
    };
    let mut newest = VecDeque::new();
    for at in iter::successors(last(add(until, MILLISECOND)), |at| last(*at)).take(most) {
        newest.push_front(at);
    }
    newest
}

fn tick(job: &Job, at: Time) -> Tick {
    Tick { job: job.name.clone(), scheduled_for: at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::{job, time};
    use chrono_tz::Tz;

    #[test]
    fn a_window_reaches_from_the_previous_tick_to_the_present_one() {
        let nightly = job("nightly", "0 2 * * *", Tz::Europe__Berlin);
        let window =
            |tick| window(&nightly, time(tick)).map(|window| (window.start.to_rfc3339(), window.end.to_rfc3339()));
        let expected = |start: &str, end: &str| Some((start.to_owned(), end.to_owned()));
        assert_eq!(window("2026-11-24T01:00:00Z"), expected("2026-11-23T01:00:00+00:00", "2026-11-24T01:00:00+00:00"));
        // The tick of 29 March fell into the gap, and the next one is an hour of UTC earlier.
        assert_eq!(window("2026-03-30T00:00:00Z"), expected("2026-03-29T01:00:00+00:00", "2026-03-30T00:00:00+00:00"));
    }

    #[test]
    fn windows_of_successive_ticks_touch_and_do_not_overlap() {
        let job = job("often", "*/20 1-3 * * *", Tz::Europe__Berlin);
        let ticks: Vec<Time> = ticks_between(&job, time("2026-10-24T00:00:00Z"), time("2026-10-26T00:00:00Z"))
            .map(|tick| tick.scheduled_for)
            .collect();
        for pair in ticks.windows(2) {
            assert_eq!(window(&job, pair[1]), Some(Window { start: pair[0], end: pair[1] }));
        }
    }

    #[test]
    fn a_manual_run_asks_for_the_time_since_the_last_tick() {
        let hourly = job("hourly", "@hourly", Tz::UTC);
        let window = window(&hourly, time("2026-11-24T12:34:56Z")).expect("a window");
        assert_eq!(window.start, time("2026-11-24T12:00:00Z"));
    }

    #[test]
    fn a_job_without_a_schedule_has_neither_window_nor_ticks() {
        let mut manual = job("manual", "@hourly", Tz::UTC);
        manual.schedule = None;
        assert_eq!(window(&manual, time("2026-11-24T12:00:00Z")), None);
        assert_eq!(ticks_between(&manual, Time::UNIX_EPOCH, Time::MAX_UTC).next(), None);
    }

    #[test]
    fn a_job_that_is_not_enabled_has_no_ticks_but_still_a_window() {
        let mut disabled = job("disabled", "@hourly", Tz::UTC);
        disabled.enabled = false;
        assert_eq!(ticks_between(&disabled, Time::UNIX_EPOCH, Time::MAX_UTC).next(), None);
        assert!(window(&disabled, time("2026-11-24T12:00:00Z")).is_some());
    }

    #[test]
    fn ticks_between_two_instants_are_after_the_first_and_up_to_the_second() {
        let hourly = job("hourly", "@hourly", Tz::UTC);
        let ticks = ticks_between(&hourly, time("2026-11-24T12:00:00Z"), time("2026-11-24T14:00:00Z"));
        let times: Vec<String> = ticks.map(|tick| tick.scheduled_for.to_rfc3339()).collect();
        assert_eq!(times, ["2026-11-24T13:00:00+00:00", "2026-11-24T14:00:00+00:00"]);
    }
}
