use std::sync::Arc;

use serde_json::json;

use crate::clock::rfc3339;
use crate::job::{ClientCredentials, ClientId, Credential, Grant};
use crate::run::Scopes;
use crate::secret::Source;
use crate::token::testing::{Bench, Server, client, credential, json_answer, jwt, name, noon, token_reply};

/// What is held, each as `CREDENTIAL [SCOPES] END`.
fn held(bench: &Bench) -> Vec<String> {
    let held = bench.tokens.held();
    held.iter().map(|held| format!("{} [{}] {}", held.credential, held.scopes, rfc3339(held.expires_at))).collect()
}

async fn fetch(bench: &Bench, credential: &Arc<Credential>, scopes: &str) {
    bench.tokens.bearer(credential, &Scopes::parse(scopes)).await.expect("a bearer");
}

#[tokio::test]
async fn each_scope_set_is_held_until_its_token_is_no_longer_served() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    assert_eq!(held(&bench), Vec::<String>::new());
    fetch(&bench, &credential, "usage:read files:read").await;
    bench.pass(60);
    fetch(&bench, &credential, "").await;
    let both = ["cuadra [] 2026-11-24T13:01:00.000Z", "cuadra [files:read usage:read] 2026-11-24T13:00:00.000Z"];
    assert_eq!(held(&bench), both);
    bench.pass(59 * 60);
    assert_eq!(held(&bench), both[..1]);
}

#[tokio::test]
async fn what_is_held_tells_its_number_when_it_was_asked_for_and_what_it_may() {
    let server = Server::answering(|n, _| match n {
        1 => token_reply(n, 3600),
        _ => json_answer(200, &json!({"access_token": "canary-2", "expires_in": 3600, "scope": "usage:read"})),
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    bench.pass(60);
    fetch(&bench, &credential, "").await;
    fetch(&bench, &credential, "usage:read org:admin").await;
    bench.pass(60);
    let held = bench.tokens.held();
    assert_eq!([&held[0].granted, &held[1].granted], [&None, &Some(Scopes::parse("usage:read"))]);
    for held in held {
        assert_eq!((held.generation, rfc3339(held.fetched_at).as_str()), (1, "2026-11-24T12:01:00.000Z"));
    }
}

#[tokio::test]
async fn a_token_for_a_single_use_and_a_failure_are_not_held() {
    let server = Server::answering(|n, _| match n {
        1 => token_reply(n, 0),
        _ => json_answer(400, &json!({"error": "invalid_client"})),
    })
    .await;
    let (bench, credential) = (Bench::new(), credential(client(&server)));
    fetch(&bench, &credential, "").await;
    assert_eq!(held(&bench), Vec::<String>::new());
    bench.tokens.bearer(&credential, &Scopes::default()).await.expect_err("refused");
    assert_eq!(held(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn of_two_tokens_for_one_credential_and_scopes_the_newer_is_told() {
    let server = Server::answering(|n, _| token_reply(n, 7200 / u64::try_from(n).expect("small"))).await;
    let bench = Bench::new();
    fetch(&bench, &credential(client(&server)), "").await;
    // Another client id is another key, as another secret is.
    let id = ClientId::Text("client-2".to_owned());
    fetch(&bench, &credential(ClientCredentials { client_id: id, ..client(&server) }), "").await;
    assert_eq!(held(&bench), ["cuadra [] 2026-11-24T13:00:00.000Z"]);
}

#[tokio::test]
async fn a_fixed_bearer_that_says_when_it_ends_is_held_for_each_that_reads_it_also_when_it_is_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bearer");
    let fixed = Arc::new(Credential::new(name("session"), Grant::Bearer(Source::File(path.clone()))));
    let bench = Bench::new();
    std::fs::write(&path, jwt(&json!({"exp": noon().timestamp() + 60}))).expect("a file");
    for scopes in ["usage:read", "", "usage:read"] {
        fetch(&bench, &fixed, scopes).await;
    }
    bench.pass(3600);
    let both = ["session [] 2026-11-24T12:01:00.000Z", "session [usage:read] 2026-11-24T12:01:00.000Z"];
    assert_eq!(held(&bench), both);
    std::fs::write(&path, "opaque-bearer").expect("a file");
    fetch(&bench, &fixed, "").await;
    assert_eq!(held(&bench), Vec::<String>::new(), "nobody knows when this one ends");
}
