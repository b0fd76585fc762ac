//! The engine's loop by a clock that the test drives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apicron::clock::{Hands, Time};
use apicron::engine::{Announce, Unobserved};

use super::driven::{ENDED, Place, Serving, lines, time};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::standin;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_when_the_hands_pass_its_tick_and_at_no_other_time() {
    let standin = standin::start().await;
    let serving =
        Serving::begin("2026-11-24T11:59:58Z", &usage_job("hourly", "schedule = \"@hourly\""), &standin).await;
    serving.hands.advance(Duration::from_secs(1));
    serving.hands.advance(Duration::from_secs(1));
    serving.until_ended(1).await;
    serving.advance_to("2026-11-24T12:59:59Z");
    serving.advance(1);
    serving.until_ended(2).await;
    let expected = ["2026-11-24T12:00:00.000Z succeeded", "2026-11-24T13:00:00.000Z succeeded"];
    assert_eq!(serving.end().await, expected);
}

/// Lets a second pass once, right before the loop first goes to sleep.
struct Passes {
    hands: Mutex<Option<Hands>>,
    is_ready: AtomicBool,
}

impl Announce for Passes {
    fn ready(&self, _first: Option<Time>) {
        self.is_ready.store(true, Ordering::SeqCst);
    }

    fn alive(&self) {
        if self.is_ready.load(Ordering::SeqCst)
            && let Some(hands) = self.hands.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            hands.advance(Duration::from_secs(1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_after_the_loop_read_its_clocks_is_not_slept_once_more() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:59:59Z"));
    let jobs = place.jobs(&usage_job("hourly", "schedule = \"@hourly\""), &standin);
    let (engine, store, shutdown) = place.engine(jobs, Arc::new(Unobserved)).await;
    let passes = Passes { hands: Mutex::new(Some(place.hands.clone())), is_ready: AtomicBool::new(false) };
    let served = tokio::spawn(async move { engine.serve(&passes).await });
    // The clock stands still from here on.
    let ended = async || lines(&place.store_file(), ENDED).await;
    eventually("a run", ended, |seen| seen == &["2026-11-24T12:00:00.000Z succeeded"]).await;
    shutdown.request();
    served.await.expect("no panic").expect("served");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_time_that_the_spring_change_skips_runs_once_right_after_the_gap() {
    let standin = standin::start().await;
    let job = usage_job("nightly", "schedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"");
    let serving = Serving::begin("2026-03-29T00:30:00Z", &job, &standin).await;
    serving.hands.advance(Duration::from_secs(30 * 60));
    serving.until_ended(1).await;
    serving.hands.advance(Duration::from_secs(90 * 60));
    assert_eq!(serving.end().await, ["2026-03-29T01:00:00.000Z succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_not_enabled_missed_nothing_in_that_time() {
    let standin = standin::start().await;
    let job = |enabled| usage_job("hourly", &format!("schedule = \"@hourly\"\nenabled = {enabled}"));
    let place = Serving::begin("2026-11-24T11:30:00Z", &job(true), &standin).await.stop().await;
    place.hands.advance(Duration::from_secs(3600));
    let place = place.serve(&job(false), &standin).await.stop().await;
    place.hands.advance(Duration::from_secs(4 * 3600));
    let serving = place.serve(&job(true), &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticks_of_the_past_are_told_by_the_schedule_that_then_held() {
    let standin = standin::start().await;
    let job = |schedule: &str| usage_job("job", &format!("schedule = \"{schedule}\""));
    let place = Serving::begin("2026-11-24T11:30:00Z", &job("0 */2 * * *"), &standin).await.stop().await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&job("*/5 * * * *"), &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 2 ticks"]);
}

/// What is left of ticks that the wall clock stepped over from 11:59 to 14:30, and the next one.
async fn stepped_over(keys: &str) -> Vec<String> {
    let standin = standin::start().await;
    let job = usage_job("hourly", &format!("schedule = \"@hourly\"\n{keys}"));
    let serving = Serving::begin("2026-11-24T11:59:00Z", &job, &standin).await;
    serving.hands.set_wall(time("2026-11-24T14:30:00Z"));
    serving.advance(1);
    serving.until_ended(if keys.contains("none") { 1 } else { 2 }).await;
    serving.advance_to("2026-11-24T15:00:00Z");
    serving.until_ended(if keys.contains("none") { 2 } else { 3 }).await;
    serving.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_a_step_of_the_clock_stepped_over_fall_under_catch_up_and_the_next_one_runs() {
    let missed = ["2026-11-24T12:00:00.000Z missed 3 ticks", "2026-11-24T15:00:00.000Z succeeded"];
    assert_eq!(stepped_over("catch_up = \"none\"").await, missed);
    let latest = [
        "2026-11-24T12:00:00.000Z missed 2 ticks",
        "2026-11-24T14:00:00.000Z catch_up succeeded",
        "2026-11-24T15:00:00.000Z succeeded",
    ];
    assert_eq!(stepped_over("catch_up = \"latest\"").await, latest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspend_of_eight_hours_is_a_step_forward_and_says_so() {
    let standin = standin::start().await;
    let serving =
        Serving::begin("2026-11-24T22:59:50Z", &usage_job("hourly", "schedule = \"@hourly\""), &standin).await;
    // The monotonic clock stands still while the machine sleeps.
    serving.hands.set_wall(time("2026-11-25T06:59:50Z"));
    serving.advance(1);
    serving.until_ended(2).await;
    let missed = "select reason from v_runs where state = 'missed'";
    let reason = "the clock stepped forward by 8h, and only the newest tick is caught up";
    assert_eq!(serving.rows(missed).await, [reason]);
    let rows = ["2026-11-24T23:00:00.000Z missed 7 ticks", "2026-11-25T06:00:00.000Z catch_up succeeded"];
    assert_eq!(serving.end().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_clock_is_set_back_intervals_go_on_at_once_and_fixed_times_come_once() {
    let standin = standin::start().await;
    let jobs = usage_job("fixed", "schedule = \"0 12 * * *\"") + &usage_job("often", "schedule = \"@every 20m\"");
    let serving = Serving::begin("2026-11-24T11:50:00Z", &jobs, &standin).await;
    serving.advance(10 * 60);
    serving.until_ended(2).await;
    serving.hands.set_wall(time("2026-11-24T11:35:00Z"));
    serving.advance(1);
    for (tick, runs) in [("11:40", 3), ("12:00", 4), ("12:20", 5)] {
        serving.advance_to(&format!("2026-11-24T{tick}:00Z"));
        serving.until_ended(runs).await;
    }
    let repeats = "select id || ' repeats ' || repeats from v_runs where repeats is not null";
    let first =
        "select id || '' from v_runs where job = 'often' and trigger = 'schedule' and scheduled_for like '%T12:00%'";
    let (repeats, first) = (serving.rows(repeats).await, serving.rows(first).await);
    assert!(matches!(repeats.as_slice(), [only] if only.ends_with(&format!("repeats {}", first[0]))), "{repeats:?}");
    let rows = [
        // It came before apicron did, so it has no row that it could repeat.
        "2026-11-24T11:40:00.000Z succeeded",
        "2026-11-24T12:00:00.000Z succeeded",
        "2026-11-24T12:00:00.000Z succeeded",
        "2026-11-24T12:00:00.000Z repeat succeeded",
        "2026-11-24T12:20:00.000Z succeeded",
    ];
    assert_eq!(serving.end().await, rows);
}
