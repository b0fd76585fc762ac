use std::sync::atomic::Ordering;

use super::kit::{Kit, get, post};
use crate::run::{CallState, Kind};
use crate::token::testing::{Server, raw_server};

#[tokio::test]
async fn a_broken_answer_ends_in_the_kind_of_the_break_after_every_attempt() {
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 11\r\n\r\nnot gzipped";
    for (answer, kind, attempts) in [
        ("", Kind::Reset, 3),
        ("HTTP/1.1 200 OK\r\ncontent-le", Kind::Reset, 3),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", Kind::Reset, 3),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha", Kind::Reset, 3),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhalf", Kind::Protocol, 3),
        ("SSH-2.0-OpenSSH_9.6\r\n", Kind::Protocol, 3),
        (gzip, Kind::Encoding, 1),
    ] {
        let (url, connections) = raw_server(answer).await;
        let record = Kit::new(&url).await.perform().await.record;
        let reason = record.reason.unwrap_or_default();
        assert_eq!((record.state, record.kind), (CallState::Failed, Some(kind)), "{answer}: {reason}");
        assert_eq!(connections.load(Ordering::Relaxed), attempts, "{answer}");
        assert!(record.attempts.iter().all(|attempt| attempt.kind == Some(kind)));
        assert!(reason.starts_with("127.0.0.1: ") && !reason.contains("/v1"), "{reason}");
    }
}

#[tokio::test]
async fn a_header_beyond_all_measure_is_a_failure() {
    let answer = format!("HTTP/1.1 200 OK\r\nx-huge: {}\r\n\r\n", "h".repeat(1 << 20));
    let (url, _) = raw_server(answer).await;
    assert_eq!(Kit::new(&url).await.perform().await.record.kind, Some(Kind::Protocol));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failure_to_connect_and_one_without_tls_a_failure_of_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let gone = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    drop(listener);
    assert_eq!(Kit::new(&gone).await.perform().await.record.kind, Some(Kind::Connect));
    let (mut plain, _) = raw_server("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    plain.set_scheme("https").expect("a scheme");
    assert_eq!(Kit::new(&plain).await.perform().await.record.kind, Some(Kind::Tls));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_a_failure_of_dns() {
    // RFC 6761 section 6.4: this name never resolves.
    let kit = Kit::new(&"https://api.invalid".parse().expect("a URL")).await;
    assert_eq!(kit.perform().await.record.kind, Some(Kind::Dns));
}

#[tokio::test]
async fn an_address_that_is_never_called_is_not_called() {
    for url in ["https://169.254.169.254", "https://[::ffff:169.254.169.254]", "http://192.0.2.1"] {
        let record = Kit::new(&url.parse().expect("a URL")).await.perform().await.record;
        assert_eq!((record.kind, record.attempts.len()), (Some(Kind::BlockedTarget), 0), "{url}");
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_timeout_whether_its_head_came_or_not() {
    let silent = Server::start(|_, _| std::future::pending()).await;
    let slow = Server::start(|_, _| async {
        let body = axum::body::Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>());
        axum::response::Response::new(body)
    })
    .await;
    for (api, status) in [(silent, None), (slow, Some(200))] {
        let mut kit = Kit::new(&api.url).await;
        kit.call.timeout = std::time::Duration::from_secs(60);
        kit.call.retry.attempts = std::num::NonZeroU32::MIN;
        let record = kit.perform_in_time().await.record;
        assert_eq!((record.kind, record.status, record.attempts.len()), (Some(Kind::Timeout), status, 1));
    }
}

#[tokio::test]
async fn a_post_that_may_have_taken_effect_is_not_sent_again_without_a_key() {
    let (url, connections) = raw_server("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let mut kit = Kit::new(&url).await;
    kit.call = post("/chats");
    kit.call.idempotency_key = false;
    let record = kit.perform().await.record;
    assert_eq!((record.kind, record.idempotency_key), (Some(Kind::Reset), None));
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    assert!(record.reason.is_some_and(|reason| reason.contains("may have taken effect")));
    kit.call = get("/chats");
    kit.perform().await;
    assert_eq!(connections.load(Ordering::Relaxed), 4, "a GET is sent again");
}
