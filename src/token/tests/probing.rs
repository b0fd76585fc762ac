use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::Response;
use futures_util::future::join_all;
use serde_json::json;

use crate::job::{Absence, ClientCredentials, Credential, Grant};
use crate::run::{Scopes, TokenEventKind};
use crate::secret::Source;
use crate::token::testing::{Bench, Rotating, Server, client, credential, json_answer, name, token_reply};
use crate::token::{Bearer, TokenFailure};

/// A token endpoint with a switch.
async fn switched() -> (Arc<AtomicBool>, Server) {
    let accepts = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&accepts);
    let server =
        Server::answering(move |n, _| if switch.load(Ordering::Relaxed) { token_reply(n, 3600) } else { no() });
    (accepts, server.await)
}

fn no() -> Response {
    json_answer(401, &json!({"error": "invalid_client"}))
}

async fn bearer(bench: &Bench, credential: &Arc<Credential>, scopes: &str) -> Result<Bearer, TokenFailure> {
    bench.tokens.bearer(credential, &Scopes::parse(scopes)).await
}

async fn probe(bench: &Bench, credential: &Arc<Credential>, scopes: &str) -> Result<Bearer, TokenFailure> {
    bench.tokens.probe(credential, &Scopes::parse(scopes)).await
}

#[tokio::test]
async fn a_probe_asks_past_a_failure_that_holds_and_its_success_ends_those_of_all_scopes() {
    let (accepts, server) = switched().await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    accepts.store(false, Ordering::Relaxed);
    for scopes in ["a", "b"] {
        bearer(&bench, &credential, scopes).await.expect_err("refused");
    }
    probe(&bench, &credential, "a").await.expect_err("still refused");
    assert_eq!(bench.tokens.requests(), 2);
    accepts.store(true, Ordering::Relaxed);
    for scopes in ["a", "b"] {
        bearer(&bench, &credential, scopes).await.expect_err("held");
    }
    assert_eq!(bench.tokens.requests(), 2);
    let probed = probe(&bench, &credential, "a").await.expect("a bearer");
    let served = bearer(&bench, &credential, "a").await.expect("the same");
    assert_eq!(served.value().expose(), probed.value().expose());
    bearer(&bench, &credential, "b").await.expect("asked for at once");
    assert_eq!(bench.tokens.requests(), 4);
}

#[tokio::test]
async fn a_probe_asks_though_a_token_is_held_and_its_failure_leaves_that_in_use() {
    let (accepts, server) = switched().await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    bearer(&bench, &credential, "").await.expect("a bearer");
    assert_eq!(probe(&bench, &credential, "").await.expect("another").generation(), 2);
    accepts.store(false, Ordering::Relaxed);
    probe(&bench, &credential, "").await.expect_err("refused");
    assert_eq!(bearer(&bench, &credential, "").await.expect("held").generation(), 2);
    assert_eq!(bench.notes.kinds(), [TokenEventKind::Fetched, TokenEventKind::Renewed, TokenEventKind::Failed]);
}

#[tokio::test]
async fn a_probe_that_brings_a_token_for_a_single_use_leaves_one_that_lives_in_use() {
    let server = Server::answering(|n, _| token_reply(n, if n == 1 { 3600 } else { 0 })).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    bearer(&bench, &credential, "").await.expect("a bearer");
    probe(&bench, &credential, "").await.expect("another");
    bearer(&bench, &credential, "").await.expect("the first");
    assert_eq!(bench.tokens.requests(), 2);
}

#[tokio::test]
async fn probes_that_come_together_and_a_caller_share_one_request() {
    let (_accepts, server) = switched().await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    let probes = join_all((0..20).map(|_| probe(&bench, &credential, "")));
    let (probes, bearer) = futures_util::future::join(probes, bearer(&bench, &credential, "")).await;
    assert!(bearer.is_ok() && probes.iter().all(Result::is_ok));
    assert_eq!(bench.tokens.requests(), 1);
}

