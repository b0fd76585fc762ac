use std::time::Duration;

use serde_json::{Value, json};

use super::kit::{Kit, filter, get, metric, usage};
use crate::job::Call;
use crate::run::{CallState, Kind, Number};
use crate::token::testing::{Server, answer, json_answer};

#[tokio::test]
async fn a_call_that_is_answered_gives_its_numbers_its_result_and_its_attempt() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.metrics = vec![metric("available", ".credits.available"), metric("gone", ".nothing")];
    let performed = kit.perform().await;
    let record = performed.record;
    assert_eq!((record.state, record.kind, record.status), (CallState::Succeeded, None, Some(200)));
    let note = "metric `gone` has no value: `.nothing` is absent (null) in the reply";
    assert_eq!(record.reason.as_deref(), Some(note));
    assert_eq!(record.url, format!("{}v1/usage", api.url));
    assert_eq!((record.pages, record.bytes, record.attempts.len()), (1, 39, 1));
    assert_eq!(record.attempts[0].token_generation, Some(1));
    let result = record.result.expect("a result");
    assert_eq!(result.text, r#"{"credits":{"used":910,"available":90}}"#);
    assert_eq!(result.content_type.as_deref(), Some("application/json"));
    let samples: Vec<_> = performed.samples.iter().map(|s| (s.metric.as_str(), s.label.as_str(), s.value)).collect();
    assert_eq!(samples, [("credits.available", "", Number::Whole(90))]);
    assert!(performed.body.is_none() && performed.verdict.is_none());
}

#[tokio::test]
async fn the_reply_is_a_variable_without_what_carries_credentials() {
    let headers = [("x-left", "41"), ("x-left", "42"), ("set-cookie", "a=b"), ("x-csrf-token", "c")];
    let api = Server::answering(move |_, _| answer(200, &headers, "{}")).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.expect.that = Some(filter(
        r#"$reply.status == 200 and $reply.bytes == 2 and $reply.headers["x-left"] == "41, 42" and
           ($reply.headers | has("set-cookie") or has("x-csrf-token") | not)"#,
    ));
    let record = kit.perform().await.record;
    assert_eq!(record.reason, None);
}

#[tokio::test]
async fn an_empty_answer_is_null() {
    let api = Server::answering(|_, _| answer(204, &[], "")).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.expect.that = Some(filter(". == null"));
    kit.call.kept_for_later = true;
    let performed = kit.perform().await;
    assert_eq!(performed.record.state, CallState::Succeeded);
    assert_eq!(performed.body.map(|body| Value::from(&body)), Some(Value::Null));
}

#[tokio::test]
async fn an_empty_answer_with_the_status_of_one_that_has_content_is_no_json_where_a_filter_looks_into_it() {
    for (status, that, kind) in [
        (200, ".ok", Some(Kind::NotJson)),
        (206, ".ok", Some(Kind::NotJson)),
        (200, "$reply.bytes == 0", None),
        (201, ". == null", None),
        (202, ". == null", None),
    ] {
        let api = Server::answering(move |_, _| answer(status, &[], "")).await;
        let mut kit = Kit::new(&api.url).await;
        kit.call.expect.that = Some(filter(that));
        assert_eq!(kit.perform().await.record.kind, kind, "{status} {that}");
    }
}

