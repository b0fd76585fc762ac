//! `apicron repeat`.

use apicron::standin::{Fault, Knobs};

use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::serving::{serve, store};
use crate::support::{rows, standin};

const CHAIN: &str = "select cast(id as text), trigger, state, cast(repeats as text) from v_runs order by id";

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_repeated_as_the_newest_of_its_chain() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::status("/v1/usage", 500).times(2)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "retry = { attempts = 1 }")));
    assert_eq!(folder.run(&["run", "balance"]).code(), 1);
    let again = folder.run(&["repeat", "1", "--json"]);
    assert_eq!(again.code(), 1, "{again:#?}");
    let lines = json_lines(&again);
    assert_eq!((&lines[0]["trigger"], &lines[0]["repeats"]), (&"repeat".into(), &1.into()));
    assert_eq!(lines[1]["summary"]["by_state"], serde_json::json!({ "failed": 1 }));
    assert_eq!(folder.run(&["repeat", "1"]).code(), 0);
    let chain = [["1", "manual", "failed", ""], ["2", "repeat", "failed", "1"], ["3", "repeat", "succeeded", "2"]];
    assert_eq!(rows::rows(&store(&folder), CHAIN).await, chain);
    let ticks = rows::only(&store(&folder), "select cast(count(distinct scheduled_for) as text) from v_runs").await;
    assert_eq!(ticks, "1", "a repeat is of the same tick");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_beside_a_serving_process_is_handed_over() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::status("/v1/usage", 500).times(1)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "retry = { attempts = 1 }")));
    let serve = serve(&folder);
    assert_eq!(folder.run(&["run", "balance"]).code(), 1);
    let again = folder.run(&["repeat", "1", "--json"]);
    assert_eq!(again.code(), 0, "{again:#?}");
    let line = &json_lines(&again)[0];
    assert_eq!((&line["trigger"], &line["repeats"]), (&"repeat".into(), &1.into()));
    let process = line["process"].as_str().expect("a process");
    assert!(process.ends_with(&format!("/{}", serve.pid().as_raw_nonzero())), "{process}");
    assert_eq!(standin.counts().token_requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_still_lives_is_not_repeated() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "timeout = \"5m\"")));
    let _living = folder.spawn(&["run", "slow"]);
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    let ended = folder.run(&["repeat", "1"]);
    assert_eq!(ended.code(), 75, "{ended:#?}");
    assert_eq!(ended.stderr, "run 1 of `slow`, the newest of its chain, is running\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_repeated_is_an_error_that_says_why() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let ended = folder.run(&["repeat", "1"]);
    assert_eq!(
        (ended.code(), ended.stderr.as_str()),
        (1, "error: the store has no run 1: `apicron runs` lists them\n")
    );
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    assert_eq!(folder.run(&["repeat", "2"]).code(), 1);
    std::fs::write(folder.path().join("jobs.toml"), head(&standin) + &usage_job("other", ""))
        .expect("the file written");
    let ended = folder.run(&["repeat", "1"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
    assert!(ended.stderr.contains("the job file has no job `balance`"), "{ended:#?}");
}
