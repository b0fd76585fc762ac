use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::run::{Scopes, TokenEventKind};
use crate::token::TokenFailure;
use crate::token::testing::{Bench, Server, client, credential, eventually, json_answer, token, token_reply};

#[tokio::test]
async fn five_hundred_callers_that_start_together_send_one_request() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::parse("usage:read"));
    let bearers = join_all((0..500).map(|_| bench.tokens.bearer(&credential, &scopes))).await;
    assert!(bearers.iter().all(|bearer| bearer.as_ref().is_ok_and(|bearer| bearer.value().expose() == token(1))));
    assert_eq!((bench.tokens.requests(), server.seen().len()), (1, 1));
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Fetched]);
}

#[tokio::test]
async fn callers_that_wait_together_share_a_failure_as_they_share_a_token() {
    let server = Server::answering(|_, _| json_answer(400, &json!({"error": "invalid_client"}))).await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::default());
    let failures = join_all((0..20).map(|_| bench.tokens.bearer(&credential, &scopes))).await;
    assert!(failures.iter().all(Result::is_err));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_waiter_that_goes_away_does_not_take_the_flight_with_it() {
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let server = Server::start(move |n, _| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.expect("a gate").forget();
            token_reply(n, 3600)
        }
    })
    .await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::default());
    let first = tokio::spawn({
        let (tokens, credential, scopes) = (bench.tokens.clone(), Arc::clone(&credential), scopes.clone());
        async move { tokens.bearer(&credential, &scopes).await }
    });
    server.requests(1).await;
    first.abort();
    let second = bench.tokens.bearer(&credential, &scopes);
    open.add_permits(1);
    assert_eq!(second.await.expect("a bearer").generation(), 1);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_panic_in_the_flight_is_an_error_for_all_who_wait_and_not_for_ever() {
    let server = Server::answering(|n, _| match n {
        1 => json_answer(500, &json!({})),
        _ => token_reply(n, 3600),
    })
    .await;
    // The first draw is for the pause before the flight's second try.
    let first = AtomicBool::new(true);
    let bench = Bench::with_jitter(move || {
        assert!(!first.swap(false, Ordering::Relaxed), "a fault, made for this test");
        0.0
    });
    let (credential, scopes) = (credential(client(&server)), Scopes::default());
    let failures = join_all((0..20).map(|_| bench.tokens.bearer(&credential, &scopes))).await;
    for failure in failures {
        assert!(matches!(failure, Err(TokenFailure::Panicked { .. })), "{failure:?}");
    }
    assert!(bench.tokens.bearer(&credential, &scopes).await.is_ok());
}

#[tokio::test]
async fn other_scopes_are_another_token_and_the_order_of_scopes_is_none() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    for (scopes, expected) in [("a b", 1), ("b a a", 1), ("a", 2), ("", 3)] {
        let bearer = bench.tokens.bearer(&credential, &Scopes::parse(scopes)).await.expect("a bearer");
        assert_eq!(bearer.value().expose(), token(expected), "{scopes}");
    }
}

#[tokio::test]
async fn a_token_cannot_be_printed_and_is_redacted_as_soon_as_it_is_there() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let bearer = bench.tokens.bearer(&credential, &Scopes::default()).await.expect("a bearer");
    assert!(!format!("{bearer:?} {:?}", bearer.value()).contains("canary"));
    assert_eq!(bench.redactor.scrub(&format!("got {}", token(1))), "got [redacted]");
}

#[tokio::test]
async fn a_client_that_is_refused_is_not_asked_for_with_other_scopes_until_the_failure_holds_no_more() {
    let server = Server::answering(|n, _| match n {
        1 => json_answer(401, &json!({"error": "invalid_client"})),
        _ => token_reply(n, 3600),
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    for n in 0..50 {
        let refused = bench.tokens.bearer(&credential, &Scopes::parse(&format!("scope:{n}"))).await;
        assert!(refused.is_err_and(|failure| failure.refuses_client()));
    }
    assert_eq!(server.seen().len(), 1);
    bench.pass(5 * 60);
    for n in 0..3 {
        bench.tokens.bearer(&credential, &Scopes::parse(&format!("scope:{n}"))).await.expect("a bearer");
    }
    assert_eq!(server.seen().len(), 4, "accepted, and each asked for");
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_replaced_with_a_secret_that_is_refused() {
    let server = Server::answering(|n, _| match n {
        1 => token_reply(n, 3600),
        _ => json_answer(401, &json!({"error": "invalid_client"})),
    })
    .await;
    let (bench, credential, scopes) = (Bench::new(), credential(client(&server)), Scopes::parse("a"));
    let bearer = bench.tokens.bearer(&credential, &scopes).await.expect("a bearer");
    bench.tokens.bearer(&credential, &Scopes::parse("b")).await.expect_err("refused");
    bench.tokens.bearer(&credential, &scopes).await.expect("it is in use still");
    let failure = bench.tokens.replace(&credential, &scopes, &bearer, 401).await.expect_err("refused");
    assert!(failure.refuses_client(), "{failure}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn of_many_that_ask_with_other_scopes_at_once_one_finds_out_that_the_client_is_refused() {
    let server = Server::answering(|_, _| json_answer(401, &json!({"error": "invalid_client"}))).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let scopes: Vec<Scopes> = (0..50).map(|n| Scopes::parse(&format!("scope:{n}"))).collect();
    let bearers = join_all(scopes.iter().map(|scopes| bench.tokens.bearer(&credential, scopes))).await;
    assert!(bearers.into_iter().all(|bearer| bearer.is_err_and(|failure| failure.refuses_client())));
    assert_eq!(server.seen().len(), 1);
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Failed], "of a request that was sent");
}

#[tokio::test]
async fn an_endpoint_that_is_slow_for_some_scopes_holds_the_others_for_five_seconds_at_most() {
    let server = Server::start(|n, _| async move {
        match n {
            1 => std::future::pending().await,
            _ => token_reply(n, 3600),
        }
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let ask = |scopes: &str| {
        let (tokens, credential, scopes) = (bench.tokens.clone(), Arc::clone(&credential), Scopes::parse(scopes));
        tokio::spawn(async move { tokens.bearer(&credential, &scopes).await })
    };
    let slow = ask("slow");
    server.requests(1).await;
    let other = ask("other");
    eventually(|| {
        bench.pass(1);
        server.seen().len() == 2
    })
    .await;
    other.await.expect("no panic").expect("a bearer");
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_refusal_that_does_not_name_the_client_may_be_about_the_scopes_and_stops_no_others() {
    let server = Server::answering(|n, _| match n {
        1 => json_answer(403, &json!({})),
        _ => token_reply(n, 3600),
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    bench.tokens.bearer(&credential, &Scopes::parse("a")).await.expect_err("refused");
    bench.tokens.bearer(&credential, &Scopes::parse("b")).await.expect("a bearer");
}
