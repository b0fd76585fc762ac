use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::job::{Absence, AuthMethod, ClientCredentials, Grant};
use crate::run::{Scopes, TokenEventKind};
use crate::secret::Source;
use crate::token::testing::{
    Bench, Rotating, SECRET, Seen, Server, answer, credential, eventually, json_answer, token, token_reply,
};
use crate::token::{Bearer, TokenFailure};

const NEXT: &str = "next-horse-battery";

/// A token endpoint that accepts this secret and no other; others are refused with this status.
async fn accepting(secret: &'static str, status: u16) -> Server {
    Server::answering(move |n, request| judge(n, request, secret, status)).await
}

fn judge(n: usize, request: &Seen, secret: &str, status: u16) -> Response {
    if sent(request) == secret {
        token_reply(n, 3600)
    } else {
        json_answer(status, &json!({"error": "invalid_client", "with": sent(request)}))
    }
}

fn sent(request: &Seen) -> String {
    let fields: Value = serde_json::from_str(&request.body).expect("JSON");
    fields["client_secret"].as_str().expect("a secret").to_owned()
}

fn secrets(server: &Server) -> Vec<String> {
    server.seen().iter().map(sent).collect()
}

async fn bearer(bench: &Bench, rotating: &Rotating, scopes: &str) -> Result<Bearer, TokenFailure> {
    bench.tokens.bearer(&rotating.credential, &Scopes::parse(scopes)).await
}

/// All that is logged on this thread from now on.
fn listen() -> (Arc<Mutex<Vec<u8>>>, tracing::subscriber::DefaultGuard) {
    struct Into(Arc<Mutex<Vec<u8>>>);
    impl Write for Into {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("a lock").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
    let ear = Arc::clone(&heard);
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || Into(Arc::clone(&ear))).finish();
    (heard, tracing::subscriber::set_default(subscriber))
}

