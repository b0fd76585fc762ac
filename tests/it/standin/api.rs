//! The endpoints of the API and their door.

use std::time::Duration;

use apicron::clock::Clock;
use apicron::standin::{ADMIN, Client, DATA, DemoClient, Knobs, NARROW, OPS};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::standin::{Answer, Caller, send, start, start_at, start_with};

const SNAPSHOTS: &str = "/v1/datasets/ds_demo1/snapshots";

fn refusal(answer: &Answer) -> (u16, Value) {
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], answer.status);
    (answer.status, answer.json()["detail"].clone())
}

fn unauthorized() -> (u16, Value) {
    (401, json!("Invalid or expired token."))
}

#[tokio::test]
async fn liveness_needs_no_token() {
    let standin = start().await;
    let answer = send(Caller::of(&standin).request(Method::GET, "/v1/health/liveness")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn without_a_live_token_everything_else_is_401() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    for path in ["/v1/usage", "/v1/no-such-thing"] {
        assert_eq!(refusal(&send(caller.request(Method::GET, path)).await), unauthorized());
        assert_eq!(refusal(&caller.get(path, "made-up").await), unauthorized());
        let basic = caller.request(Method::GET, path).header("authorization", format!("Basic {token}"));
        assert_eq!(refusal(&send(basic).await), unauthorized());
    }
    assert_eq!(caller.get("/v1/usage", &token).await.status, 200);
    assert_eq!(standin.revoke(None), 1);
    assert_eq!(refusal(&caller.get("/v1/usage", &token).await), unauthorized());
}

#[tokio::test]
async fn a_token_dies_at_the_end_of_its_life() {
    let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let standin = start_at(clock, Knobs { token_life_s: 60, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    hands.advance(Duration::from_secs(59));
    assert_eq!(caller.get("/v1/usage", &token).await.status, 200);
    hands.advance(Duration::from_secs(1));
    assert_eq!(refusal(&caller.get("/v1/usage", &token).await), unauthorized());
}

#[tokio::test]
async fn a_token_dies_in_mid_life_after_as_many_requests_as_the_knob_or_its_client_says() {
    let fleeting = Client { revoke_after_requests: Some(1), ..Client::from(OPS) };
    let knobs = Knobs { revoke_after_requests: Some(2), clients: vec![fleeting], ..Knobs::default() };
    let standin = start_with(knobs).await;
    let caller = Caller::of(&standin);
    for (client, path, lives) in [(OPS, "/v1/usage", 1), (NARROW, "/v1/models", 2)] {
        let token = caller.token(client).await;
        for _ in 0..lives {
            assert_eq!(caller.get(path, &token).await.status, 200);
        }
        assert_eq!(refusal(&caller.get(path, &token).await), unauthorized());
        assert_eq!(caller.get(path, &caller.token(client).await).await.status, 200);
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let refused = async |client: DemoClient, method: Method, path| {
        let token = caller.token(client).await;
        refusal(&send(caller.request(method, path).bearer_auth(token)).await)
    };
    for (client, method, path, scope) in [
        (NARROW, Method::GET, "/v1/usage", "usage:read"),
        (ADMIN, Method::GET, "/v1/models?limit=1", "models:read"),
        (NARROW, Method::GET, "/v1/datasets", "datasets:read"),
        (NARROW, Method::GET, SNAPSHOTS, "datasets:read"),
        (OPS, Method::POST, SNAPSHOTS, "datasets:write"),
    ] {
        assert_eq!(refused(client, method, path).await, (403, json!(format!("Missing required scope: {scope}"))));
    }
}

#[tokio::test]
async fn what_does_not_exist_is_404_and_another_method_405() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    assert_eq!(refusal(&caller.get("/v1/no-such-thing", &token).await).0, 404);
    assert_eq!(refusal(&caller.get("/v1/datasets/ds_none", &token).await).0, 404);
    let answer = send(caller.request(Method::DELETE, "/v1/usage").bearer_auth(&token)).await;
    assert_eq!((refusal(&answer).0, answer.header("allow")), (405, "GET"));
}

#[tokio::test]
async fn usage_moves_with_the_clock_and_only_administrators_see_bought_credits() {
    let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let standin = start_at(clock, Knobs::default()).await;
    let caller = Caller::of(&standin);
    let (member, admin) = (caller.token(OPS).await, caller.token(ADMIN).await);
    let before = caller.get("/v1/usage", &member).await.json()["credits"].clone();
    hands.advance(Duration::from_secs(60));
    let after = caller.get("/v1/usage", &member).await;
    assert_eq!(after.header("date"), "Tue, 24 Nov 2026 12:01:00 GMT");
    let after = after.json()["credits"].clone();
    assert!(after["used"].as_u64() > before["used"].as_u64(), "{before} {after}");
    assert_eq!(after.get("purchasedBalance"), None);
    let seen_by_admin = caller.get("/v1/usage", &admin).await.json()["credits"].clone();
    assert_eq!((&seen_by_admin["used"], &seen_by_admin["purchasedBalance"]), (&after["used"], &json!(5000)));
}

#[tokio::test]
async fn lists_are_paged_by_cursor() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    assert_eq!(caller.get("/v1/models?limit=1", &token).await.json()["items"].as_array().map(Vec::len), Some(1));
    let first = caller.get("/v1/datasets?limit=3", &token).await.json();
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let last = caller.get(&format!("/v1/datasets?limit=3&cursor={cursor}"), &token).await.json();
    assert_eq!((&first["items"][0]["id"], &last["items"][1]["id"]), (&json!("ds_demo1"), &json!("ds_demo5")));
    assert_eq!((&last["hasMore"], &last["nextCursor"]), (&json!(false), &Value::Null));
    assert_eq!(refusal(&caller.get("/v1/datasets?limit=0", &token).await).0, 422);
}

#[tokio::test]
async fn a_repeated_key_makes_one_snapshot_and_with_another_body_is_422() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let post = |key: &'static str, notes: &str| {
        let request = caller.request(Method::POST, SNAPSHOTS).bearer_auth(&token).json(&json!({ "notes": notes }));
        send(request.header("idempotency-key", key))
    };
    let (first, again) = (post("a", "n").await, post("a", "n").await);
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(first.json(), again.json());
    assert_eq!(refusal(&post("a", "other").await).0, 422);
    assert_eq!(post("b", "n").await.json()["version"], 2);
    assert_eq!(caller.get(SNAPSHOTS, &token).await.json()["totalCount"], 2);
    assert_eq!(standin.journal()[1].key.as_deref(), Some("a"));
}
