use serde_json::{Value, json};

use super::kit::{API_KEY, Kit, bearer, get, post, template, usage};
use crate::filter::Json;
use crate::job::{Body, Header, HeaderText, JsonBody};
use crate::run::{Occasion, RunId, Trigger};
use crate::secret::Source;
use crate::token::testing::{Server, answer};

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: HeaderText::Template(template(value)) }
}

#[tokio::test]
async fn path_query_headers_and_body_are_made_from_templates() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.variables.calls = Some(Json::parse(br#"{"d": {"id": "a b?c", "n": 5}}"#).expect("JSON"));
    kit.call = post("/datasets/{{ $calls.d.id }}/snapshots");
    kit.call.query = vec![
        ("expand[]".to_owned(), template("items")),
        ("n".to_owned(), template("{{ $calls.d.n }}")),
        ("q".to_owned(), template("a&b={{ $calls.d.id }}")),
    ];
    kit.change_api(|api| api.headers = vec![header("Accept", "text/csv"), header("X-From", "api")]);
    kit.call.headers = vec![header("accept", "application/json"), header("X-N", "n-{{ $calls.d.n }}")];
    kit.call.body = Some(Body::Json(JsonBody::Object(vec![
        ("n".to_owned(), JsonBody::Text(template("{{ $calls.d.n }}"))),
        (
            "list".to_owned(),
            JsonBody::Array(vec![JsonBody::Literal(json!(null)), JsonBody::Text(template("n={{ $calls.d.n }}"))]),
        ),
    ])));
    kit.perform().await;
    let seen = api.seen().remove(0);
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.uri, "/v1/datasets/a%20b%3Fc/snapshots?expand%5B%5D=items&n=5&q=a%26b%3Da+b%3Fc");
    for (name, value) in [
        ("accept", "application/json"),
        ("x-from", "api"),
        ("x-n", "n-5"),
        ("content-type", "application/json"),
        ("user-agent", concat!("apicron/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    assert_eq!(serde_json::from_str::<Value>(&seen.body).expect("JSON"), json!({"n": 5, "list": [null, "n=5"]}));
}

#[tokio::test]
async fn numbers_of_earlier_answers_are_sent_with_all_their_digits() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    let src = br#"{"src": {"n": 12345678901234567890123, "big": 1e400, "exact": 0.1000000000000000055}, "q": "a\"b"}"#;
    kit.variables.calls = Some(Json::parse(src).expect("JSON"));
    kit.call = post("/things");
    kit.call.body = Some(Body::Json(JsonBody::Object(vec![
        ("a \"b\"".to_owned(), JsonBody::Text(template("{{ $calls.src }}"))),
        (
            "list".to_owned(),
            JsonBody::Array(
                ["{{ $calls.src.n }}", "n={{ $calls.src.n }}", "{{ $calls.q }}"]
                    .map(|text| JsonBody::Text(template(text)))
                    .to_vec(),
            ),
        ),
        ("none".to_owned(), JsonBody::Array(Vec::new())),
        ("literal".to_owned(), JsonBody::Literal(json!({"x": 1.5}))),
    ])));
    kit.perform().await;
    let sent = [
        r#"{"a \"b\"":{"n":12345678901234567890123,"big":1e400,"exact":0.1000000000000000055},"#,
        r#""list":[12345678901234567890123,"n=12345678901234567890123","a\"b"],"none":[],"literal":{"x":1.5}}"#,
    ];
    assert_eq!(api.seen()[0].body, sent.concat());
}

#[tokio::test]
async fn a_secret_header_is_read_from_its_source_and_known_to_redaction() {
    let api = Server::answering(|_, seen| answer(200, &[], seen.header("x-api-key").unwrap_or("none"))).await;
    let mut kit = Kit::new(&api.url).await;
    let value = HeaderText::Secret(Source::Env("API_KEY".to_owned()));
    kit.change_api(|api| api.headers = vec![Header { name: "X-Api-Key".to_owned(), value }]);
    let record = kit.perform().await.record;
    assert_eq!(api.seen()[0].header("x-api-key"), Some(API_KEY));
    assert_eq!(record.result.map(|result| result.text), Some("[redacted]".to_owned()));
}

#[tokio::test]
async fn the_idempotency_key_is_that_of_the_tick_or_of_the_first_run_of_a_manual_chain() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call = post("/snapshots");
    let first = kit.perform().await.record.idempotency_key.expect("a key");
    let mut keys = Vec::new();
    for (trigger, id, occasion) in [
        (Trigger::Repeat, 8, Occasion::Tick),
        (Trigger::CatchUp, 9, Occasion::Tick),
        (Trigger::Manual, 7, Occasion::Manual(RunId(7))),
        (Trigger::Repeat, 8, Occasion::Manual(RunId(7))),
        (Trigger::Manual, 9, Occasion::Manual(RunId(9))),
    ] {
        (kit.run.trigger, kit.run.id, kit.run.occasion) = (trigger, RunId(id), occasion);
        keys.push(kit.perform().await.record.idempotency_key.expect("a key"));
    }
    assert_eq!((&keys[0], &keys[1]), (&first, &first));
    assert_eq!(keys[2], keys[3]);
    assert!(keys[2] != first && keys[4] != first && keys[4] != keys[2]);
    kit.run.occasion = Occasion::Tick;
    kit.call.name = "other".to_owned();
    assert_ne!(kit.perform().await.record.idempotency_key.expect("a key"), first);
}

#[tokio::test]
async fn a_get_carries_no_key_and_a_key_of_the_job_file_is_kept() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    assert_eq!(kit.perform().await.record.idempotency_key, None);
    kit.call = post("/snapshots");
    kit.call.headers = vec![header("Idempotency-Key", "mine")];
    assert_eq!(kit.perform().await.record.idempotency_key.as_deref(), Some("mine"));
    assert_eq!(api.seen()[1].header("idempotency-key"), Some("mine"));
}

#[tokio::test]
async fn a_redirect_gets_no_second_request_and_so_no_credentials() {
    let other = Server::answering(|_, _| usage()).await;
    let location = other.url.join("/elsewhere?code=canary").expect("a URL").to_string();
    let api = Server::answering(move |_, _| answer(307, &[("location", &location)], "")).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call = get("/usage");
    let record = kit.perform().await.record;
    assert_eq!((api.seen().len(), other.seen().len()), (1, 0));
    assert_ne!(bearer(&api.seen()[0]), "none");
    let reason = record.reason.expect("a reason");
    assert!(reason.contains("/elsewhere,") && !reason.contains("canary"), "{reason}");
}
