//! Overlap, jitter and what a job comes after, by a clock that the test drives.

use apicron::run::Name;
use apicron::schedule;
use apicron::store::Pause;

use super::driven::{Serving, Slow, time};
use crate::support::jobs::usage_job;
use crate::support::standin;

/// A job that is due each minute and whose answers are held back.
fn slow_job(keys: &str) -> String {
    usage_job("job", &format!("schedule = \"* * * * *\"\ntimeout = \"1h\"\ndeadline = \"2h\"\n{keys}"))
}

const STATES: &str = "select state || coalesce(' ' || reason, '') from v_runs order by id";

#[tokio::test(flavor = "multi_thread")]
async fn with_queue_one_tick_waits_for_its_turn_and_further_ones_are_skipped() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job("overlap = \"queue\""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    serving.advance_to("2026-11-24T12:01:00Z");
    serving.until("a run in line", STATES, |seen| seen == &["running", "waiting"]).await;
    serving.advance_to("2026-11-24T12:02:00Z");
    let skipped = "skipped run 2 waits already";
    serving.until("a skipped tick", STATES, |seen| seen == &["running", "waiting", skipped]).await;
    slow.let_go();
    serving.until("both ended", STATES, |seen| seen == &["succeeded", "succeeded", skipped]).await;
    let times = serving.rows("select started_at || ' ' || finished_at from v_runs where id < 3 order by id").await;
    let (first, second) = (times[0].split_once(' ').expect("two"), times[1].split_once(' ').expect("two"));
    assert!(second.0 >= first.1, "{times:?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_allow_ticks_run_beside_each_other() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job("overlap = \"allow\""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    serving.advance_to("2026-11-24T12:01:00Z");
    slow.until_asked("GET", "/v1/usage", 2).await;
    assert_eq!(serving.rows(STATES).await, ["running", "running"]);
    slow.let_go();
    serving.until_ended(2).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_skip_ticks_that_meet_their_former_run_are_one_row() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job(""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    let ticks = "select ticks || ' ' || reason from v_runs where state = 'skipped'";
    for (tick, skipped) in [("12:01", "1 run 1 still runs"), ("12:02", "2 run 1 still runs")] {
        serving.advance_to(&format!("2026-11-24T{tick}:00Z"));
        serving.until("a skipped tick", ticks, |seen| seen == &[skipped]).await;
    }
    slow.let_go();
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_with_jitter_is_claimed_on_time_and_begins_after_its_delay() {
    let standin = standin::start().await;
    let text = usage_job("job", "schedule = \"@hourly\"\njitter = \"20m\"");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &text, &standin).await;
    let jobs = serving.place.jobs(&text, &standin);
    let job = jobs.jobs.values().next().expect("a job");
    let delay = schedule::jitter(job, time("2026-11-24T12:00:00Z"));
    serving.advance(1);
    let row = "select state || ' ' || substr(claimed_at, 12, 8) from v_runs";
    serving.until("a waiting run", row, |seen| seen == &["waiting 12:00:00"]).await;
    serving.hands.advance(delay - std::time::Duration::from_secs(1));
    assert_eq!(serving.rows("select state from v_runs").await, ["waiting"]);
    serving.until_ended(1).await;
    let started = time(&serving.rows("select started_at from v_runs").await[0]);
    let late = (started - time("2026-11-24T12:00:00Z")).to_std().expect("later");
    assert!(late >= delay && late < delay + std::time::Duration::from_secs(5), "{late:?}, not {delay:?}");
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_its_jitter_at_a_stop_is_repeated_after_the_restart_with_the_same_jitter() {
    let standin = standin::start().await;
    let text = usage_job("job", "schedule = \"@hourly\"\njitter = \"20m\"");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &text, &standin).await;
    serving.advance(1);
    serving.until("a waiting run", "select state from v_runs", |seen| seen == &["waiting"]).await;
    let place = serving.stop().await;
    let row = super::driven::lines(&place.store_file(), STATES).await;
    assert_eq!(row, ["interrupted its process stopped before it ended"]);
    let serving = place.serve(&text, &standin).await;
    serving.until("a repeat that waits", "select state from v_runs", |seen| seen == &["interrupted", "waiting"]).await;
    serving.advance(20 * 60);
    serving.until_ended(2).await;
    let tick = "2026-11-24T12:00:00.000Z";
    assert_eq!(serving.end().await, [format!("{tick} interrupted"), format!("{tick} repeat succeeded")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_its_jitter_begins_in_its_time_when_the_clock_is_set_forward_or_back() {
    for (wall, seconds) in [("2026-11-24T12:21:00Z", 1), ("2026-11-24T11:00:00Z", 20 * 60)] {
        let standin = standin::start().await;
        let text = usage_job("job", "schedule = \"0 12 * * *\"\njitter = \"20m\"");
        let serving = Serving::begin("2026-11-24T11:59:59Z", &text, &standin).await;
        serving.advance(1);
        serving.until("a waiting run", "select state from v_runs", |seen| seen == &["waiting"]).await;
        serving.hands.set_wall(time(wall));
        serving.advance(seconds);
        serving.until_ended(1).await;
        assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z succeeded"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_only_after_the_success_of_the_one_that_it_comes_after() {
    let standin = standin::start().await;
    let jobs = usage_job("first", "schedule = \"30 12 * * *\"")
        + &usage_job("second", "schedule = \"@hourly\"\nafter = \"first\"");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &jobs, &standin).await;
    serving.advance(1);
    serving.until_ended(1).await;
    serving.advance_to("2026-11-24T12:30:00Z");
    serving.until_ended(2).await;
    serving.advance_to("2026-11-24T13:00:00Z");
    serving.until_ended(3).await;
    let rows = "select job || ' ' || state || coalesce(' ' || reason, '') from v_runs order by id";
    let told = serving.rows(rows).await;
    let skipped = "second skipped `first`, which it comes after, has no run yet";
    assert_eq!(told, [skipped, "first succeeded", "second succeeded"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_of_a_paused_job_are_one_row_with_the_reason_until_it_is_resumed() {
    let standin = standin::start().await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &usage_job("job", "schedule = \"@hourly\""), &standin).await;
    let job = Name::new("job").expect("a name");
    let pause =
        Pause { paused_at: serving.place.clock.now(), until: None, reason: Some("the API is moving".to_owned()) };
    serving.store.pause(&job, pause).await.expect("paused");
    serving.advance(1);
    serving.until_ended(1).await;
    serving.advance_to("2026-11-24T13:00:00Z");
    let ticks = "select ticks || ' ' || state || ' ' || reason from v_runs";
    let skipped = "2 skipped paused: the API is moving";
    serving.until("two ticks in a row", ticks, |seen| seen == &[skipped]).await;
    assert!(serving.store.resume(&job).await.expect("resumed"));
    serving.advance_to("2026-11-24T14:00:00Z");
    serving.until_ended(2).await;
    let rows = ["2026-11-24T12:00:00.000Z skipped 2 ticks", "2026-11-24T14:00:00.000Z succeeded"];
    assert_eq!(serving.end().await, rows);
}
