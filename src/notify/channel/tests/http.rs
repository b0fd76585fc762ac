//! Over HTTP: what arrives, and what becomes of what does not.

use std::time::Duration;

use super::*;
use crate::token::testing::{Server, answer};

/// A webhook at a path that is secret.
fn webhook_at(server: &Server) -> Kit {
    Kit::new(&format!("{}hooks/canary-canary-canary", server.url))
}

async fn answered(status: u16, headers: &'static [(&str, &str)], body: &'static str) -> (SendError, String) {
    let server = Server::answering(move |_, _| answer(status, headers, body)).await;
    let error = webhook_at(&server).send(Target::Webhook(kept()), &[firing()]).await.expect_err("no");
    let said = everything_said(&error);
    assert!(!said.contains("canary"), "{said}");
    (error, said)
}

#[tokio::test]
async fn a_batch_is_one_post_whose_address_is_known_to_redaction() {
    let server = Server::answering(|_, _| answer(204, &[], "")).await;
    let kit = webhook_at(&server);
    let sent = kit.send(Target::Webhook(kept()), &[firing(), resolved()]).await.expect("sent");
    assert_eq!(sent, Sent { messages: 2, left_out: Vec::new() });
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("POST", "/hooks/canary-canary-canary"));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(kit.redactor.scrub("at canary-canary-canary, /hooks/canary-canary-canary"), "at [redacted], [redacted]");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_has_the_key_that_it_had() {
    let server = Server::answering(|_, _| answer(200, &[], "ok")).await;
    for messages in [[firing()], [firing()], [resolved()]] {
        webhook_at(&server).send(Target::Slack(kept()), &messages).await.expect("sent");
    }
    let keys: Vec<_> = server.seen().iter().map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert!(keys[0].is_some() && keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn of_many_messages_the_first_make_a_batch_and_of_none_there_is_none() {
    let server = Server::answering(|_, _| answer(200, &[], "")).await;
    let kit = webhook_at(&server);
    assert_eq!(kit.send(Target::Slack(kept()), &[]).await.expect("nothing to do"), Sent::default());
    let many = vec![firing(); LARGEST_BATCH + 5];
    assert_eq!(kit.send(Target::Slack(kept()), &many).await.expect("sent").messages, LARGEST_BATCH);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_alertmanager_is_called_below_its_base_with_what_its_address_has_to_log_in() {
    let server = Server::answering(|_, _| answer(200, &[], "")).await;
    let plain = Address::Plain(server.url.join("/am/").expect("a URL"));
    Kit::new("unused").send(Target::Alertmanager(plain), &[firing()]).await.expect("sent");
    let kit = Kit::new(&server.url.as_str().replace("http://", "http://ops:canary%2Fcanary@"));
    let target = || Target::Alertmanager(Address::Kept(kept()));
    kit.send(target(), &[firing()]).await.expect("sent");
    repeat(kit.line(), &channel(target()), &[firing()]).await.expect("sent");
    repeat(kit.line(), &channel(target()), &[]).await.expect("nothing to do");
    let seen = server.seen();
    let uris: Vec<_> = seen.iter().map(|seen| seen.uri.as_str()).collect();
    assert_eq!(uris, ["/am/api/v2/alerts", "/api/v2/alerts", "/api/v2/alerts"]);
    assert_eq!(seen[1].header("authorization"), Some("Basic b3BzOmNhbmFyeS9jYW5hcnk="));
    assert_eq!(kit.redactor.scrub("it was canary/canary"), "it was [redacted]");
    assert!(seen[1].body.contains("endsAt") && !seen[2].body.contains("endsAt"));
}

#[tokio::test]
async fn who_is_told_of_news_alone_gets_no_repeats() {
    let server = Server::answering(|_, _| answer(200, &[], "")).await;
    let kit = webhook_at(&server);
    repeat(kit.line(), &channel(Target::Webhook(kept())), &[firing()]).await.expect("nothing to do");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_answer_that_blames_the_messages_gives_them_up_and_any_other_is_tried_again() {
    for status in [400, 409, 413, 415, 422] {
        let (error, said) = answered(status, &[("retry-after", "7")], "no: canary-canary-canary\n at all").await;
        assert_eq!(error.next(), Next::GiveUp, "{said}");
        assert!(said.starts_with(&format!("the answer was {status}: no: [redacted] at all")), "{said}");
    }
    for status in [302, 401, 403, 404, 408, 410, 425, 429, 500, 503] {
        let (error, said) = answered(status, &[], "").await;
        assert_eq!(error.next(), Next::Again { after: None }, "{said}");
    }
}

#[tokio::test]
async fn the_answer_says_when_to_come_again_and_no_more_than_an_hour_is_waited() {
    let after = |seconds| Next::Again { after: Some(Duration::from_secs(seconds)) };
    assert_eq!(answered(429, &[("retry-after", "7")], "").await.0.next(), after(7));
    assert_eq!(answered(503, &[("retry-after", "Tue, 24 Nov 2026 12:01:00 GMT")], "").await.0.next(), after(60));
    assert_eq!(answered(503, &[("retry-after", "99999999999999999999999")], "").await.0.next(), after(3600));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (_, said) = answered(307, &[("location", "/elsewhere")], "").await;
    assert!(said.starts_with("the answer was 307"), "{said}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_shown_from_its_beginning() {
    let body: &'static str = Box::leak("x\u{202e}".repeat(100_000).into_boxed_str());
    let (_, said) = answered(500, &[], body).await;
    assert!(said.contains("x\\u{202e}x\\u{202e}") && said.len() < 1_000, "{said}");
}

#[tokio::test]
async fn an_answer_whose_body_does_not_come_is_judged_without() {
    let server = Server::answering(|_, _| {
        let mut answer = answer(413, &[], "");
        let never = futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>();
        *answer.body_mut() = axum::body::Body::from_stream(never);
        answer
    })
    .await;
    let kit = Kit { clock: Clock::system(), ..webhook_at(&server) };
    let error = kit.send(Target::Webhook(kept()), &[firing()]).await.expect_err("no");
    assert_eq!((error.to_string().as_str(), error.next()), ("the answer was 413", Next::GiveUp));
}

#[tokio::test]
async fn no_answer_within_ten_seconds_is_none() {
    let server = Server::start(|_, _| std::future::pending()).await;
    let kit = webhook_at(&server);
    let passing = async {
        server.requests(1).await;
        kit.hands.advance(Duration::from_secs(10));
    };
    let messages = [firing()];
    let (sent, ()) = tokio::join!(kit.send(Target::Webhook(kept()), &messages), passing);
    let error = sent.expect_err("no answer");
    assert_eq!(error.next(), Next::Again { after: None });
    assert_eq!(error.to_string(), "no answer came: no whole answer within 10s");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_said_to_be_so_and_not_shown() {
    let cases = [
        ("", "could not read its address: environment variable ADDRESS is not set"),
        ("canary canary", "environment variable ADDRESS holds no URL"),
        ("http://canary.example.com/x", "neither https nor http to this machine"),
        ("https://169.254.169.254/canary", "never called"),
    ];
    for (address, expected) in cases {
        let kit = Kit::new(address);
        for target in [Target::Webhook(kept()), Target::Slack(kept()), Target::Alertmanager(Address::Kept(kept()))] {
            let error = kit.send(target, &[firing()]).await.expect_err(address);
            let said = everything_said(&error);
            assert!(said.contains(expected) && !said.contains("canary"), "{address}: {said}");
            assert_eq!(error.next(), Next::Again { after: None });
        }
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_no_answer_and_not_shown() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let kit = Kit::new(&format!("http://{port}/canary-canary-canary"));
    let error = kit.send(Target::Webhook(kept()), &[firing()]).await.expect_err("nobody");
    let said = everything_said(&error);
    assert!(said.starts_with("no answer came: ") && !said.contains("canary"), "{said}");
}
