//! Another job file while runs are under way.

use std::sync::Arc;

use apicron::engine::{Changes, ReloadError, Unobserved};
use apicron::run::Name;

use super::driven::{Place, Serving, Slow, time};
use crate::support::jobs::usage_job;
use crate::support::standin;

fn names(text: &str) -> Vec<Name> {
    vec![Name::new(text).expect("a name")]
}

fn hourly(name: &str, keys: &str) -> String {
    usage_job(name, &format!("schedule = \"@hourly\"\ntimeout = \"2h\"\ndeadline = \"3h\"\n{keys}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_are_under_way_end_as_they_began_and_the_next_ticks_are_those_of_the_new_file() {
    let slow = Slow::start("/v1/usage").await;
    let former = hourly("kept", "") + &hourly("changed", "") + &hourly("removed", "");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &former, &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 3).await;
    let present = hourly("kept", "") + &hourly("changed", "description = \"another\"") + &hourly("added", "");
    let changes = serving.engine.reload(serving.place.jobs(&present, &slow.standin)).await.expect("reloaded");
    let expected =
        Changes { added: names("added"), changed: names("changed"), removed: names("removed"), ..Changes::default() };
    assert_eq!(changes, expected);
    slow.let_go();
    serving.until_ended(3).await;
    serving.advance_to("2026-11-24T13:00:00Z");
    serving.until_ended(6).await;
    let rows = "select substr(scheduled_for, 12, 5) || ' ' || job || ' ' || state from v_runs order by 1";
    let told = serving.rows(rows).await;
    let succeeded = |tick: &str, jobs: [&str; 3]| jobs.map(|job| format!("{tick} {job} succeeded"));
    let first = succeeded("12:00", ["changed", "kept", "removed"]);
    assert_eq!(told, [first, succeeded("13:00", ["added", "changed", "kept"])].concat());
    let forms = "select count(distinct config_hash) || '' from v_runs where job = ";
    assert_eq!(serving.rows(&format!("{forms}'kept'")).await, ["1"]);
    assert_eq!(serving.rows(&format!("{forms}'changed'")).await, ["2"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_schedule_keeps_its_ticks_and_a_changed_one_begins_now() {
    let standin = standin::start().await;
    let serving = Serving::begin("2026-11-24T12:30:00Z", &usage_job("job", "schedule = \"@hourly\""), &standin).await;
    let present = usage_job("job", "schedule = \"@every 20m\"");
    serving.engine.reload(serving.place.jobs(&present, &standin)).await.expect("reloaded");
    for (runs, tick) in [(1, "2026-11-24T12:40:00Z"), (2, "2026-11-24T13:00:00Z")] {
        serving.advance_to(tick);
        serving.until_ended(runs).await;
    }
    let rows = ["2026-11-24T12:40:00.000Z succeeded", "2026-11-24T13:00:00.000Z succeeded"];
    // What was served before the reload missed nothing.
    let place = serving.stop().await;
    assert_eq!(place.serve(&present, &standin).await.end().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_came_before_the_reload_has_its_run_even_if_its_job_is_gone() {
    let standin = standin::start().await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &usage_job("job", "schedule = \"@hourly\""), &standin).await;
    let present = usage_job("other", "schedule = \"@hourly\"");
    serving.advance(1);
    serving.engine.reload(serving.place.jobs(&present, &standin)).await.expect("reloaded");
    // It is on disk before the new file is.
    assert_eq!(serving.rows("select job || substr(scheduled_for, 11, 6) from v_runs").await, ["jobT12:00"]);
    serving.until_ended(1).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_another_store_changes_nothing() {
    let standin = standin::start().await;
    let job = usage_job("job", "schedule = \"@hourly\"");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &job, &standin).await;
    let mut moved = serving.place.jobs(&usage_job("other", "schedule = \"@hourly\""), &standin);
    moved.settings.store.path = serving.place.folder.path().join("other.db");
    let refused = serving.engine.reload(moved).await.expect_err("another store");
    assert!(matches!(refused, ReloadError::StoreMoved), "{refused:?}");
    serving.advance(1);
    serving.until_ended(1).await;
    assert_eq!(serving.rows("select job from v_runs").await, ["job"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_serve_reloads_nothing() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T12:00:00Z"));
    let jobs = place.jobs(&usage_job("job", "schedule = \"@hourly\""), &standin);
    let (engine, store, _) = place.engine(jobs.clone(), Arc::new(Unobserved)).await;
    assert!(matches!(engine.reload(jobs.clone()).await, Err(ReloadError::Stopping)));
    store.close().await;
    let serving = place.serve_jobs(jobs.clone()).await;
    let engine = serving.engine.clone();
    serving.stop().await;
    assert!(matches!(engine.reload(jobs).await, Err(ReloadError::Stopping)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_that_is_added_anew_after_the_clock_was_set_back_goes_on_at_once() {
    let standin = standin::start().await;
    let without = usage_job("rare", "schedule = \"@yearly\"");
    let with = without.clone() + &usage_job("often", "schedule = \"@every 20m\"");
    let serving = Serving::begin("2026-11-24T11:50:00Z", &with, &standin).await;
    serving.advance(10 * 60);
    serving.until_ended(1).await;
    serving.engine.reload(serving.place.jobs(&without, &standin)).await.expect("reloaded");
    serving.hands.set_wall(time("2026-11-24T11:55:00Z"));
    serving.advance(1);
    serving.engine.reload(serving.place.jobs(&with, &standin)).await.expect("reloaded");
    serving.advance_to("2026-11-24T12:00:00Z");
    serving.until_ended(2).await;
    let rows = ["2026-11-24T12:00:00.000Z succeeded", "2026-11-24T12:00:00.000Z repeat succeeded"];
    assert_eq!(serving.end().await, rows);
}
