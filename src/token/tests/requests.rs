use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::job::{AuthMethod, ClientCredentials, ClientId, TokenBody};
use crate::run::Scopes;
use crate::secret::Source;
use crate::token::testing::{Bench, SECRET, Seen, Server, client, credential, json_answer, jwt, token_reply};

/// The request that a client sends.
async fn sent(change: impl FnOnce(&mut ClientCredentials), scopes: &str) -> Seen {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let mut client = client(&server);
    change(&mut client);
    Bench::new().tokens.bearer(&credential(client), &Scopes::parse(scopes)).await.expect("a bearer");
    server.seen().remove(0)
}

#[tokio::test]
async fn a_json_body_holds_id_secret_and_the_scopes_in_order() {
    let seen = sent(|_| {}, "usage:read files:read").await;
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(
        serde_json::from_str::<Value>(&seen.body).expect("JSON"),
        json!({
            "grant_type": "client_credentials", "client_id": "client-1", "client_secret": SECRET,
            "scope": "files:read usage:read",
        })
    );
}

#[tokio::test]
async fn a_form_body_is_form_encoded_and_has_audience_and_extra_fields() {
    let seen = sent(
        |client| {
            client.token_body = TokenBody::Form;
            client.client_id = ClientId::From(Source::Env("CLIENT_ID".to_owned()));
            client.audience = Some("https://api.example.com/?a&b".to_owned());
            client.extra.insert("tenant".to_owned(), "a b".to_owned());
        },
        "",
    )
    .await;
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        seen.body,
        "grant_type=client_credentials&client_id=client-2&client_secret=correct-horse-battery\
         &audience=https%3A%2F%2Fapi.example.com%2F%3Fa%26b&tenant=a+b"
    );
}

#[tokio::test]
async fn basic_encodes_awkward_ids_and_secrets_first_and_basic_raw_does_not() {
    const AWKWARD: &str = "a:b%c+d e/ü";
    for (method, id, expected) in [
        (AuthMethod::Basic, AWKWARD, "a%3Ab%25c%2Bd%20e%2F%C3%BC:a%3Ab%25c%2Bd%20e%2F%C3%BC"),
        (AuthMethod::BasicRaw, "b%c+d e/ü", "b%c+d e/ü:a:b%c+d e/ü"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, AWKWARD).expect("a file");
        let seen = sent(
            |client| {
                client.client_id = ClientId::Text(id.to_owned());
                client.client_secret = Source::File(path);
                client.auth_method = method;
            },
            "a",
        )
        .await;
        let header = seen.header("authorization").and_then(|header| header.strip_prefix("Basic ")).expect("Basic");
        let pair = String::from_utf8(STANDARD.decode(header).expect("base64")).expect("text");
        assert_eq!(pair, expected, "{method:?}");
        assert!(!seen.body.contains("client_secret"), "{}", seen.body);
    }
}

#[tokio::test]
async fn id_and_secret_are_redacted_in_the_form_that_basic_sends() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let mut client = client(&server);
    client.auth_method = AuthMethod::Basic;
    let bench = Bench::new();
    bench.tokens.bearer(&credential(client), &Scopes::default()).await.expect("a bearer");
    let header = STANDARD.encode(format!("client-1:{SECRET}"));
    assert_eq!(bench.redactor.scrub(&format!("Basic {header}")), "Basic [redacted]");
}

#[tokio::test]
async fn what_was_granted_is_told_by_the_claims_before_the_reply_and_a_lack_is_noted() {
    let server = Server::answering(|_, _| {
        let token = jwt(&json!({"scope": "usage:read"}));
        json_answer(200, &json!({"access_token": token, "token_type": "Bearer", "scope": "usage:read org:admin"}))
    })
    .await;
    let bench = Bench::new();
    let scopes = Scopes::parse("usage:read org:admin");
    let bearer = bench.tokens.bearer(&credential(client(&server)), &scopes).await.expect("a bearer");
    assert_eq!(bearer.granted(), Some(Scopes::parse("usage:read")));
    assert_eq!(bearer.evidence(&bench.clock).granted_scopes, Some(scopes));
    let detail = bench.notes.all()[0].detail.clone().expect("a detail");
    assert!(detail.contains("not granted: org:admin"), "{detail}");
}

#[tokio::test]
async fn a_changed_secret_is_asked_with_at_once_whatever_became_of_the_old_one() {
    let server = Server::answering(|n, request| {
        if request.body.contains("old-secret") { json_answer(401, &json!({})) } else { token_reply(n, 3600) }
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "old-secret").expect("a file");
    let mut client = client(&server);
    client.client_secret = Source::File(path.clone());
    let (bench, credential) = (Bench::new(), credential(client));
    assert!(bench.tokens.bearer(&credential, &Scopes::default()).await.is_err());
    std::fs::write(&path, "new-secret").expect("a file");
    bench.pass(1);
    assert!(bench.tokens.bearer(&credential, &Scopes::default()).await.is_ok());
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_named_and_nothing_is_sent() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let mut client = client(&server);
    client.client_secret = Source::Env("GONE".to_owned());
    let failure = Bench::new().tokens.bearer(&credential(client), &Scopes::default()).await.expect_err("no secret");
    assert!(failure.to_string().contains("environment variable GONE is not set"), "{failure}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_client_id_with_a_colon_is_not_sent_with_basic_raw_and_the_way_out_is_named() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let mut client = client(&server);
    client.client_id = ClientId::Text("tenant:client".to_owned());
    client.auth_method = AuthMethod::BasicRaw;
    let failure = Bench::new().tokens.bearer(&credential(client), &Scopes::default()).await.expect_err("a colon");
    for part in ["`cuadra`", "colon", "RFC 7617 section 2", "`auth_method`"] {
        assert!(failure.to_string().contains(part), "{failure}");
    }
    assert_eq!(server.seen().len(), 0);
}