#[tokio::test]
async fn forgotten_failures_are_those_of_the_named_credential_only() {
    let (accepts, server) = switched().await;
    let bench = Bench::new();
    let grant =
        Grant::ClientCredentials(Box::new(ClientCredentials { audience: Some("other".to_owned()), ..client(&server) }));
    let (one, other) = (credential(client(&server)), Arc::new(Credential::new(name("other"), grant)));
    accepts.store(false, Ordering::Relaxed);
    for credential in [&one, &other] {
        bearer(&bench, credential, "").await.expect_err("refused");
    }
    accepts.store(true, Ordering::Relaxed);
    bench.tokens.forget_failures(&other.name);
    bearer(&bench, &one, "").await.expect_err("held");
    bearer(&bench, &other, "").await.expect("asked for");
}

#[tokio::test]
async fn failures_of_a_client_that_two_credentials_share_are_forgotten_for_either() {
    let (accepts, server) = switched().await;
    let bench = Bench::new();
    let grant = Grant::ClientCredentials(Box::new(client(&server)));
    let (one, other) = (credential(client(&server)), Arc::new(Credential::new(name("other"), grant)));
    accepts.store(false, Ordering::Relaxed);
    bearer(&bench, &one, "").await.expect_err("refused");
    let failure = bearer(&bench, &other, "").await.expect_err("refused");
    assert_eq!(bench.tokens.requests(), 1, "one cell");
    assert!(failure.to_string().contains("credential `other`"), "{failure}");
    let context = failure.evidence().and_then(|evidence| evidence.context.clone()).expect("a context");
    assert_eq!(context.credential.as_deref(), Some("other"));
    accepts.store(true, Ordering::Relaxed);
    bench.tokens.forget_failures(&other.name);
    bearer(&bench, &one, "").await.expect("asked for");
}

#[tokio::test]
async fn a_probe_reads_the_secret_anew() {
    let server =
        Server::answering(
            |n, request| {
                if request.body.contains("other-horse-battery") { token_reply(n, 3600) } else { no() }
            },
        )
        .await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Allowed));
    probe(&bench, &rotating.credential, "").await.expect_err("refused");
    rotating.put("current", "other-horse-battery");
    probe(&bench, &rotating.credential, "").await.expect("within the same second");
}

#[tokio::test]
async fn a_probe_of_a_fixed_bearer_reads_it_anew_and_asks_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bearer");
    let fixed = Arc::new(Credential::new(name("session"), Grant::Bearer(Source::File(path.clone()))));
    let bench = Bench::new();
    for value in ["first-bearer", "second-bearer"] {
        std::fs::write(&path, value).expect("a file");
        assert_eq!(probe(&bench, &fixed, "").await.expect("a bearer").value().expose(), value);
    }
    assert_eq!(bench.tokens.requests(), 0);
}

#[tokio::test]
async fn the_fingerprint_changes_with_each_secret_as_it_is_now_and_comes_back_with_it() {
    let (_accepts, server) = switched().await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    let now = || async { bench.tokens.fingerprint(&rotating.credential).await.expect("a fingerprint") };
    let bare = now().await;
    assert_eq!(now().await, bare, "an absent next secret is nothing");
    rotating.put("next", "next-horse-battery");
    let with_next = now().await;
    rotating.put("next", "other-horse-battery");
    let with_other = now().await;
    rotating.put("current", "third-horse-battery");
    let after = now().await;
    let all = [bare, with_next, with_other, after];
    assert!((0..4).all(|i| (0..i).all(|j| all[i] != all[j])));
    rotating.put("current", crate::token::testing::SECRET);
    assert_eq!(now().await, with_other);
}

#[tokio::test]
async fn the_fingerprint_of_a_fixed_bearer_is_that_of_its_text_and_an_unreadable_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bearer");
    let fixed = Credential::new(name("session"), Grant::Bearer(Source::File(path.clone())));
    let bench = Bench::new();
    let failure = bench.tokens.fingerprint(&fixed).await.expect_err("no file");
    assert!(failure.to_string().contains(&path.display().to_string()), "{failure}");
    std::fs::write(&path, "first-bearer").expect("a file");
    let first = bench.tokens.fingerprint(&fixed).await.expect("a fingerprint");
    std::fs::write(&path, "second-bearer").expect("a file");
    assert_ne!(bench.tokens.fingerprint(&fixed).await.expect("a fingerprint"), first);
}
