//! A server that dies as it takes a run that was handed over.

use apicron::standin::Standin;

use super::{CRASH, crashed};
use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, usage_job};
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::size::size;
use crate::support::{rows, standin};

const TAKE: &str = "take runs that were handed over";

/// Serves until the server dies of a run that is handed over to it. Gives how that `run` ended.
async fn hand_over_to_one_that_dies(folder: &Folder, point: &str) -> i32 {
    let serve = folder.spawn_in(&[(CRASH, point)], &["serve"]);
    serve.wait_for_stderr("apicron is ready");
    let run = folder.spawn(&["run", "balance"]);
    crashed(point, serve);
    run.end().code()
}

async fn check_whole(folder: &Folder, standin: &Standin, runs: usize) {
    let one_request_each = standin.counts().of("GET", "/v1/usage");
    assert!(one_request_each <= runs as u64, "{one_request_each} requests of {runs} runs");
    assert_eq!(rows::only(&store(folder), "pragma integrity_check").await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_died_before_it_was_its_own_is_run_by_whoever_asked() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    for n in 1..=size(1, 20) {
        assert_eq!(hand_over_to_one_that_dies(&folder, &format!("within {TAKE}")).await, 0);
        assert_eq!(count(&folder, "state = 'succeeded' and trigger = 'manual'").await as u64, n);
        check_whole(&folder, &standin, count(&folder, "1").await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_died_once_it_was_its_own_is_interrupted_and_repeated_by_the_next() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    for n in 1..=size(1, 20) {
        assert_eq!(hand_over_to_one_that_dies(&folder, &format!("after {TAKE}")).await, 1);
        assert_eq!(count(&folder, "state = 'interrupted'").await as u64, n);
        let next = serve(&folder);
        until_runs(&folder, usize::try_from(n).expect("a few"), "state = 'succeeded' and trigger = 'repeat'").await;
        next.terminate();
        assert_eq!(next.end().code(), 0);
        check_whole(&folder, &standin, count(&folder, "1").await).await;
    }
}
