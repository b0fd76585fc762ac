//! What becomes of ticks that did not come in their time.

use super::stretch::{MissedStretch, missed};
use super::{MILLISECOND, newest_ticks, tick};
use crate::clock::{Time, subtract};
use crate::job::{CatchUp, Job};
use crate::run::Tick;

/// How many ticks of a job are caught up at most.
pub const MOST_CAUGHT_UP: usize = 1_000;

/// What becomes of ticks that did not come in their time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatchUpPlan {
    /// Those that do not run, oldest first, and why. All are older than those that run.
    pub missed: Vec<(MissedStretch, String)>,
    /// Those that run, oldest first.
    pub run: Vec<Tick>,
}

/// Applies a job's `catch_up` and `catch_up_window` to ticks of its schedule that did not come in their
/// time. `cause` says why they did not: "apicron was not running".
pub fn catch_up(job: &Job, gone: MissedStretch, now: Time, cause: &str) -> CatchUpPlan {
    let most = match job.catch_up {
        CatchUp::None => return CatchUpPlan { missed: vec![(gone, cause.to_owned())], run: Vec::new() },
        CatchUp::Latest => 1,
        CatchUp::All => MOST_CAUGHT_UP,
    };
    let before_first = subtract(gone.first, MILLISECOND);
    let before_window = subtract(subtract(now, job.catch_up_window), MILLISECOND).min(gone.last);
    let run = newest_ticks(job, before_window.max(before_first), gone.last, most);
    let before_run = run.front().map_or(gone.last, |first| subtract(*first, MILLISECOND));
    let too_old = missed(job, before_first, before_window);
    let too_many = missed(job, before_window.max(before_first), before_run);
    let reasons = [(too_old, too_old_reason(job, cause)), (too_many, too_many_reason(job.catch_up, cause))];
    CatchUpPlan {
        missed: reasons.into_iter().filter_map(|(stretch, reason)| Some((stretch?, reason))).collect(),
        run: run.into_iter().map(|at| tick(job, at)).collect(),
    }
}

fn too_old_reason(job: &Job, cause: &str) -> String {
    format!("{cause}, and catch_up_window is {}", humantime::format_duration(job.catch_up_window))
}

fn too_many_reason(policy: CatchUp, cause: &str) -> String {
    match policy {
        CatchUp::All => format!("{cause}, and only the newest {MOST_CAUGHT_UP} ticks are caught up"),
        CatchUp::Latest | CatchUp::None => format!("{cause}, and only the newest tick is caught up"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::add;
    use crate::schedule::support::{job, time};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-24T14:30:00Z";
    const DOWN: &str = "apicron was not running";

    fn plan(schedule: &str, catch_up_policy: CatchUp, window: &str, after: &str) -> (Vec<String>, Vec<String>) {
        let catch_up_window = humantime::parse_duration(window).expect("a duration");
        let job = Job { catch_up: catch_up_policy, catch_up_window, ..job("job", schedule, Tz::UTC) };
        let gone = missed(&job, time(after), time(NOW)).expect("a stretch");
        let plan = catch_up(&job, gone, time(NOW), DOWN);
        let clock = |at: Time| at.format("%H:%M").to_string();
        let shown = |(stretch, reason): &(MissedStretch, String)| {
            format!("{}-{} {} {reason}", clock(stretch.first), clock(stretch.last), stretch.count)
        };
        (plan.missed.iter().map(shown).collect(), plan.run.iter().map(|tick| clock(tick.scheduled_for)).collect())
    }

    #[test]
    fn none_misses_every_tick() {
        let (missed, run) = plan("@hourly", CatchUp::None, "1h", "2026-11-24T11:30:00Z");
        assert_eq!(missed, ["12:00-14:00 3 apicron was not running"]);
        assert!(run.is_empty());
    }

    #[test]
    fn latest_runs_the_newest_and_misses_those_before_it() {
        let (missed, run) = plan("@hourly", CatchUp::Latest, "24h", "2026-11-24T11:30:00Z");
        assert_eq!(missed, ["12:00-13:00 2 apicron was not running, and only the newest tick is caught up"]);
        assert_eq!(run, ["14:00"]);
    }

    #[test]
    fn all_runs_every_tick_oldest_first() {
        let (missed, run) = plan("@hourly", CatchUp::All, "24h", "2026-11-24T11:30:00Z");
        assert!(missed.is_empty());
        assert_eq!(run, ["12:00", "13:00", "14:00"]);
    }

    #[test]
    fn ticks_older_than_the_window_are_missed_and_one_at_its_edge_is_not() {
        let too_old = "12:00-12:00 1 apicron was not running, and catch_up_window is 1h 30m";
        let (missed, run) = plan("@hourly", CatchUp::All, "90m", "2026-11-24T11:30:00Z");
        assert_eq!((missed, run), (vec![too_old.to_owned()], vec!["13:00".to_owned(), "14:00".to_owned()]));
        let (missed, run) = plan("@hourly", CatchUp::Latest, "90m", "2026-11-24T11:30:00Z");
        let newest = "13:00-13:00 1 apicron was not running, and only the newest tick is caught up";
        assert_eq!((missed, run), (vec![too_old.to_owned(), newest.to_owned()], vec!["14:00".to_owned()]));
        let (missed, run) = plan("@hourly", CatchUp::Latest, "10m", "2026-11-24T11:30:00Z");
        assert_eq!(missed, ["12:00-14:00 3 apicron was not running, and catch_up_window is 10m"]);
        assert!(run.is_empty());
    }

    #[test]
    fn of_more_than_a_thousand_ticks_the_newest_thousand_are_caught_up() {
        let (missed, run) = plan("@every 1s", CatchUp::All, "24h", "2026-11-24T12:30:00Z");
        assert_eq!(missed, ["12:30-14:13 6200 apicron was not running, and only the newest 1000 ticks are caught up"]);
        assert_eq!(run.len(), MOST_CAUGHT_UP);
    }

    proptest! {
        #[test]
        fn every_tick_is_missed_or_runs_and_none_is_both(
            text in prop::sample::select(vec!["@every 7m", "*/20 * * * *", "0,30 1-4 * * *"]),
            policy in prop::sample::select(vec![CatchUp::None, CatchUp::Latest, CatchUp::All]),
            window in 0..200_i64,
            length in 1..200_i64,
            late in 0..50_i64,
        ) {
            let catch_up_window = Duration::from_secs(u64::try_from(window * 3600).expect("positive"));
            let job = Job { catch_up: policy, catch_up_window, ..job("job", text, Tz::Europe__Berlin) };
            let after = time("2026-10-20T00:17:00Z");
            let until = after + chrono::TimeDelta::hours(length);
            let now = until + chrono::TimeDelta::hours(late);
            let Some(gone) = missed(&job, after, until) else { return Ok(()) };
            let plan = catch_up(&job, gone, now, DOWN);
            let told: u64 = plan.missed.iter().map(|(stretch, _)| stretch.count).sum();
            prop_assert_eq!(told + plan.run.len() as u64, gone.count);
            let ends = plan.missed.iter().flat_map(|(stretch, _)| [stretch.first, stretch.last]);
            let in_order: Vec<Time> = ends.chain(plan.run.iter().map(|tick| tick.scheduled_for)).collect();
            prop_assert!(in_order.is_sorted(), "{:?}", in_order);
            prop_assert!(plan.run.iter().all(|tick| add(tick.scheduled_for, catch_up_window) >= now));
        }
    }
}
