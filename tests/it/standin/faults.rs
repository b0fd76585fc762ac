//! What goes wrong on request.

use std::time::Duration;

use apicron::clock::Clock;
use apicron::standin::{Cut, DATA, Fault, Knobs, OPS, RetryAfterAs};
use reqwest::Method;
use serde_json::json;

use crate::support::eventually::eventually;
use crate::support::standin::{Caller, start_at, start_with};

const USAGE: &str = "/v1/usage";
const SNAPSHOTS: &str = "/v1/datasets/ds_demo1/snapshots";

fn with(fault: Fault) -> Knobs {
    Knobs { faults: vec![fault], ..Knobs::default() }
}

#[tokio::test]
async fn a_429_says_when_to_come_back_in_seconds_or_as_a_date() {
    let (clock, _hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let fault = Fault::status(USAGE, 429).retry_after(7);
    let standin = start_at(clock, with(fault.clone())).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let answer = caller.get(USAGE, &token).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "7"));
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
    let body = json!({ "type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": "Rate limit exceeded. Retry after 7 seconds." });
    assert_eq!(answer.json(), body);
    standin.set(with(Fault { retry_after_as: RetryAfterAs::Date, ..fault }));
    assert_eq!(caller.get(USAGE, &token).await.header("retry-after"), "Tue, 24 Nov 2026 12:00:07 GMT");
}

#[tokio::test]
async fn a_fault_with_a_number_of_times_ends_and_the_next_takes_over() {
    let faults = vec![Fault::status(USAGE, 503).times(2), Fault::status(USAGE, 500).times(1)];
    let standin = start_with(Knobs { faults, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(caller.get(USAGE, &token).await.status);
    }
    assert_eq!(statuses, [503, 503, 500, 200]);
}

#[tokio::test]
async fn want_of_credits_is_402_or_403_with_or_without_a_type() {
    let standin = start_with(with(Fault::out_of_credits(USAGE, 402))).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let detail = "Insufficient credits. Required: 75 credits. Available: 50 credits.";
    let problem = json!({ "type": "about:blank", "title": "Insufficient Credits", "status": 402, "detail": detail });
    assert_eq!(caller.get(USAGE, &token).await.json(), problem);
    standin.set(Knobs { problem_type: false, ..with(Fault::out_of_credits(USAGE, 403)) });
    let answer = caller.get(USAGE, &token).await;
    assert_eq!(answer.json(), json!({ "title": "Forbidden", "status": 403, "detail": detail }));
}

#[tokio::test]
async fn a_gateway_answers_in_html_and_a_fault_can_bring_any_body() {
    let standin = start_with(with(Fault { html: true, ..Fault::status(USAGE, 502) })).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let answer = caller.get(USAGE, &token).await;
    assert_eq!((answer.status, answer.header("content-type")), (502, "text/html"));
    assert!(answer.body.contains("<h1>502 Bad Gateway</h1>"), "{}", answer.body);
    standin.set(with(Fault { body: Some(json!("{\"cut\":")), ..Fault::status(USAGE, 200) }));
    assert_eq!(caller.get(USAGE, &token).await.body, "{\"cut\":");
    standin.set(with(Fault { body: Some(json!({ "credits": null })), ..Fault::status(USAGE, 200) }));
    assert_eq!(caller.get(USAGE, &token).await.json(), json!({ "credits": null }));
}

#[tokio::test]
async fn a_redirect_leads_where_the_fault_says() {
    let location = "https://elsewhere.invalid/v1/usage";
    let standin = start_with(with(Fault { location: Some(location.to_owned()), ..Fault::status(USAGE, 307) })).await;
    let caller = Caller::of(&standin);
    let answer = caller.get(USAGE, &caller.token(OPS).await).await;
    assert_eq!((answer.status, answer.header("location")), (307, location));
}

#[tokio::test]
async fn a_connection_cut_before_the_reply_leaves_the_post_done() {
    let standin = start_with(with(Fault::cut(SNAPSHOTS, Cut::Reply).times(1))).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let error = caller.request(Method::POST, SNAPSHOTS).bearer_auth(&token).send().await.expect_err("cut");
    assert!(error.is_request(), "no status line came: {error:?}");
    assert_eq!(caller.get(SNAPSHOTS, &token).await.json()["totalCount"], 1);
    let cut = standin.journal().into_iter().find(|seen| seen.method == "POST" && seen.path == SNAPSHOTS);
    assert_eq!(cut.expect("journaled").status, None);
    assert_eq!(standin.counts().unanswered, 1);
}

#[tokio::test]
async fn a_connection_cut_in_the_body_comes_after_a_good_status() {
    let standin = start_with(with(Fault::cut(USAGE, Cut::Body))).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let reply = caller.request(Method::GET, USAGE).bearer_auth(&token).send().await.expect("a status line");
    assert_eq!(reply.status(), 200);
    assert!(reply.bytes().await.is_err());
}

#[tokio::test]
async fn a_slow_body_comes_whole_once_the_clock_has_moved() {
    let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let standin = start_at(clock, with(Fault::slow(USAGE, 60_000))).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let mut reply = caller.request(Method::GET, USAGE).bearer_auth(&token).send().await.expect("a status line");
    let first = reply.chunk().await.expect("no error").expect("half of the body");
    let rest = tokio::spawn(async move { reply.bytes().await.expect("the rest") });
    assert!(!rest.is_finished());
    let came = async || {
        hands.advance(Duration::from_secs(60));
        rest.is_finished()
    };
    eventually("the rest", came, |&came| came).await;
    let whole = [first, rest.await.expect("no panic")].concat();
    assert!(serde_json::from_slice::<serde_json::Value>(&whole).is_ok());
}
