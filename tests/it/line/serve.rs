//! `apicron serve`.

use std::path::Path;

use apicron::clock::Time;
use apicron::standin::{Fault, Knobs};
use rustix::process::{Signal, kill_process};

use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::{rows, standin};

async fn count(store: &Path, condition: &str) -> usize {
    let sql = format!("select cast(count(*) as text) from v_runs where {condition}");
    rows::only(store, &sql).await.parse().expect("a number")
}

async fn until_rows(folder: &Folder, n: usize, condition: &str) {
    let store = folder.path().join("apicron.db");
    let what = format!("{n} runs where {condition}");
    eventually(&what, async || count(&store, condition).await, |&seen| seen >= n).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tick_has_one_row_in_a_row_and_a_signal_drains() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("each-second", "schedule = \"@every 1s\"")));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    until_rows(&folder, 4, "state = 'succeeded'").await;
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");

    let runs = json_lines(&folder.run(&["runs", "--json", "-n", "1000"]));
    let mut ticks: Vec<Time> =
        runs.iter().map(|run| run["scheduled_for"].as_str().expect("a time").parse().expect("a time")).collect();
    ticks.reverse();
    assert!(ticks.windows(2).all(|pair| (pair[1] - pair[0]).num_milliseconds() == 1000), "{ticks:?}");
    assert!(runs.iter().all(|run| run["state"] == "succeeded"), "{runs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_run_may_end_within_the_drain() {
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 1500)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "schedule = \"@every 1s\"")));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let store = folder.path().join("apicron.db");
    assert!(count(&store, "state = 'succeeded'").await >= 1);
    assert_eq!(count(&store, "state in ('running', 'waiting')").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_cuts_runs_off_and_leaves_interrupted_rows() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "schedule = \"@every 1s\"\ntimeout = \"5m\"")));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    serve.terminate();
    serve.wait_for_stderr("stopping");
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 143, "{ended:#?}");
    let store = folder.path().join("apicron.db");
    assert_eq!(count(&store, "state = 'interrupted' and kind = 'stopped'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_runs_out_cuts_runs_off_and_still_exits_with_0() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let job = usage_job("slow", "schedule = \"@every 1s\"\ntimeout = \"5m\"");
    let folder = folder(&format!("drain = \"100ms\"\n{}{job}", head(&standin)));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(count(&folder.path().join("apicron.db"), "state = 'interrupted' and kind = 'stopped'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_run_beside_a_living_one_leaves_a_skipped_row_that_it_tells_of() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "timeout = \"5m\"")));
    let living = folder.spawn(&["run", "slow"]);
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    let ended = folder.run(&["run", "slow", "--json"]);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    let lines = json_lines(&ended);
    assert_eq!((&lines[0]["state"], &lines[0]["reason"]), (&"skipped".into(), &"run 1 still runs".into()));
    assert_eq!(lines[1]["summary"]["by_state"], serde_json::json!({ "skipped": 1 }));
    drop(living);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_meets_its_living_former_run_is_skipped_with_a_row() {
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 2500)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "schedule = \"@every 1s\"")));
    let serve = folder.spawn(&["serve"]);
    until_rows_after_ready(&serve, &folder, 1, "state = 'skipped'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
    let reason =
        rows::only(&folder.path().join("apicron.db"), "select reason from v_runs where state = 'skipped'").await;
    assert_eq!(reason, "run 1 still runs");
}

async fn until_rows_after_ready(serve: &crate::support::binary::Running, folder: &Folder, n: usize, condition: &str) {
    serve.wait_for_stderr("ready");
    until_rows(folder, n, condition).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_no_run_living_and_its_absence_is_a_missed_row() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let job = usage_job("slow", "schedule = \"@every 1s\"\ncatch_up = \"none\"");
    let folder = folder(&(head(&standin) + &job));
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("ready");
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    kill_process(serve.pid(), Signal::KILL).expect("the signal sent");
    drop(serve);
    standin.set(Knobs::default());
    let store = folder.path().join("apicron.db");
    let newest = || rows::only(&store, "select max(scheduled_for) from v_runs");
    let before: Time = newest().await.parse().expect("a time");
    eventually(
        "two ticks without a process",
        async || apicron::clock::Clock::system().now() - before,
        |gone| gone.num_seconds() >= 3,
    )
    .await;

    let serve = folder.spawn(&["serve"]);
    until_rows_after_ready(&serve, &folder, 1, "state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
    assert_eq!(count(&store, "state = 'interrupted'").await, 1);
    assert_eq!(count(&store, "state = 'missed' and reason = 'apicron was not running' and ticks >= 2").await, 1);
}