fn lines(heard: &Mutex<Vec<u8>>) -> Vec<String> {
    let text = String::from_utf8(heard.lock().expect("a lock").clone()).expect("text");
    text.lines().filter(|line| line.contains("credential `cuadra`")).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_refused_secret_gives_way_to_the_next_one_and_is_not_sent_again() {
    for status in [400, 401, 403] {
        let server = accepting(NEXT, status).await;
        let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
        rotating.put("next", NEXT);
        let first = bearer(&bench, &rotating, "a").await.expect("a bearer");
        assert_eq!(bearer(&bench, &rotating, "a").await.expect("the same").value().expose(), first.value().expose());
        bearer(&bench, &rotating, "b").await.expect("for other scopes");
        bench.pass(54 * 60);
        bearer(&bench, &rotating, "a").await.expect("renewed in the background");
        eventually(|| bench.notes.kinds().last() == Some(&TokenEventKind::Renewed)).await;
        assert_eq!(secrets(&server), [SECRET, NEXT, NEXT, NEXT], "{status}");
    }
}

#[tokio::test]
async fn the_event_and_the_log_say_that_the_next_secret_is_in_use_and_what_to_do_and_the_log_does_once() {
    let server = accepting(NEXT, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let (heard, _guard) = listen();
    join_all(["a", "b", "c"].map(|scopes| bearer(&bench, &rotating, scopes))).await;
    let (current, next) = (rotating.path("current"), rotating.path("next"));
    let lines = lines(&heard);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for part in [
        format!("refuses the secret of credential `cuadra` in file {current}"),
        format!("accepts that in file {next}"),
        format!("put it in file {current} and drop `next_client_secret`"),
    ] {
        assert!(lines[0].contains(&part), "{}", lines[0]);
    }
    assert!(!lines[0].contains("restart"), "a file is read again: {}", lines[0]);
    let detail = bench.notes.all()[0].detail.clone().expect("a detail");
    assert_eq!(detail, format!("made with `next_client_secret`, file {next}"));
}

#[tokio::test]
async fn a_variable_whose_secret_is_refused_is_told_with_the_restart_that_a_change_of_it_takes() {
    let server = accepting(NEXT, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let Grant::ClientCredentials(client) = &rotating.credential.grant else { panic!("a client") };
    let client = ClientCredentials { client_secret: Source::Env("SECRET".to_owned()), ..*client.clone() };
    let (heard, _guard) = listen();
    bench.tokens.bearer(&credential(client), &Scopes::default()).await.expect("a bearer");
    let line = lines(&heard).remove(0);
    let advice = "put it in environment variable SECRET and drop `next_client_secret`, and restart apicron";
    assert!(line.contains(advice), "{line}");
}

#[tokio::test]
async fn both_secrets_are_redacted_also_as_basic_sends_them() {
    let server = Server::answering(|n, request| match request.header("authorization") {
        Some(header) if header == basic(NEXT) => token_reply(n, 3600),
        _ => answer(401, &[], ""),
    })
    .await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let Grant::ClientCredentials(client) = &rotating.credential.grant else { panic!("a client") };
    let client = ClientCredentials { auth_method: AuthMethod::Basic, ..*client.clone() };
    bench.tokens.bearer(&credential(client), &Scopes::default()).await.expect("a bearer");
    for text in [SECRET.to_owned(), NEXT.to_owned(), basic(SECRET), basic(NEXT)] {
        assert!(bench.redactor.scrub(&text).ends_with("[redacted]"), "{text}");
    }
}

fn basic(secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("client-1:{secret}")))
}

#[tokio::test]
async fn callers_that_wait_together_share_the_token_of_the_next_secret() {
    let server = accepting(NEXT, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let bearers = join_all((0..50).map(|_| bearer(&bench, &rotating, ""))).await;
    assert!(bearers.iter().all(|bearer| bearer.as_ref().is_ok_and(|bearer| bearer.value().expose() == token(2))));
    assert_eq!(
        (secrets(&server), bench.notes.kinds()),
        (vec![SECRET.into(), NEXT.into()], vec![TokenEventKind::Fetched])
    );
}

#[tokio::test]
async fn when_both_secrets_are_refused_all_get_the_failure_of_the_first_and_neither_is_sent_again() {
    let server = accepting("another-secret", 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let (heard, _guard) = listen();
    let failures = join_all((0..20).map(|_| bearer(&bench, &rotating, ""))).await;
    for failure in failures {
        let failure = failure.expect_err("refused");
        let evidence = failure.evidence().expect("evidence");
        let source = evidence.context.as_ref().and_then(|context| context.secret_source.clone());
        assert_eq!(source, Some(format!("file {}", rotating.path("current"))));
        assert!(failure.to_string().contains("`next_client_secret` is refused as well"), "{failure}");
        assert!(evidence.response.body.contains("[redacted]"), "{}", evidence.response.body);
    }
    bench.pass(299);
    bearer(&bench, &rotating, "").await.expect_err("held");
    assert_eq!(secrets(&server), [SECRET, NEXT]);
    bench.pass(1);
    bearer(&bench, &rotating, "").await.expect_err("refused");
    assert_eq!(secrets(&server), [SECRET, NEXT, SECRET, NEXT]);
    let lines = lines(&heard);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("refuses both secrets"), "{}", lines[0]);
}

#[tokio::test]
async fn a_next_secret_that_comes_while_the_failure_holds_is_tried_at_once() {
    let server = accepting(NEXT, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Allowed));
    bearer(&bench, &rotating, "").await.expect_err("refused");
    rotating.put("next", "wrong-horse-battery");
    bench.pass(1);
    bearer(&bench, &rotating, "").await.expect_err("refused");
    rotating.put("next", NEXT);
    bench.pass(1);
    bearer(&bench, &rotating, "").await.expect("a bearer");
    assert_eq!(secrets(&server), [SECRET, SECRET, "wrong-horse-battery", SECRET, NEXT]);
}

#[tokio::test]
async fn a_token_that_lives_is_not_asked_for_anew_because_a_next_secret_comes() {
    let server = accepting(SECRET, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Allowed));
    bearer(&bench, &rotating, "").await.expect("a bearer");
    rotating.put("next", NEXT);
    bench.pass(1);
    assert_eq!(bearer(&bench, &rotating, "").await.expect("the same").generation(), 1);
    assert_eq!(secrets(&server), [SECRET]);
}

