//! Methods that change something, and the echo.

use apicron::standin::DATA;
use reqwest::Method;
use serde_json::json;

use crate::support::standin::{Caller, send, start};

#[tokio::test]
async fn a_model_is_changed_by_patch_and_the_catalog_names_what_each_costs() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let place = "/v1/models/model-demo-1";
    let patch = caller.request(Method::PATCH, place).bearer_auth(&token).json(&json!({ "enabled": false }));
    let changed = send(patch).await;
    assert_eq!((changed.status, &changed.json()["enabled"]), (200, &json!(false)));
    assert_eq!(caller.get(place, &token).await.json(), changed.json());
    let catalog = caller.get("/v1/models/catalog?limit=4", &token).await.json();
    assert_eq!((&catalog["totalCount"], &catalog["hasMore"]), (&json!(6), &json!(true)));
    let first = &catalog["items"][0];
    assert_eq!((&first["creditMultiplier"], &first["lifecycleState"]), (&json!(4.0), &json!("active")));
}

#[tokio::test]
async fn a_chat_is_deleted_without_a_body_and_a_repeat_with_its_key_says_the_same() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let delete = || caller.request(Method::DELETE, "/v1/chats/chat_demo1").bearer_auth(&token);
    for replayed in ["", "true"] {
        let answer = send(delete().header("idempotency-key", "k")).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(answer.header("idempotent-replayed"), replayed);
    }
    assert_eq!(send(delete()).await.status, 404);
    assert_eq!(caller.get("/v1/chats", &token).await.json()["totalCount"], 2);
}

#[tokio::test]
async fn the_echo_says_what_was_sent_but_for_the_token_and_is_not_counted() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let request = caller.request(Method::PUT, "/_standin/echo?a=1").bearer_auth("made-up").form(&[("b", "ü &")]);
    let said = send(request).await;
    assert_eq!((&said.json()["method"], &said.json()["query"]), (&json!("PUT"), &json!("a=1")));
    assert_eq!(said.json()["body"], "b=%C3%BC+%26");
    assert_eq!(said.json()["headers"]["content-type"], "application/x-www-form-urlencoded");
    assert!(!said.body.contains("made-up"));
    assert!(standin.counts().requests.is_empty());
}
