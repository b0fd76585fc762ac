//! `apicron runs --follow`.

use rustix::process::{Signal, kill_process};

use crate::support::binary::Running;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::standin;

fn interrupt(running: &Running) {
    kill_process(running.pid(), Signal::INT).expect("the signal sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_printed_as_they_end_after_the_last_ones_until_a_signal() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "") + &usage_job("other", "")));
    for _ in 0..3 {
        assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    }
    let follow = folder.spawn(&["runs", "--follow", "--json", "-n", "2", "--job", "balance"]);
    follow.wait_for_stdout("\"id\":3");
    assert_eq!(folder.run(&["run", "other"]).code(), 0);
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    follow.wait_for_stdout("\"id\":5");
    interrupt(&follow);
    let ended = follow.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let runs = json_lines(&ended);
    let ids: Vec<_> = runs.iter().map(|run| run["id"].as_i64()).collect();
    assert_eq!(ids, [Some(2), Some(3), Some(5)]);
    assert!(runs.iter().all(|run| run["state"] == "succeeded" && run["job"] == "balance"), "{runs:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lives_is_printed_once_it_has_ended() {
    let knobs = apicron::standin::Knobs {
        faults: vec![apicron::standin::Fault::slow("/v1/usage", 1_500)],
        ..apicron::standin::Knobs::default()
    };
    let standin = standin::start_with(knobs).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "")));
    let run = folder.spawn(&["run", "slow"]);
    let requests = async || standin.counts().of("GET", "/v1/usage");
    crate::support::eventually::eventually("a request", requests, |&seen| seen >= 1).await;
    let follow = folder.spawn(&["runs", "--follow", "--state", "succeeded"]);
    let text = follow.wait_for_stdout("succeeded");
    assert!(text.starts_with("RUN") && text.lines().count() == 2, "{text}");
    assert_eq!(run.end().code(), 0);
    interrupt(&follow);
    assert_eq!(follow.end().code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_there_yet_is_waited_for() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let follow = folder.spawn(&["runs", "--follow", "--json"]);
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    follow.wait_for_stdout("\"id\":1");
    interrupt(&follow);
    assert_eq!(follow.end().code(), 0);
    assert_eq!(folder.run(&["runs", "--follow", "--state", "running"]).code(), 2);
}
