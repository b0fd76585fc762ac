//! Three hours of a stopped process, and what rows there are.

use std::time::Duration;

use super::driven::{Place, Serving};
use crate::support::jobs::usage_job;
use crate::support::standin;

/// What is left of an hourly job of which nothing ran from 11:30 to 14:30, with its reasons.
async fn stopped_for_three_hours(keys: &str, ended: usize) -> Vec<String> {
    let standin = standin::start().await;
    let job = usage_job("hourly", &format!("schedule = \"@hourly\"\n{keys}"));
    let place = Serving::begin("2026-11-24T11:30:00Z", &job, &standin).await.stop().await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&job, &standin).await;
    serving.until_ended(ended).await;
    let rows = "select substr(scheduled_for, 12, 5) || '-' || substr(coalesce(through, scheduled_for), 12, 5) || ' '
                       || trigger || ' ' || state || coalesce(': ' || reason, '')
                from v_runs order by id";
    let told = serving.rows(rows).await;
    serving.stop().await;
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn with_none_no_tick_runs() {
    let told = stopped_for_three_hours("catch_up = \"none\"", 1).await;
    assert_eq!(told, ["12:00-14:00 schedule missed: apicron was not running"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_latest_the_newest_tick_runs() {
    let told = stopped_for_three_hours("catch_up = \"latest\"", 2).await;
    let missed = "12:00-13:00 schedule missed: apicron was not running, and only the newest tick is caught up";
    assert_eq!(told, [missed, "14:00-14:00 catch_up succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_each_tick_runs_in_order() {
    let told = stopped_for_three_hours("catch_up = \"all\"", 3).await;
    let runs = ["12:00", "13:00", "14:00"].map(|tick| format!("{tick}-{tick} catch_up succeeded"));
    assert_eq!(told, runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_older_than_the_window_are_missed() {
    let told = stopped_for_three_hours("catch_up = \"all\"\ncatch_up_window = \"1h\"", 2).await;
    let missed = "12:00-13:00 schedule missed: apicron was not running, and catch_up_window is 1h";
    assert_eq!(told, [missed, "14:00-14:00 catch_up succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_caught_up_wait_for_each_other() {
    let standin = super::driven::Slow::start("/v1/usage").await;
    let job = usage_job("hourly", "schedule = \"@hourly\"\ncatch_up = \"all\"\noverlap = \"allow\"\ntimeout = \"1h\"");
    let place = Serving::begin("2026-11-24T11:30:00Z", &job, &standin.standin).await.stop().await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&job, &standin.standin).await;
    standin.until_asked("GET", "/v1/usage", 1).await;
    let states = "select state from v_runs order by id";
    serving.until("one run and two in line", states, |seen| seen == &["running", "waiting", "waiting"]).await;
    standin.let_go();
    serving.until_ended(3).await;
    let overlapping =
        "select a.id || '' from v_runs a join v_runs b on b.id = a.id + 1 and b.started_at < a.finished_at";
    assert!(serving.rows(overlapping).await.is_empty());
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_left_the_file_only_gets_its_row() {
    let standin = standin::start().await;
    let former = usage_job("former", "schedule = \"@hourly\"");
    let place = Serving::begin("2026-11-24T11:30:00Z", &former, &standin).await.stop().await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&usage_job("other", "schedule = \"@hourly\""), &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 3 ticks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_crash_cut_off_is_repeated_once_by_the_next_server() {
    let standin = standin::start().await;
    let job = usage_job("hourly", "schedule = \"@hourly\"");
    let place = crashed(&job, &standin).await;
    let serving = place.serve(&job, &standin).await;
    serving.until_ended(2).await;
    let place = serving.stop().await;
    let rows = place.serve(&job, &standin).await.end().await;
    assert_eq!(rows, ["2026-11-24T12:00:00.000Z interrupted", "2026-11-24T12:00:00.000Z repeat succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_crash_cut_off_is_not_repeated_for_another_job_or_after_its_window() {
    let standin = standin::start().await;
    let job = |keys: &str| usage_job("hourly", &format!("schedule = \"@hourly\"\n{keys}"));
    let place = crashed(&job(""), &standin).await;
    let rows = place.serve(&job("description = \"another\""), &standin).await.end().await;
    assert_eq!(rows, ["2026-11-24T12:00:00.000Z interrupted"]);
    let short = job("catch_up_window = \"10m\"");
    let place = crashed(&short, &standin).await;
    place.hands.advance(Duration::from_secs(11 * 60));
    assert_eq!(place.serve(&short, &standin).await.end().await, ["2026-11-24T12:00:00.000Z interrupted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_crash_cut_off_is_left_to_the_server_whose_file_has_its_job() {
    let standin = standin::start().await;
    let job = usage_job("hourly", "schedule = \"@hourly\"");
    let place = crashed(&job, &standin).await;
    let place = place.serve(&usage_job("other", "schedule = \"@hourly\""), &standin).await.stop().await;
    let serving = place.serve(&job, &standin).await;
    serving.until_ended(2).await;
    let rows = ["2026-11-24T12:00:00.000Z interrupted", "2026-11-24T12:00:00.000Z repeat succeeded"];
    assert_eq!(serving.end().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_cut_off_is_repeated_before_later_ticks_are_caught_up() {
    let standin = standin::start().await;
    let job = usage_job("hourly", "schedule = \"@hourly\"");
    let place = crashed(&job, &standin).await;
    place.hands.advance(Duration::from_secs(2 * 3600));
    let serving = place.serve(&job, &standin).await;
    serving.until_ended(4).await;
    let rows = "select substr(scheduled_for, 12, 5) || ' ' || trigger || ' ' || state from v_runs order by id";
    let told = serving.rows(rows).await;
    let expected =
        ["12:00 schedule interrupted", "13:00 schedule missed", "12:00 repeat succeeded", "14:00 catch_up succeeded"];
    assert_eq!(told, expected);
    serving.stop().await;
}

/// A place whose last process died while its run of 12:00 was under way.
async fn crashed(job: &str, standin: &apicron::standin::Standin) -> Place {
    let slow = super::driven::Slow::start("/v1/usage").await;
    let place = Place::at("2026-11-24T11:59:59Z");
    // The fingerprint of the job has the address in it.
    let mut jobs = place.jobs(job, standin);
    let slow_api = place.jobs(job, &slow.standin);
    for (name, job) in &mut jobs.jobs {
        let changed = std::sync::Arc::make_mut(job);
        changed.api = std::sync::Arc::clone(&slow_api.jobs[name].api);
    }
    let serving = place.serve_jobs(jobs).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    serving.die().await
}
