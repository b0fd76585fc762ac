use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::Barrier;

use super::book::Book;
use super::kit::{Kit, filter, get, metric, post, template};
use crate::filter::{Filter, Json, Variable};
use crate::job::{Call, Each, Elements, OnError, Records, Remember};
use crate::run::{CallState, Gone, Kind, Name};
use crate::token::testing::{Server, answer, json_answer};

fn each(of: &str, key: Option<&str>) -> Each {
    let of = Filter::compile(of, &[Variable::Calls]).expect("a filter");
    Each { of: Elements::Filter(of), key: key.map(filter), concurrency: NonZeroUsize::MIN }
}

fn call(of: &str, key: Option<&str>) -> Call {
    Call { each: Some(each(of, key)), ..get("/files/{{ $each }}") }
}

async fn kit(call: Call, api: &Server) -> (Kit, Book) {
    let (mut kit, book) = (Kit::new(&api.url).await, Book::default());
    kit.keep_in(book.clone());
    kit.call = call;
    (kit, book)
}

async fn echo() -> Server {
    Server::answering(|_, seen| {
        if seen.uri.contains("bad") { answer(404, &[], "") } else { json_answer(200, &json!({"n": 1, "at": seen.uri})) }
    })
    .await
}

#[tokio::test]
async fn each_element_is_a_call_with_a_row_of_its_own() {
    let api = echo().await;
    let metrics = vec![metric("n", ".n")];
    let call = Call { metrics, kept_for_later: true, ..call(r#""a", "b", 3"#, None) };
    let (kit, book) = kit(call, &api).await;
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken, made.records.len()), (3, 0, 0));
    let rows: Vec<_> = book.kept().ended.iter().map(|row| (row.seq, row.element.clone(), row.state)).collect();
    let row = |seq, element: &str| (seq, Some(element.to_owned()), CallState::Succeeded);
    assert_eq!(rows, [row(0, "a"), row(1, "b"), row(2, "3")]);
    let labels: Vec<&str> = made.samples.iter().map(|sample| sample.label.as_str()).collect();
    assert_eq!(labels, ["a", "b", "3"]);
    let body = made.body.expect("kept").to_string();
    assert_eq!(
        body,
        r#"{"a":{"n":1,"at":"/v1/files/a"},"b":{"n":1,"at":"/v1/files/b"},"3":{"n":1,"at":"/v1/files/3"}}"#
    );
    assert_eq!(made.done.into_iter().collect::<Vec<_>>(), ["3", "a", "b"]);
}

#[tokio::test]
async fn a_failure_ends_the_others_unless_they_are_to_go_on() {
    let api = echo().await;
    let (mut kit, book) = kit(call(r#""a", "bad1", "b", "bad2", "c""#, None), &api).await;
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken, api.seen().len()), (2, 1, 2));
    assert_eq!((made.records[0].element.as_deref(), made.records[0].kind), (Some("bad1"), Some(Kind::Status)));
    assert!(made.records[0].is_recorded);
    kit.call.on_error = OnError::Continue;
    book.kept().ended.clear();
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken, book.kept().ended.len()), (5, 2, 5));
    assert_eq!(made.done.len(), 3);
}

