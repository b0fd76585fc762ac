//! Tokens for another audience or environment, plans that do not suffice, and what stands before an API.

use apicron::standin::{Fault, Knobs, OPS, Origin};

use super::told::told;
use crate::support::jobs::usage_job;

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_audience_says_for_which() {
    let origin = Origin {
        audience: Some("https://other.example".to_owned()),
        wants_audience: Some("https://api.example".to_owned()),
        ..Origin::default()
    };
    let told = told(Knobs { origin, ..Knobs::default() }, SECRETS, &usage_job("balance", "")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: wrong_audience by E1
    401: the token is for another audience (it says: The token's audience is not this API)
    → Token is for https://other.example, not for 127.0.0.1.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 1), "another token cannot help");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_credentials_on_production_name_the_issuer() {
    let origin = Origin {
        issuer: Some("https://staging.auth.example".to_owned()),
        wants_issuer: Some("https://auth.example".to_owned()),
        ..Origin::default()
    };
    let told = told(Knobs { origin, ..Knobs::default() }, SECRETS, &usage_job("balance", "")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: wrong_environment by U2
    401: the token comes from another environment (it says: Invalid or expired token)
    → Token comes from https://staging.auth.example; use credentials of the environment behind 127.0.0.1.
    ");
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_402_says_what_is_needed_and_what_there_is() {
    let knobs = Knobs { faults: vec![Fault::out_of_credits("/v1/usage", 402)], ..Knobs::default() };
    let told = told(knobs, SECRETS, &usage_job("balance", "")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: plan_limit by G2
    402: the plan or its credits do not allow this (it says: Insufficient credits. Required: 75 credits. Available: 50 credits)
    → Needs 75 credits, has 50 credits. Upgrade, top up, or wait for the next period.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (1, 1));
    told.is_judged_anew_the_same().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_html_from_a_proxy_is_not_the_answer_of_the_api() {
    let knobs = Knobs { faults: vec![Fault { html: true, ..Fault::status("/v1/usage", 403) }], ..Knobs::default() };
    let told = told(knobs, SECRETS, &usage_job("balance", "")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: blocked_by_edge by G9
    403: something in front of the API answered
    → Something on the way answered before the API did; check proxy, WAF or IP allow-list.
    ");
    told.is_judged_anew_the_same().await;
}
