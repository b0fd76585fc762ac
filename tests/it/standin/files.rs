//! Files: how they are sent, and what becomes of them.

use std::time::Duration;

use apicron::clock::Clock;
use apicron::standin::{DATA, FileKnobs, Knobs, OPS};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::standin::{Answer, Caller, send, start, start_at, start_with};

const FILES: &str = "/v1/files";

/// A form with a file and what it belongs to. The boundary is of the caller's choice.
fn form(boundary: &str, name: &str, content: &str) -> String {
    let part = |disposition: String, content: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    };
    let field = |name: &str, value: &str| part(format!("name=\"{name}\""), value);
    let file = part(format!("name=\"file\"; filename=\"{name}\""), content);
    format!("{}{}{file}--{boundary}--\r\n", field("resource_type", "dataset"), field("resource_id", "ds_demo1"))
}

async fn upload(caller: &Caller, token: &str, key: Option<&str>, boundary: &str, name: &str, content: &str) -> Answer {
    let mut request = caller.request(Method::POST, FILES).bearer_auth(token).body(form(boundary, name, content));
    request = request.header("content-type", format!("multipart/form-data; boundary={boundary}"));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    send(request).await
}

fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn an_uploaded_file_is_ready_at_the_look_that_the_knob_says_or_fails() {
    let files = FileKnobs { fail: vec!["bad".to_owned()], ..FileKnobs::default() };
    let standin = start_with(Knobs { files, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    for (name, end) in [("good.txt", "ready"), ("bad.txt", "failed")] {
        let sent = upload(&caller, &token, None, "b", name, name).await;
        assert_eq!((sent.status, &sent.json()["status"]), (201, &json!("uploading")));
        let place = format!("{FILES}/{}", id(&sent));
        for status in ["uploaded", "processing", end, end] {
            assert_eq!(caller.get(&place, &token).await.json()["status"], status);
        }
        let error = &caller.get(&place, &token).await.json()["processingStatus"]["error"];
        assert_eq!(error.is_string(), end == "failed");
    }
}

#[tokio::test]
async fn or_when_the_clock_has_moved() {
    let (clock, hands) = Clock::manual("2026-11-24T12:00:00Z".parse().expect("a time"));
    let files = FileKnobs { seconds: Some(60), ..FileKnobs::default() };
    let standin = start_at(clock, Knobs { files, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let place = format!("{FILES}/{}", id(&upload(&caller, &token, None, "b", "a.txt", "a").await));
    for _ in 0..5 {
        assert_eq!(caller.get(&place, &token).await.json()["status"], "uploading");
    }
    hands.advance(Duration::from_secs(60));
    let ready = caller.get(&place, &token).await.json();
    assert_eq!((&ready["status"], &ready["processedAt"]), (&json!("ready"), &json!("2026-11-24T12:01:00Z")));
}

#[tokio::test]
async fn a_repeated_key_sends_a_file_once_whatever_the_boundary() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let first = upload(&caller, &token, Some("k"), "one", "a.txt", "abc").await;
    let again = upload(&caller, &token, Some("k"), "two", "a.txt", "abc").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    assert_eq!(first.json(), again.json());
    assert_eq!(upload(&caller, &token, Some("k"), "one", "a.txt", "other").await.status, 422);
    let twin = upload(&caller, &token, Some("k2"), "one", "a.txt", "abc").await.json();
    assert_eq!((&twin["isDuplicate"], &twin["storageCharged"]), (&json!(true), &json!(0)));
    assert_ne!(twin["id"], first.json()["id"]);
}

#[tokio::test]
async fn what_is_refused_or_no_form_or_without_scope_makes_no_file() {
    let files = FileKnobs { refuse: vec!["worse".to_owned()], ..FileKnobs::default() };
    let standin = start_with(Knobs { files, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let (token, ops) = (caller.token(DATA).await, caller.token(OPS).await);
    assert_eq!(upload(&caller, &token, None, "b", "worse.txt", "a").await.status, 422);
    assert_eq!(upload(&caller, &ops, None, "b", "a.txt", "a").await.status, 403);
    let no_form = caller.request(Method::POST, FILES).bearer_auth(&token).json(&json!({ "file": "a" }));
    assert_eq!(send(no_form).await.status, 422);
    let listed = caller.get("/v1/files?resourceType=dataset&resourceId=ds_demo1", &token).await.json();
    assert_eq!(listed["totalCount"], 0);
}

#[tokio::test]
async fn an_upload_may_be_larger_than_other_bodies() {
    let standin = start().await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let sent = upload(&caller, &token, None, "b", "a.txt", &"x".repeat(5_000_000)).await;
    assert_eq!((sent.status, &sent.json()["sizeBytes"]), (201, &json!(5_000_000)));
}

#[tokio::test]
async fn files_are_listed_by_resource_and_status() {
    let files = FileKnobs { per_dataset: Some(10), ..FileKnobs::default() };
    let standin = start_with(Knobs { files, ..Knobs::default() }).await;
    let caller = Caller::of(&standin);
    let token = caller.token(OPS).await;
    let count = async |query: &str| -> Value {
        caller.get(&format!("/v1/files?limit=1&{query}"), &token).await.json()["totalCount"].clone()
    };
    assert_eq!(count("resourceType=dataset&resourceId=ds_demo2").await, 10);
    assert_eq!(count("resourceType=dataset&resourceId=ds_demo2&statusFilter=failed").await, 1);
    assert_eq!(count("resourceType=chat").await, 0);
    assert_eq!(count("").await, 50);
    let file = caller.get("/v1/files?resourceId=ds_demo2", &token).await.json()["items"][9].clone();
    let id = file["id"].as_str().expect("an id");
    assert_eq!(caller.get(&format!("{FILES}/{id}"), &token).await.json(), file);
    assert_eq!(caller.get("/v1/files/file_none", &token).await.status, 404);
}