#[tokio::test]
async fn as_many_run_at_once_as_the_call_allows() {
    let (barrier, most) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&most));
    let api = Server::start(move |_, _| {
        let (barrier, inside, peak) = (Arc::clone(&barrier), Arc::clone(&inside), Arc::clone(&peak));
        async move {
            peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            barrier.wait().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            json_answer(200, &json!(1))
        }
    })
    .await;
    let mut call = call("1, 2, 3, 4, 5, 6", None);
    if let Some(each) = &mut call.each {
        each.concurrency = NonZeroUsize::MIN.saturating_add(2);
    }
    let (kit, _book) = kit(call, &api).await;
    assert_eq!(kit.make().await.broken, 0);
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_key_is_one_text_or_number_and_comes_once() {
    let api = echo().await;
    for (of, key, part) in [
        (r#"{"a": 1}"#, None, "each_key"),
        (r#""""#, None, "an empty text"),
        (r#""a", "b", "a""#, None, "two elements"),
        (r#"{"a": 1}, {"a": 1}"#, Some(".a"), "two elements"),
        (r#"{"a": null}"#, Some(".a"), "null"),
        ("$calls.none.x | error", None, "failed"),
    ] {
        let (kit, _book) = kit(call(of, key), &api).await;
        let made = kit.make().await;
        let last = made.records.last().expect("a row");
        assert_eq!((last.state, last.kind), (CallState::Failed, Some(Kind::Filter)), "{of}");
        assert!(last.reason.as_deref().is_some_and(|reason| reason.contains(part)), "{of}: {:?}", last.reason);
    }
}

#[tokio::test]
async fn a_call_without_elements_or_whose_condition_does_not_hold_is_skipped_and_no_failure() {
    let api = echo().await;
    let (mut kit, book) = kit(call("empty", None), &api).await;
    let made = kit.make().await;
    assert_eq!((made.records[0].state, made.rows, made.broken), (CallState::Skipped, 1, 0));
    kit.call = Call { when: Some(filter("$calls.x.n == 1")), ..get("/usage") };
    let made = kit.make().await;
    assert_eq!((made.records[0].state, made.broken), (CallState::Skipped, 0));
    assert!(made.records[0].reason.as_deref().is_some_and(|reason| reason.contains("$calls.x.n == 1")));
    kit.call = Call { when: Some(each_filter("$each != \"b\"")), ..call(r#""a", "b""#, None) };
    let made = kit.make().await;
    let states: Vec<_> = book.kept().ended.iter().map(|row| row.state).collect();
    assert_eq!((made.broken, states), (0, vec![CallState::Succeeded, CallState::Skipped]));
    assert_eq!(api.seen().len(), 1);
}

fn each_filter(text: &str) -> Filter {
    Filter::compile(text, &[Variable::Each]).expect("a filter")
}

#[tokio::test]
async fn records_of_a_collection_are_elements_by_their_keys() {
    let api = echo().await;
    let of = Elements::Records(Name::new("datasets").expect("a name"));
    let each = Each { of, key: None, concurrency: NonZeroUsize::MIN };
    let (kit, book) = kit(Call { each: Some(each), ..get("/x/{{ $each.id }}") }, &api).await;
    for n in 1..=5 {
        book.kept().records.insert(format!("k{n}"), format!(r#"{{"id": {n}}}"#));
    }
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken), (5, 0));
    let uris: Vec<String> = api.seen().into_iter().map(|seen| seen.uri).collect();
    assert_eq!(uris, ["/v1/x/1", "/v1/x/2", "/v1/x/3", "/v1/x/4", "/v1/x/5"]);
    assert_eq!(book.kept().ended[4].element.as_deref(), Some("k5"));
}

#[tokio::test]
async fn each_element_has_an_idempotency_key_of_its_own_that_stays_the_same() {
    let api = echo().await;
    let call = Call { each: Some(each(r#""a", "b""#, None)), path: template("/x"), ..post("/x") };
    let (kit, _book) = kit(call, &api).await;
    kit.make().await;
    kit.make().await;
    let keys: Vec<String> =
        api.seen().iter().map(|seen| seen.header("idempotency-key").unwrap_or_default().to_owned()).collect();
    assert_eq!((&keys[0], &keys[1]), (&keys[2], &keys[3]));
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn more_elements_than_a_metric_may_have_series_are_a_failure() {
    let api = echo().await;
    let call = Call { metrics: vec![metric("n", ".n")], ..call("$calls.before[]", None) };
    let (mut kit, _book) = kit(call, &api).await;
    let numbers = Json::array((0..1_001_i64).map(Json::from));
    kit.variables.calls = Some(Json::object([("before", numbers)]));
    let made = kit.make().await;
    assert_eq!(made.records.last().and_then(|row| row.kind), Some(Kind::Filter));
}

#[tokio::test]
async fn what_is_remembered_of_elements_starts_from_all_of_them() {
    let api = echo().await;
    let remember = vec![Remember { name: "n".to_owned(), value: filter("$calls.before.n + 1") }];
    let (mut kit, _book) = kit(Call { remember, ..call(r#""a""#, None) }, &api).await;
    let before = Json::object([("before", Json::object([("n", Json::from(4_i64))]))]);
    kit.variables.calls = Some(before);
    assert_eq!(kit.make().await.remembered[0].value, "5");
}

#[tokio::test]
async fn nothing_is_marked_gone_while_an_element_is_left_out() {
    let api = echo().await;
    let records = Records {
        into: Name::new("files").expect("a name"),
        key: filter(".at"),
        gone: Gone::Mark,
        columns: Vec::new(),
    };
    let call = Call { records: Some(records), ..call(r#""a", "b""#, None) };
    let (mut kit, book) = kit(call, &api).await;
    assert_eq!(kit.make().await.broken, 0);
    kit.call.when = Some(each_filter("$each == \"a\""));
    book.kept().progress.clear();
    assert_eq!(kit.make().await.broken, 0);
    assert_eq!(book.kept().completed, [Gone::Mark, Gone::Keep]);
}

#[tokio::test]
async fn a_refusal_of_who_calls_ends_the_others_also_where_they_are_to_go_on() {
    let api =
        Server::answering(|_, _| json_answer(403, &json!({"detail": "Missing required scope: files:read"}))).await;
    let call = Call { on_error: OnError::Continue, ..call(r#""a", "b", "c""#, None) };
    let (kit, _book) = kit(call, &api).await;
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken, made.records[0].state), (1, 1, CallState::Refused));
}

#[tokio::test]
async fn keys_that_come_twice_are_found_before_anything_is_sent() {
    let api = echo().await;
    let (kit, _book) = kit(call(r#""a", "b", "a""#, None), &api).await;
    assert_eq!((kit.make().await.broken, api.seen().len()), (1, 0));
}

#[tokio::test]
async fn a_run_that_is_cancelled_begins_no_more_elements() {
    let api = echo().await;
    let (kit, _book) = kit(call(r#""a", "b""#, None), &api).await;
    kit.halt.ask("it was cancelled");
    let made = kit.make().await;
    assert_eq!((made.records[0].state, made.records[0].kind), (CallState::Interrupted, Some(Kind::Stopped)));
    assert_eq!(api.seen().len(), 0);
}
