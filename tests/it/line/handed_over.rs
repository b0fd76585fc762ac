//! Runs that one process asks for and another makes, repeats and backfills. To a store, two engines
//! with a store each are two processes.

use std::sync::Arc;
use std::time::Duration;

use apicron::engine::{Ended, Engine, NotRun, Place as Where, RunNow, Unobserved};
use apicron::run::{Name, RunId, RunState, Tick};
use apicron::store::Served;

use super::driven::{Place, Serving, Slow, lines, time};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::standin;

fn job() -> Name {
    Name::new("job").expect("a name")
}

fn usage() -> String {
    usage_job("job", "timeout = \"1h\"\ndeadline = \"2h\"")
}

/// Runs the job while time passes.
async fn run_in_time(engine: &Engine, place: &Place) -> RunNow {
    let asked = engine.clone();
    let mut running = tokio::spawn(async move { asked.run_now(&[job()], Where::WhereServed).await });
    eventually(
        "the end of a run",
        async || {
            place.hands.advance(Duration::from_millis(100));
            running.is_finished()
        },
        |&ended| ended,
    )
    .await;
    (&mut running).await.expect("no panic").expect("run").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_to_the_process_that_serves_its_job_and_needs_no_token_here() {
    let standin = standin::start().await;
    let serving = Serving::begin("2026-11-24T12:00:00Z", &usage(), &standin).await;
    let (engine, store, _) = serving.place.engine(serving.place.jobs(&usage(), &standin), Arc::new(Unobserved)).await;
    let ended = run_in_time(&engine, &serving.place).await.ended;
    assert!(matches!(ended, Ok(Ended::Elsewhere(RunState::Succeeded))), "{ended:?}");
    assert_eq!((engine.token_requests(), serving.engine.token_requests()), (0, 1));
    store.close().await;
    assert_eq!(serving.rows("select \"trigger\" || ' ' || state from v_runs").await, ["manual succeeded"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_served_in_another_form_runs_here() {
    let standin = standin::start().await;
    let served = usage_job("job", "description = \"another\"");
    let serving = Serving::begin("2026-11-24T12:00:00Z", &served, &standin).await;
    let (engine, store, _) = serving.place.engine(serving.place.jobs(&usage(), &standin), Arc::new(Unobserved)).await;
    let ended = run_in_time(&engine, &serving.place).await.ended;
    assert!(matches!(ended, Ok(Ended::Here(_))), "{ended:?}");
    store.close().await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_takes_within_five_seconds_runs_here() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T12:00:00Z"));
    let jobs = place.jobs(&usage(), &standin);
    // It says that it serves the job, and does nothing.
    let (_idle, idle_store, _) = place.engine(jobs.clone(), Arc::new(Unobserved)).await;
    let config_hash = jobs.jobs[&job()].config_hash.clone();
    let served = Served { job: job(), config_hash, timing: None };
    idle_store.serve(vec![served], Vec::new(), place.clock.now()).await.expect("served");
    let (engine, store, _) = place.engine(jobs, Arc::new(Unobserved)).await;
    let ended = run_in_time(&engine, &place).await.ended;
    assert!(matches!(ended, Ok(Ended::Here(_))), "{ended:?}");
    assert!(place.clock.now() >= time("2026-11-24T12:00:05Z"));
    store.close().await;
    idle_store.close().await;
    assert_eq!(lines(&place.store_file(), "select state from v_runs").await, ["succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_a_run_behind_that_another_process_is_at_work_on() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T12:00:00Z", &usage(), &slow.standin).await;
    let jobs = serving.place.jobs(&usage(), &slow.standin);
    let (engine, store, shutdown) = serving.place.engine(jobs, Arc::new(Unobserved)).await;
    let following = tokio::spawn(async move { engine.run_now(&[job()], Where::WhereServed).await });
    serving.until("a run", "select state from v_runs", |seen| seen == &["running"]).await;
    slow.until_asked("GET", "/v1/usage", 1).await;
    shutdown.request();
    let run = following.await.expect("no panic").expect("run").remove(0);
    assert_eq!(run.ended.expect_err("left behind"), NotRun::LeftBehind(RunId(1)));
    store.close().await;
    slow.let_go();
    serving.until_ended(1).await;
    assert_eq!(serving.rows("select state from v_runs").await, ["succeeded"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_a_new_run_that_points_at_the_former_one() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T12:00:00Z"));
    let (engine, store, _) = place.engine(place.jobs(&usage(), &standin), Arc::new(Unobserved)).await;
    engine.run_now(&[job()], Where::Here).await.expect("run");
    let newest = store.last_run(&job()).await.expect("read").expect("a run");
    for (asked, expected) in [(&newest, "Ok"), (&newest, "Err(Taken)")] {
        let ended = engine.repeat(asked, Where::WhereServed).await.expect("repeated").ended;
        assert!(format!("{ended:?}").starts_with(expected), "{ended:?}");
    }
    store.close().await;
    let rows = "select id || ' ' || \"trigger\" || coalesce(' of ' || repeats, '') from v_runs order by id";
    assert_eq!(lines(&place.store_file(), rows).await, ["1 manual", "2 repeat of 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_runs_ticks_one_after_the_other_and_passes_over_those_that_succeeded() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T15:00:00Z"));
    let (engine, store, _) = place.engine(place.jobs(&usage(), &standin), Arc::new(Unobserved)).await;
    let ticks = |hours: &[u32]| {
        let at = |hour: &u32| time(&format!("2026-11-24T{hour}:00:00Z"));
        hours.iter().map(|hour| Tick { job: job(), scheduled_for: at(hour) }).collect::<Vec<_>>()
    };
    assert_eq!(engine.backfill(ticks(&[13])).await.expect("run").len(), 1);
    let runs = engine.backfill(ticks(&[14, 12, 13])).await.expect("run");
    let passed_over: Vec<bool> = runs.iter().map(|run| matches!(run.ended, Err(NotRun::PassedOver))).collect();
    assert_eq!(passed_over, [false, true, false], "{runs:?}");
    assert_eq!(runs.iter().filter(|run| run.ended.is_ok()).count(), 2, "{runs:?}");
    store.close().await;
    let rows = "select substr(scheduled_for, 12, 5) || ' ' || \"trigger\" || ' ' || state from v_runs order by id";
    let expected = ["13:00 manual succeeded", "12:00 manual succeeded", "14:00 manual succeeded"];
    assert_eq!(lines(&place.store_file(), rows).await, expected);
}
