//! `apicron cancel`.

use apicron::standin::{Fault, Knobs};

use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::serving::{serve, store};
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_another_process_is_over_when_the_verb_says_so() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 60_000)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("slow", "timeout = \"5m\"")));
    let _serve = serve(&folder);
    let run = folder.spawn(&["run", "slow"]);
    eventually("a request", async || standin.counts().of("GET", "/v1/usage"), |&seen| seen >= 1).await;
    let ended = folder.run(&["cancel", "1", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(json_lines(&ended), [serde_json::json!({ "run": 1, "state": "interrupted" })]);
    let row = rows::rows(&store(&folder), "select state, kind, reason from v_runs").await;
    assert_eq!(row, [["interrupted", "stopped", "it was cancelled"]]);
    let followed = run.end();
    assert_eq!(followed.code(), 1, "{followed:#?}");
    assert!(followed.stdout.contains("it was cancelled"), "{followed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_has_ended_stays_as_it_is() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    let ended = folder.run(&["cancel", "1"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (75, "run 1 of `balance` had ended already: succeeded\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_run_is_said_to_be_unknown_and_makes_no_store() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    for _ in 0..2 {
        let ended = folder.run(&["cancel", "7"]);
        assert_eq!(ended.code(), 1, "{ended:#?}");
        assert_eq!(ended.stderr, "error: the store has no run 7: `apicron runs` lists them\n");
        assert!(!store(&folder).exists());
    }
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    assert_eq!(folder.run(&["cancel", "7"]).code(), 1);
}