#[tokio::test]
async fn a_next_secret_that_is_absent_unreadable_or_the_same_leaves_the_first_failure_as_it_is() {
    for (next, absence, told) in [
        (None, Absence::Allowed, false),
        (None, Absence::Problem, true),
        (Some("short"), Absence::Allowed, true),
        (Some(SECRET), Absence::Problem, false),
    ] {
        let server = accepting(NEXT, 401).await;
        let (bench, rotating) = (Bench::new(), Rotating::start(&server, absence));
        next.inspect(|next| rotating.put("next", next));
        let (heard, _guard) = listen();
        let failure = bearer(&bench, &rotating, "").await.expect_err("refused");
        assert!(failure.to_string().ends_with("401 invalid_client"), "{failure}");
        assert_eq!(secrets(&server), [SECRET]);
        assert_eq!(lines(&heard).len(), usize::from(told), "{absence:?} {next:?}");
    }
}

#[tokio::test]
async fn a_changed_file_of_the_first_secret_ends_the_use_of_the_next_one() {
    let server = accepting(NEXT, 401).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    bearer(&bench, &rotating, "").await.expect("by the next one");
    rotating.put("current", NEXT);
    rotating.put("next", "after-horse-battery");
    bench.pass(1);
    bearer(&bench, &rotating, "").await.expect("by the first one");
    assert_eq!(secrets(&server), [SECRET, NEXT, NEXT]);
    assert!(bench.notes.all()[1].detail.is_none());
}

#[tokio::test]
async fn a_next_secret_that_is_revoked_after_all_gives_way_to_the_first_one() {
    let server = Server::answering(|n, request| judge(n, request, if n <= 2 { NEXT } else { SECRET }, 401)).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    bearer(&bench, &rotating, "a").await.expect("by the next one");
    let (heard, _guard) = listen();
    bearer(&bench, &rotating, "b").await.expect("by the first one");
    bearer(&bench, &rotating, "c").await.expect("by the first one");
    assert_eq!(secrets(&server), [SECRET, NEXT, NEXT, SECRET, SECRET]);
    assert!(lines(&heard)[0].contains("again"), "{:?}", lines(&heard));
}

#[tokio::test]
async fn a_token_that_an_api_refuses_is_replaced_with_the_next_secret() {
    let server = Server::answering(|n, request| judge(n, request, if n == 1 { SECRET } else { NEXT }, 401)).await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let (credential, scopes) = (&rotating.credential, Scopes::default());
    let first = bench.tokens.bearer(credential, &scopes).await.expect("a bearer");
    let second = bench.tokens.replace(credential, &scopes, &first, 401).await.expect("a second");
    assert_eq!((second.generation(), secrets(&server)), (2, vec![SECRET.into(), SECRET.into(), NEXT.into()]));
    let failure = bench.tokens.replace(credential, &scopes, &second, 401).await.expect_err("fresh");
    assert!(matches!(failure, TokenFailure::FreshRejected { .. }), "{failure}");
}

#[tokio::test]
async fn a_failure_that_is_not_about_the_client_does_not_bring_up_the_next_secret() {
    for (status, body) in
        [(400, r#"{"error": "invalid_scope"}"#), (404, "<html>"), (403, "<html>"), (401, " <!doctype html>"), (302, "")]
    {
        let server = Server::answering(move |_, _| answer(status, &[], body)).await;
        let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
        rotating.put("next", NEXT);
        bearer(&bench, &rotating, "").await.expect_err("refused");
        assert_eq!(secrets(&server), [SECRET], "{status}");
    }
}

#[tokio::test]
async fn what_the_endpoint_has_against_the_request_is_told_once_the_next_secret_is_accepted() {
    let server = Server::answering(|_, request| {
        let error = if sent(request) == NEXT { "invalid_scope" } else { "invalid_client" };
        json_answer(400, &json!({"error": error}))
    })
    .await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let failure = bearer(&bench, &rotating, "usage:read").await.expect_err("refused");
    assert!(failure.to_string().contains("400 invalid_scope"), "{failure}");
}

#[tokio::test]
async fn an_endpoint_that_breaks_down_over_the_next_secret_may_accept_it_yet() {
    let server = Server::answering(|_, request| match sent(request).as_str() {
        NEXT => answer(503, &[("retry-after", "60")], ""),
        _ => answer(401, &[], r#"{"error_type": "unauthorized_credentials"}"#),
    })
    .await;
    let (bench, rotating) = (Bench::new(), Rotating::start(&server, Absence::Problem));
    rotating.put("next", NEXT);
    let failure = bearer(&bench, &rotating, "").await.expect_err("broken down");
    assert!(failure.to_string().contains("no token for credential `cuadra`: 503"), "{failure}");
    assert!(!failure.refuses_client());
}
