//! Clocks that are off: this host's, and the API's against the issuer's.

use apicron::standin::{Clocks, Knobs, OPS};

use super::told::told;
use crate::support::jobs::usage_job;

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

fn api_ahead_by(api_s: i64, token_life_s: u64) -> Knobs {
    Knobs { clocks: Clocks { token_s: 0, api_s }, token_life_s, ..Knobs::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_api_is_ten_minutes_ahead_of_this_host_the_clock_is_to_be_set() {
    let told = told(api_ahead_by(600, 300), SECRETS, &usage_job("balance", "")).await;
    // `Date` has whole seconds.
    insta::assert_snapshot!(told.sentences().replace("599 s", "600 s"), @r"
    exit 4, refused: clock_skew by C2
    401: the token had expired, which this host's clock did not show; the try with a fresh one ended in 401
    → This host's clock is 600 s off; start time sync.
    ");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_too_young_for_the_api_is_sent_again_when_it_is_not() {
    let told = told(api_ahead_by(-2, 3600), SECRETS, &usage_job("balance", "")).await;
    assert_eq!((told.code, told.run["state"].as_str()), (0, Some("succeeded")), "{}", told.stderr);
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 2), "the same token");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_clock_of_the_api_beyond_the_deadline_fails_at_once() {
    let told = told(api_ahead_by(-600, 3600), SECRETS, &usage_job("balance", "deadline = \"5m\"")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: clock_skew by C1
    401: the token is not yet valid by the API's clock
    → The API's clock is behind the issuer's by 600 s; wait that long.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 1));
    told.is_judged_anew_the_same().await;
}
