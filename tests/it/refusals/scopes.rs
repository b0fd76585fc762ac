//! Scopes that were not asked for, not assigned, and not granted.

use apicron::standin::{Knobs, OPS, UnknownScope};

use super::told::told;
use crate::support::jobs::usage_job;

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_was_not_asked_for_is_to_be_asked_for() {
    let job = usage_job("balance", "").replace("usage:read", "models:read");
    let told = told(Knobs::default(), SECRETS, &job).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: missing_scope by S3
    403: the token lacks usage:read, which the job never asked for
    → Add usage:read to `scopes` of job balance, and to client standin-ops in the dashboard.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 1), "a fresh token would lack it too");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_the_client_does_not_have_is_named_by_the_token_endpoint() {
    let job = usage_job("balance", "").replace("usage:read", "usage:read\", \"datasets:write");
    let told = told(Knobs::default(), SECRETS, &job).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: scope_not_assignable by T4
    400: the token endpoint does not give datasets:write
    → The token endpoint refuses datasets:write for client standin-ops: assign it or drop it from job balance.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 0));
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_was_left_out_silently_is_missing_where_it_is_needed() {
    let job = usage_job("balance", "")
        .replace("usage:read", "usage:read\", \"datasets:write")
        .replace("get     = \"/usage\"", "post = \"/datasets/ds_0001/snapshots\"\njson = {}");
    let told = told(narrowing(), SECRETS, &job).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: missing_scope by S3
    403: the token lacks datasets:write, which the job asked for and was not granted
    → Client standin-ops is not granted datasets:write; assign it (Dashboard → Settings → API Access). The next token picks it up.
    ");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_came_while_a_scope_was_left_out_is_flagged_once_and_the_run_succeeds() {
    let job = usage_job("balance", "").replace("usage:read", "usage:read\", \"datasets:write");
    let told = told(narrowing(), SECRETS, &job).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 0, succeeded: role_visibility by G5
    200: accepted, though datasets:write was not granted
    → Reply accepted, but fields reserved for datasets:write may be absent.
    ");
    told.is_judged_anew_the_same().await;
    let again = told.folder.run(&["run", "balance", "--json"]);
    assert_eq!(again.code(), 0);
    told.is_judged_anew_the_same().await;
    let shown = told.folder.run(&["show", "2", "--evidence"]);
    assert_eq!((shown.code(), shown.stdout.as_str()), (1, ""), "told once for a credential and its scopes");
}

fn narrowing() -> Knobs {
    Knobs { unknown_scope: UnknownScope::Narrow, scope_field: true, ..Knobs::default() }
}