#[tokio::test]
async fn an_answer_ends_in_the_kind_that_says_what_is_wrong_with_it() {
    let cases: [(u16, &'static [u8], Kind); 9] = [
        (200, b"<html>", Kind::NotJson),
        (200, b"{\"a\": 1", Kind::NotJson),
        (200, b"\"\xff\xfe\"", Kind::Encoding),
        (200, b"{\"ok\": false}", Kind::Expect),
        (200, b"[1]", Kind::Filter),
        (404, b"{\"detail\": \"No such thing.\"}", Kind::Status),
        (409, b"", Kind::Status),
        (422, b"{\"detail\": [1]}", Kind::Status),
        (302, b"", Kind::Redirect),
    ];
    for (status, body, kind) in cases {
        let script = move |_, _: &_| {
            let mut response = answer(status, &[], "");
            *response.body_mut() = axum::body::Body::from(body);
            response
        };
        let api = Server::answering(script).await;
        let mut kit = Kit::new(&api.url).await;
        kit.call.expect.that = Some(filter(".ok"));
        let performed = kit.perform().await;
        assert_eq!(
            (performed.record.state, performed.record.kind),
            (CallState::Failed, Some(kind)),
            "{status} {body:?}"
        );
        assert!(performed.record.reason.is_some_and(|reason| reason.contains("127.0.0.1") || reason.contains(".ok")));
        assert_eq!(api.seen().len(), 1, "{kind} is not tried again");
    }
}

#[tokio::test]
async fn deep_nesting_is_no_json_and_takes_no_stack() {
    let api = Server::answering(|_, _| answer(200, &[], &"[".repeat(100_000))).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.kept_for_later = true;
    assert_eq!(kit.perform().await.record.kind, Some(Kind::NotJson));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_too_large_also_when_it_was_small_on_the_wire() {
    let plain = Server::answering(|_, _| answer(200, &[], &"x".repeat(5000))).await;
    let bomb = Server::answering(|_, _| {
        let mut response = answer(200, &[("content-encoding", "zstd")], "");
        *response.body_mut() = axum::body::Body::from(zeros_in_zstd(100));
        response
    })
    .await;
    for api in [plain, bomb] {
        let mut kit = Kit::new(&api.url).await;
        kit.body_limit = 4999;
        let record = kit.perform().await.record;
        assert_eq!((record.kind, record.bytes), (Some(Kind::TooLarge), 4999));
    }
}

/// A Zstandard frame (RFC 8878 section 3.1.1) of `blocks` times 128 KiB of zeros, four bytes each.
fn zeros_in_zstd(blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
    for n in 1..=blocks {
        let header = (0x20000_u32 << 3) | (1 << 1) | u32::from(n == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

#[tokio::test]
async fn a_large_body_is_read_by_filters_and_kept_only_in_part() {
    let body = json!({"n": 5, "text": "ä".repeat(100_000)});
    let api = Server::answering(move |_, _| json_answer(200, &body)).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.metrics = vec![metric("n", ".n")];
    let performed = kit.perform().await;
    assert_eq!(performed.samples.len(), 1);
    let kept = performed.record.result.expect("a result").text.len();
    assert!(kept <= 64 * 1024 && kept > 64 * 1024 - 2, "{kept}");
}

#[tokio::test]
async fn the_deadline_ends_a_call_in_the_middle_of_an_attempt() {
    let api = Server::start(|_, _| std::future::pending()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call.timeout = 2 * kit.job.deadline;
    let (performed, ()) = tokio::join!(kit.perform(), async {
        api.requests(1).await;
        kit.bench.hands.advance(Duration::from_secs(2 * 60 * 60));
    });
    let record = performed.record;
    assert_eq!((record.state, record.kind), (CallState::Failed, Some(Kind::Deadline)));
    assert_eq!(record.attempts[0].kind, Some(Kind::Deadline));
    assert_eq!(record.attempts[0].duration_ms, 2 * 60 * 60 * 1000);
}

#[tokio::test]
async fn a_filter_that_takes_long_holds_up_neither_others_nor_the_deadline() {
    let long = r#"("a" * 20000 | split("")) as $x | [$x[] | select(. as $y | any($x[]; . == "b"))] | length"#;
    let api = Server::answering(|_, _| answer(200, &[], r#"{"credits": 5}"#)).await;
    for (call, sent) in
        [(Call { metrics: vec![metric("n", long)], ..get("/usage") }, 1), (get(&format!("/files/{{{{ {long} }}}}")), 0)]
    {
        let mut kit = Kit::new(&api.url).await;
        (kit.call, kit.job.deadline) = (call, Duration::from_secs(20));
        let record = kit.perform_in_time().await.record;
        assert_eq!((record.kind, record.attempts.len()), (Some(Kind::Deadline), sent), "{:?}", record.reason);
    }
}

#[tokio::test]
async fn a_stop_interrupts_a_call_in_the_middle_of_an_attempt() {
    let api = Server::start(|_, _| std::future::pending()).await;
    let kit = Kit::new(&api.url).await;
    let (performed, ()) = tokio::join!(kit.perform(), async {
        api.requests(1).await;
        kit.shutdown.cut_off();
    });
    assert_eq!((performed.record.state, performed.record.kind), (CallState::Interrupted, Some(Kind::Stopped)));
    assert_eq!(performed.record.attempts.len(), 1);
}

#[tokio::test]
async fn a_value_that_is_missing_from_a_template_fails_the_call_before_anything_is_sent() {
    let api = Server::answering(|_, _| usage()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call = get("/files/{{ $calls.none.id }}");
    let record = kit.perform().await.record;
    assert_eq!((record.kind, record.attempts.len()), (Some(Kind::MissingValue), 0));
    assert!(record.url.ends_with("/v1/files/{{ $calls.none.id }}"), "{}", record.url);
    assert!(api.seen().is_empty());
}
