//! Mails that arrive.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::mail_server::{MailServer, Tls};
use super::*;
use crate::job::Mailbox;
use crate::token::testing::eventually;

pub(super) fn email(to: &[&str]) -> Target {
    let to = to.iter().map(|to| (*to).to_owned()).collect();
    Target::Email(Mailbox { to, from: "apicron <apicron@example.com>".to_owned(), smtp: kept() })
}

/// TLS for `localhost`, and what trusts it.
pub(super) fn certified() -> (TlsAcceptor, TlsParameters) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate with its key");
    let trusted = Certificate::from_der(made.cert.der().to_vec()).expect("a certificate");
    let trusting = TlsParametersBuilder::new("localhost".to_owned()).add_root_certificate(trusted);
    (TlsAcceptor::from(Arc::new(config)), trusting.build().expect("TLS"))
}

#[tokio::test]
async fn a_mail_is_handed_over_after_a_login_to_all_who_should_have_it() {
    let server = MailServer::start(|_| None).await;
    let kit = Kit::new(&format!("smtp://ops:canary%2Fcanary@127.0.0.1:{}", server.port));
    let sent = kit.send(email(&["a@example.com", "B <b@example.com>"]), &[firing()]).await.expect("sent");
    assert_eq!(sent, Sent { messages: 1, left_out: Vec::new() });
    let seen = server.seen();
    assert_eq!(
        seen[..6],
        [
            "EHLO [127.0.0.1]",
            "AUTH PLAIN AG9wcwBjYW5hcnkvY2FuYXJ5",
            "MAIL FROM:<apicron@example.com>",
            "RCPT TO:<a@example.com>",
            "RCPT TO:<b@example.com>",
            "DATA"
        ]
    );
    assert_eq!(seen.last().map(String::as_str), Some("QUIT"));
    assert!(seen.iter().any(|line| line == "Date: Tue, 24 Nov 2026 12:00:00 +0000"), "{seen:?}");
    assert_eq!(kit.redactor.scrub("AG9wcwBjYW5hcnkvY2FuYXJ5, canary/canary"), "AG9wcwB[redacted], [redacted]");
}

#[tokio::test]
async fn a_mail_that_is_sent_again_has_the_id_that_it_had() {
    let server = MailServer::start(|_| None).await;
    for messages in [[firing()], [firing()], [resolved()]] {
        let kit = Kit::new(&format!("smtp://127.0.0.1:{}", server.port));
        kit.send(email(&["a@example.com"]), &messages).await.expect("sent");
    }
    let seen = server.seen();
    let ids: Vec<_> = seen.iter().filter(|line| line.starts_with("Message-ID: <")).collect();
    assert!(ids.len() == 3 && ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[tokio::test]
async fn a_mail_goes_through_tls_from_the_first_byte_or_after_starttls() {
    let (acceptor, trusting) = certified();
    for (tls, scheme, query) in
        [(Tls::FromTheFirstByte(acceptor.clone()), "smtps", ""), (Tls::WhenAsked(acceptor), "smtp", "?tls=required")]
    {
        let server = MailServer::with(tls, |_| None).await;
        let kit = Kit::new(&format!("{scheme}://ops:canary@localhost:{}{query}", server.port));
        let Target::Email(mailbox) = email(&["a@example.com"]) else { unreachable!("a mailbox") };
        let reached = email::server(kit.line(), &kept()).await.expect("a server");
        let channel = channel(email(&["a@example.com"]));
        let batch = Batch::new(&channel, &[firing()], &kit.redactor);
        let letter = email::letter(&batch, &mailbox, noon()).expect("a letter");
        let sent = email::deliver_over(kit.line(), reached, letter, Some(trusting.clone())).await;
        assert_eq!(sent.expect("sent"), Vec::<String>::new());
        let seen = server.seen();
        let login = seen.iter().position(|line| line.starts_with("AUTH"));
        assert_eq!(seen.iter().position(|line| line == "STARTTLS").is_some(), scheme == "smtp", "{seen:?}");
        assert!(seen.iter().position(|line| line == "STARTTLS") < login, "{seen:?}");
    }
}

#[tokio::test]
async fn who_is_not_taken_does_not_keep_a_mail_from_the_others() {
    let script = |line: &str| line.starts_with("RCPT TO:<gone").then_some("550-no\r\n550 such user");
    let server = MailServer::start(script).await;
    let kit = Kit::new(&format!("smtp://127.0.0.1:{}", server.port));
    let sent = kit.send(email(&["gone@example.com", "b@example.com"]), &[firing()]).await.expect("sent");
    assert_eq!(sent.left_out, ["gone@example.com: 550 no such user"]);
    assert!(server.seen().iter().any(|line| line == "QUIT"));
}

#[tokio::test]
async fn a_server_that_says_no_good_bye_has_the_mail_all_the_same() {
    let server = MailServer::start(|line| (line == "QUIT").then_some("hang")).await;
    let kit = Kit::new(&format!("smtp://127.0.0.1:{}", server.port));
    let passing = async {
        eventually(|| server.seen().iter().any(|line| line == "QUIT")).await;
        kit.hands.advance(Duration::from_secs(1));
    };
    let messages = [firing()];
    let (sent, ()) = tokio::join!(kit.send(email(&["a@example.com"]), &messages), passing);
    assert_eq!(sent.expect("sent").messages, 1);
}
