use serde_json::json;

use super::kit::{Kit, post, template, usage};
use crate::call::request::Prepared;
use crate::filter::Json;
use crate::job::{Body, Header, HeaderText, JsonBody, Method};
use crate::run::{CallState, Kind};
use crate::token::testing::{Seen, Server};

/// A POST of this body, as the API sees it, with values to take from `$calls`.
async fn sent(body: Body, content_type: Option<&str>) -> Seen {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.variables.calls = Some(Json::from(json!({"q": "ü & co", "n": 5, "lines": "one\r\ntwo\n"})));
    kit.call = post("/things");
    kit.call.body = Some(body);
    kit.call.headers = content_type
        .map(|value| Header { name: "Content-Type".to_owned(), value: HeaderText::Template(template(value)) })
        .into_iter()
        .collect();
    let record = kit.perform().await.record;
    assert_eq!(record.state, CallState::Succeeded, "{:?}", record.reason);
    api.seen().remove(0)
}

fn fields(fields: &[(&str, &str)]) -> Vec<(String, crate::filter::Template)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), template(value))).collect()
}

fn text(value: &str) -> Body {
    Body::Text { text: template(value), content_type: "text/plain; charset=utf-8".to_owned() }
}

#[tokio::test]
async fn a_form_is_encoded_as_browsers_do_and_keeps_its_order() {
    let form = fields(&[("z", "{{ $calls.q }}"), ("a[]", "{{ $calls.n }}"), ("a[]", "1+1=2"), ("e", "")]);
    let seen = sent(Body::Form(form), None).await;
    assert_eq!(seen.body, "z=%C3%BC+%26+co&a%5B%5D=5&a%5B%5D=1%2B1%3D2&e=");
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(seen.header("content-length"), Some(seen.raw.len().to_string().as_str()));
}

#[tokio::test]
async fn a_text_goes_out_as_it_is_with_what_it_is() {
    let seen = sent(text("n={{ $calls.n }}\n{{ $calls.lines }}\u{1}ü"), None).await;
    assert_eq!(seen.body, "n=5\none\r\ntwo\n\u{1}ü");
    assert_eq!(seen.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn a_content_type_of_the_job_file_wins() {
    for body in [text("a"), Body::Form(fields(&[("a", "b")])), Body::Json(JsonBody::Literal(json!({"a": 1})))] {
        let seen = sent(body, Some("application/vnd.mine")).await;
        assert_eq!(seen.header("content-type"), Some("application/vnd.mine"), "{}", seen.body);
        assert_eq!(seen.headers.iter().filter(|(name, _)| name == "content-type").count(), 1);
    }
}

#[tokio::test]
async fn a_body_whose_template_has_no_value_is_not_sent() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    for body in [
        text("{{ $calls.none }}"),
        Body::Form(fields(&[("a", "{{ $calls.none }}")])),
        Body::Upload { field: "file".to_owned(), fields: fields(&[("a", "{{ $calls.none }}")]) },
        Body::Text { text: template("a"), content_type: "text/plain\r\nX: y".to_owned() },
    ] {
        kit.call = post("/things");
        kit.call.body = Some(body);
        assert_eq!(kit.perform().await.record.kind, Some(Kind::MissingValue), "{:?}", kit.call.body);
    }
    assert_eq!(api.seen().len(), 0);
}

#[tokio::test]
async fn every_method_that_changes_something_carries_its_body_and_a_key() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    for (method, name) in [(Method::Put, "PUT"), (Method::Patch, "PATCH"), (Method::Delete, "DELETE")] {
        kit.call = post("/things/1");
        kit.call.method = method;
        kit.call.body = Some(Body::Json(JsonBody::Literal(json!({"ids": [1, 2]}))));
        let record = kit.perform().await.record;
        let seen = api.seen().pop().expect("a request");
        assert_eq!((seen.method.as_str(), seen.body.as_str()), (name, r#"{"ids":[1,2]}"#));
        assert_eq!(seen.header("idempotency-key"), record.idempotency_key.as_deref());
        assert!(record.idempotency_key.is_some());
    }
}

#[tokio::test]
async fn each_element_has_a_key_of_its_own_and_a_repeat_the_same() {
    let mut kit = Kit::new(&"http://127.0.0.1:1".parse().expect("a URL")).await;
    let key = async |kit: &Kit, element| {
        let prepared = Prepared::new(&kit.call, &kit.making(element), None).await.expect("a request");
        prepared.idempotency_key
    };
    assert_eq!(key(&kit, Some("a")).await, None, "a GET has none");
    kit.call = post("/things");
    let mut keys = Vec::new();
    for element in [None, Some("a"), Some("b")] {
        keys.push(key(&kit, element).await.expect("a key"));
        kit.run.id = crate::run::RunId(kit.run.id.0 + 1);
        assert_eq!(key(&kit, element).await.as_ref(), keys.last(), "{element:?}");
    }
    keys.dedup();
    assert_eq!(keys.len(), 3, "{keys:?}");
}
