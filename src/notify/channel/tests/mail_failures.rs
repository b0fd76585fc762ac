//! Mails that do not arrive, and what is to be done then.

use std::time::Duration;

use super::mail::{certified, email};
use super::mail_server::{MailServer, Script, Tls};
use super::*;
use crate::token::testing::eventually;

const AGAIN: Next = Next::Again { after: None };

async fn failed(address: &str, to: &[&str]) -> (SendError, String) {
    let error = Kit::new(address).send(email(to), &[firing()]).await.expect_err("no");
    let said = everything_said(&error);
    assert!(!said.contains("canary"), "{said}");
    (error, said)
}

async fn refused(script: Script) -> (SendError, String) {
    let server = MailServer::start(script).await;
    failed(&format!("smtp://ops:canary-canary@127.0.0.1:{}", server.port), &["a@example.com", "b@example.com"]).await
}

#[tokio::test]
async fn a_refusal_says_at_which_step_and_only_content_that_is_refused_for_good_is_given_up() {
    let cases: [(Script, Step, &str, Next); 10] = [
        (
            |line| line.is_empty().then_some("554 go away"),
            Step::Greeting,
            "reaching the mail server failed: 554",
            AGAIN,
        ),
        (
            |line| line.starts_with("EHLO").then_some("250 mail.test"),
            Step::Login,
            "logging in at the mail server failed: No compatible authentication mechanism was found",
            AGAIN,
        ),
        (
            |line| line.starts_with("AUTH").then_some("535 not canary-canary AG9wcwBjYW5hcnktY2FuYXJ5"),
            Step::Login,
            "logging in at the mail server failed: 535 not [redacted] AG9wcwB[redacted]",
            AGAIN,
        ),
        (
            |line| line.starts_with("MAIL").then_some("550 not\x1b[2J you"),
            Step::Sender,
            "naming the sender failed: 550 not\\u{1b}[2J you",
            AGAIN,
        ),
        (
            |line| line.starts_with("RCPT").then_some("550 nobody"),
            Step::Recipients,
            "naming the recipients failed: a@example.com: 550 nobody; b@example.com: 550 nobody",
            AGAIN,
        ),
        (
            |line| (line == "DATA").then_some("451 later"),
            Step::Content,
            "handing over the mail failed: 451 later",
            AGAIN,
        ),
        (|line| (line == "DATA").then_some("554 no"), Step::Content, "handing over the mail failed: 554", Next::GiveUp),
        (|line| (line == ".").then_some("452 full"), Step::Content, "handing over the mail failed: 452 full", AGAIN),
        (|line| (line == ".").then_some("552 spam"), Step::Content, "handing over the mail failed: 552", Next::GiveUp),
        (|line| (line == ".").then_some("hang up"), Step::Content, "handing over the mail failed: incomplete", AGAIN),
    ];
    for (script, expected, beginning, next) in cases {
        let (error, said) = refused(script).await;
        assert!(said.starts_with(beginning), "{said}");
        assert!(matches!(&error, SendError::Mail { step, .. } if *step == expected), "{said}");
        assert_eq!(error.next(), next, "{said}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_does_not_encrypt_when_it_must() {
    let server = MailServer::start(|_| None).await;
    let (error, said) =
        failed(&format!("smtp://ops:canary@localhost:{}?tls=required", server.port), &["a@b.test"]).await;
    assert!(said.starts_with("encrypting the mail connection failed: STARTTLS is not supported"), "{said}");
    assert_eq!(error.next(), AGAIN);
    assert_eq!(server.seen(), ["EHLO [127.0.0.1]"]);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    let (acceptor, _) = certified();
    for (tls, scheme, query, expected) in [
        (Tls::FromTheFirstByte(acceptor.clone()), "smtps", "", "reaching the mail server failed: "),
        (Tls::WhenAsked(acceptor), "smtp", "?tls=required", "encrypting the mail connection failed: "),
    ] {
        let server = MailServer::with(tls, |_| None).await;
        let address = format!("{scheme}://ops:canary@localhost:{}{query}", server.port);
        let (error, said) = failed(&address, &["a@example.com"]).await;
        assert!(said.starts_with(expected) && said.contains("certificate"), "{said}");
        assert_eq!(error.next(), AGAIN);
        assert!(!server.seen().iter().any(|line| line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_after_half_a_minute() {
    let server = MailServer::start(|line| line.starts_with("EHLO").then_some("hang")).await;
    let kit = Kit::new(&format!("smtp://127.0.0.1:{}", server.port));
    let passing = async {
        eventually(|| !server.seen().is_empty()).await;
        kit.hands.advance(Duration::from_secs(30));
    };
    let messages = [firing()];
    let (sent, ()) = tokio::join!(kit.send(email(&["a@example.com"]), &messages), passing);
    let error = sent.expect_err("no answer");
    assert_eq!((error.to_string().as_str(), error.next()), ("no answer came: no whole answer within 30s", AGAIN));
}

#[tokio::test]
async fn an_address_without_a_server_is_said_to_be_so_and_not_shown() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    for (address, expected) in [
        (format!("smtp://ops:canary@{closed}"), "reaching the mail server failed: "),
        ("smtps://ops:canary@canary.invalid".to_owned(), "no answer came: the mail server's name leads nowhere"),
        ("smtp://canary.example.com".to_owned(), "mail would go to it in the open"),
        ("https://canary.example.com".to_owned(), "holds no address of a mail server"),
        ("canary canary".to_owned(), "holds no URL"),
    ] {
        let (error, said) = failed(&address, &["a@example.com"]).await;
        assert!(said.contains(expected), "{address}: {said}");
        assert_eq!(error.next(), AGAIN);
    }
}

#[tokio::test]
async fn what_is_no_mailbox_is_named() {
    let server = MailServer::start(|_| None).await;
    let (error, said) = failed(&format!("smtp://127.0.0.1:{}", server.port), &["ops at example.com"]).await;
    assert!(said.starts_with("`ops at example.com` is no mail address"), "{said}");
    assert_eq!(error.next(), AGAIN);
}
