use std::time::Duration;

use serde_json::json;

use crate::run::{Kind, Scopes, TokenEventKind};
use crate::token::testing::{Bench, SECRET, Server, answer, client, credential, json_answer, token_reply};
use crate::token::{Bearer, LONGEST_BODY, TokenFailure};

async fn bearer(bench: &Bench, server: &Server) -> Result<Bearer, TokenFailure> {
    bench.tokens.bearer(&credential(client(server)), &Scopes::parse("usage:read")).await
}

#[tokio::test]
async fn a_flight_tries_again_by_itself_when_the_failure_may_pass() {
    let server = Server::answering(|n, _| match n {
        1 => answer(503, &[], "<html>busy"),
        2 => answer(429, &[("retry-after", "0")], ""),
        _ => token_reply(n, 3600),
    })
    .await;
    let bench = Bench::new();
    assert!(bearer(&bench, &server).await.is_ok());
    assert_eq!(bench.tokens.requests(), 3);
}

#[tokio::test]
async fn a_secret_that_is_not_accepted_is_not_sent_again_for_five_minutes_and_then_it_is() {
    let server = Server::answering(|n, _| match n {
        1 => json_answer(400, &json!({"error": "invalid_client", "error_description": "No such client."})),
        _ => token_reply(n, 3600),
    })
    .await;
    let bench = Bench::new();
    let failure = bearer(&bench, &server).await.expect_err("refused");
    let text = failure.to_string();
    for part in ["127.0.0.1", "`cuadra`", "400 invalid_client (No such client)"] {
        assert!(text.contains(part), "{text}");
    }
    bench.pass(299);
    assert!(bearer(&bench, &server).await.is_err());
    assert_eq!(bench.tokens.requests(), 1);
    bench.pass(1);
    assert!(bearer(&bench, &server).await.is_ok(), "errors are not cached for ever");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_longer_wait_than_a_flight_lasts_is_left_alone_for_it() {
    let server = Server::answering(|n, _| match n {
        4 => token_reply(n, 3600),
        _ => answer(500, &[("retry-after", "40")], ""),
    })
    .await;
    let bench = Bench::with_jitter(|| 1.0);
    for n in 1..=3 {
        assert!(bearer(&bench, &server).await.is_err());
        assert_eq!(bench.tokens.requests(), n);
        bench.pass(39);
        assert!(bearer(&bench, &server).await.is_err());
        assert_eq!(bench.tokens.requests(), n, "within the back-off");
        bench.pass(1);
    }
    assert!(bearer(&bench, &server).await.is_ok());
}

#[tokio::test]
async fn a_retry_after_beyond_all_measure_is_cut_to_a_quarter_of_an_hour() {
    let server = Server::answering(|n, _| match n {
        1 => answer(429, &[("retry-after", "99999999999999999999")], ""),
        _ => token_reply(n, 3600),
    })
    .await;
    let bench = Bench::new();
    assert!(bearer(&bench, &server).await.is_err());
    bench.pass(15 * 60 - 1);
    assert!(bearer(&bench, &server).await.is_err());
    bench.pass(1);
    assert!(bearer(&bench, &server).await.is_ok());
}

#[tokio::test]
async fn an_endpoint_that_never_answers_ends_the_flight_after_thirty_seconds() {
    let server = Server::start(|_, _| std::future::pending()).await;
    let bench = Bench::new();
    let (tokens, credential) = (bench.tokens.clone(), credential(client(&server)));
    let waiting = tokio::spawn(async move { tokens.bearer(&credential, &Scopes::default()).await });
    server.requests(1).await;
    bench.hands.advance(Duration::from_secs(30));
    let failure = waiting.await.expect("no panic").expect_err("a timeout");
    assert_eq!(failure.kind(), Kind::Timeout);
    assert!(failure.to_string().contains("30s"), "{failure}");
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_of_one_who_waits_is_its_failure_now_and_those_with_more_time_wait_on() {
    let server = Server::answering(|n, _| match n {
        1 => answer(503, &[("retry-after", "20")], ""),
        _ => token_reply(n, 3600),
    })
    .await;
    let bench = Bench::new();
    let (credential, scopes) = (credential(client(&server)), Scopes::default());
    let until = |seconds| bench.tokens.over_by(bench.clock.elapsed() + Duration::from_secs(seconds));
    let (patient, hurried, late) = (until(21), until(20), until(10));
    let patient = tokio::spawn({
        let (credential, scopes) = (std::sync::Arc::clone(&credential), scopes.clone());
        async move { patient.bearer(&credential, &scopes).await }
    });
    // One that waits when the pause begins, and one that comes within it.
    for tokens in [hurried, late] {
        let failure = tokens.bearer(&credential, &scopes).await.expect_err("too late");
        assert_eq!(failure.evidence().map(|evidence| evidence.response.status), Some(503));
        assert!(failure.to_string().contains("after the run's deadline"), "{failure}");
    }
    assert!(!patient.is_finished());
    bench.pass(20);
    patient.await.expect("no panic").expect("a bearer");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_named_with_the_kind_of_failure() {
    let server = Server::answering(|n, _| token_reply(n, 1)).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut gone = client(&server);
    gone.token_url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    drop(listener);
    let bench = Bench::new();
    let failure = bench.tokens.bearer(&credential(gone), &Scopes::default()).await.expect_err("refused");
    assert_eq!(failure.kind(), Kind::Connect);
    assert!(failure.to_string().contains("127.0.0.1 gave no answer"), "{failure}");
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Failed]);
}

#[tokio::test]
async fn a_reply_that_holds_no_usable_token_is_a_failure_and_never_a_token() {
    for (body, words) in [
        ("<html>", "no JSON object"),
        ("[]", "no JSON object"),
        ("{}", "without `access_token`"),
        (r#"{"access_token": null}"#, "no text"),
        (r#"{"access_token": ""}"#, "fits no header"),
        (r#"{"access_token": "canary canary"}"#, "fits no header"),
        (r#"{"access_token": "canary-canary", "token_type": "mac"}"#, "`token_type` mac"),
    ] {
        let server = Server::answering(move |_, _| answer(200, &[], body)).await;
        let failure = bearer(&Bench::new(), &server).await.expect_err("no token");
        assert!(failure.to_string().contains(words), "{failure}");
        assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let other = Server::answering(|n, _| token_reply(n, 3600)).await;
    let location = other.url.to_string();
    let server = Server::answering(move |_, _| answer(307, &[("location", &location)], "")).await;
    let failure = bearer(&Bench::new(), &server).await.expect_err("a redirect");
    assert!(failure.to_string().contains("307"), "{failure}");
    assert_eq!(other.seen().len(), 0);
}

#[tokio::test]
async fn the_evidence_of_a_refusal_says_who_asked_for_what_and_holds_no_secret() {
    let server = Server::answering(|_, request| {
        let headers = [("x-request-id", "rid-1"), ("date", "Tue, 24 Nov 2026 12:00:05 GMT")];
        answer(401, &headers, &format!(r#"{{"error": "invalid_client", "echo": {}}}"#, request.body))
    })
    .await;
    let failure = bearer(&Bench::new(), &server).await.expect_err("refused");
    let evidence = failure.evidence().expect("evidence");
    assert_eq!((evidence.response.status, evidence.token.age_s), (401, None));
    assert_eq!(evidence.token.requested_scopes, Scopes::parse("usage:read"));
    assert_eq!(evidence.server_date_skew_s, Some(5));
    assert!(evidence.response.body.contains("[redacted]"), "{}", evidence.response.body);
    let context = evidence.context.clone().expect("context");
    assert_eq!(context.client_id.as_deref(), Some("client-1"));
    assert_eq!(context.secret_source.as_deref(), Some("environment variable SECRET"));
    assert_eq!((context.request_id.as_deref(), context.token_body.as_deref()), (Some("rid-1"), Some("json")));
    assert!(!format!("{failure:?}").contains("correct-horse"), "{failure:?}");
}

#[tokio::test]
async fn of_a_secret_that_an_answer_is_cut_in_nothing_is_kept() {
    let server = Server::answering(|_, _| {
        let kept = LONGEST_BODY - "correct-horse-".len();
        answer(401, &[], &format!("{}{SECRET}", "x".repeat(kept)))
    })
    .await;
    let failure = bearer(&Bench::new(), &server).await.expect_err("refused");
    let response = &failure.evidence().expect("evidence").response;
    assert!(response.truncated && !response.body.contains("correct"), "{}", &response.body[LONGEST_BODY - 40..]);
}

#[tokio::test]
async fn of_a_secret_in_the_words_of_a_refusal_no_half_is_told() {
    let server = Server::answering(|_, _| {
        let words = format!("{}{SECRET}", "x".repeat(190));
        json_answer(401, &json!({"error": "invalid_client", "error_description": words}))
    })
    .await;
    let bench = Bench::new();
    let failure = bearer(&bench, &server).await.expect_err("refused");
    let event = bench.notes.all()[0].detail.clone().expect("a detail");
    assert!(!failure.to_string().contains("correct") && !event.contains("correct"), "{failure}");
}
