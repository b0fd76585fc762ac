//! The look inside, the knobs over HTTP, and the end.

use apicron::clock::Clock;
use apicron::standin::{DATA, Fault, Knobs, OPS};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::standin::{Caller, send, start, start_at};

#[tokio::test]
async fn counts_and_journal_say_what_came_over_the_wire_and_leave_themselves_out() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    caller.get("/v1/usage?period=month", &token).await;
    caller.get("/v1/usage", "made-up").await;
    let counts = send(caller.request(Method::GET, "/_standin/counts")).await.json();
    let expected = json!({
        "token_requests": 1,
        "requests": { "GET /v1/usage": 2, "POST /v1/oauth2/token": 1 },
        "by_status": { "200": 2, "401": 1 },
        "unanswered": 0,
        "journal_dropped": 0,
    });
    assert_eq!(counts, expected);
    let journal = send(caller.request(Method::GET, "/_standin/journal")).await;
    assert_eq!(journal.header("x-journal-dropped"), "0");
    let lines: Vec<Value> = journal.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let statuses: Vec<_> = lines.iter().map(|line| (line["path"].as_str(), line["status"].as_u64())).collect();
    let usage = Some("/v1/usage");
    assert_eq!(statuses, [(Some("/v1/oauth2/token"), Some(200)), (usage, Some(200)), (usage, Some(401))]);
    assert_eq!(lines[1]["query"], "period=month");
    assert!(!journal.body.contains(&token));
}

#[tokio::test]
async fn knobs_are_read_and_turned_over_http() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let patch = json!({ "token_life_s": 5, "faults": [{ "path": "/v1/usage", "status": 429, "times": 2 }] });
    let turned = send(caller.request(Method::PATCH, "/_standin/knobs").json(&patch)).await;
    assert_eq!((turned.status, &turned.json()["token_life_s"]), (200, &json!(5)));
    assert_eq!(caller.get("/v1/usage", &caller.token(OPS).await).await.status, 429);
    let knobs: Knobs =
        serde_json::from_str(&send(caller.request(Method::GET, "/_standin/knobs")).await.body).expect("knobs");
    assert_eq!(knobs.faults, [Fault::status("/v1/usage", 429).times(1)]);
}

#[tokio::test]
async fn a_wrong_patch_is_refused_with_its_reason_and_changes_nothing() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let before = send(caller.request(Method::GET, "/_standin/knobs")).await.json();
    for (patch, reason) in [(r#"{"token_live_s": 5}"#, "token_live_s"), ("{", "EOF"), (r#"{"faults": 3}"#, "sequence")]
    {
        let refused = send(caller.request(Method::PATCH, "/_standin/knobs").body(patch)).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains(reason), "{}", refused.body);
    }
    assert_eq!(send(caller.request(Method::GET, "/_standin/knobs")).await.json(), before);
}

#[tokio::test]
async fn revoking_over_http_kills_the_tokens_of_one_client() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let (ops, other) = (caller.token(OPS).await, caller.token(DATA).await);
    let revoke = caller.request(Method::POST, "/_standin/revoke").json(&json!({ "client": OPS.id }));
    assert_eq!(send(revoke).await.json(), json!({ "revoked": 1 }));
    assert_eq!(caller.get("/v1/models", &ops).await.status, 401);
    assert_eq!(caller.get("/v1/models", &other).await.status, 200);
}

#[tokio::test]
async fn a_stop_waits_neither_for_idle_connections_nor_for_a_clock_that_stands_still() {
    let (clock, _hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let standin = start_at(clock, Knobs { token_delay_ms: 60_000, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let address = standin.url().trim_start_matches("http://").to_owned();
    let _silent = TcpStream::connect(&address).await.expect("connected");
    let asking = tokio::spawn(async move { caller.ask_token(OPS, None).await });
    let one = |requests: &u64| *requests == 1;
    crate::support::eventually::eventually("the request", async || standin.counts().token_requests, one).await;
    standin.stop().await;
    assert_eq!(asking.await.expect("no panic").status, 200);
    assert!(TcpStream::connect(&address).await.is_err());
}
