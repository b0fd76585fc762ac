//! 500 runs that start at once on an empty cache.

use apicron::standin::{Fault, Knobs};
use serde_json::Value;

use super::told::{TOKEN, USAGE, reply_with};
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::size::figure;
use crate::support::standin;

const RUNS: u64 = 500;

/// Runs that ended in each state, and requests to the token endpoint and to the API.
async fn all_at_once(knobs: Knobs) -> (Value, u64, u64) {
    let standin = standin::start_with(knobs).await;
    let keys = "retry = { attempts = 1 }";
    let jobs: String = (0..RUNS).map(|n| usage_job(&format!("job-{n}"), keys)).collect();
    let folder = folder(&(head(&standin) + &jobs));
    let ended = folder.run(&["run", "--all", "--concurrency", "500", "--json"]);
    let summary = json_lines(&ended).pop().expect("a summary")["summary"].clone();
    let counts = standin.counts();
    assert_eq!(summary["token_requests"], counts.of("POST", TOKEN), "{summary}");
    figure("R5", format!("{summary}"));
    (summary["by_state"].clone(), counts.of("POST", TOKEN), counts.of("GET", USAGE))
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_at_once_share_one_token_request() {
    let (by_state, token, api) = all_at_once(Knobs { token_delay_ms: 50, ..Knobs::default() }).await;
    assert_eq!((by_state, token, api), (serde_json::json!({ "succeeded": RUNS }), 1, RUNS));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_at_once_share_one_refusal() {
    let refused = Fault { body: Some(serde_json::json!({ "error": "invalid_client" })), ..Fault::status(TOKEN, 401) };
    let (by_state, token, api) = all_at_once(Knobs { faults: vec![refused], ..Knobs::default() }).await;
    assert_eq!((by_state, token, api), (serde_json::json!({ "refused": RUNS }), 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_at_once_share_the_failure_of_the_endpoint() {
    let (by_state, token, api) =
        all_at_once(Knobs { faults: vec![Fault::status(TOKEN, 500)], ..Knobs::default() }).await;
    assert_eq!((by_state, token, api), (serde_json::json!({ "failed": RUNS }), 3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_start_at_once_where_a_token_is_good_for_one_request_have_one_each() {
    let once = reply_with("expires_in", serde_json::json!(0));
    let (by_state, token, api) = all_at_once(once).await;
    assert_eq!((by_state, token, api), (serde_json::json!({ "succeeded": RUNS }), RUNS, RUNS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_refuses_every_token_costs_runs_at_once_two_requests_each_and_one_token_more() {
    let (by_state, token, api) =
        all_at_once(Knobs { faults: vec![Fault::status(USAGE, 401)], ..Knobs::default() }).await;
    assert_eq!(by_state, serde_json::json!({ "refused": RUNS }));
    assert!(token == 2 && api <= 2 * RUNS, "{token} token requests, {api} API requests");
}
