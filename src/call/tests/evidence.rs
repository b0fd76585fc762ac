//! What is kept of a refusal: all that it can be judged by again, and nothing that is secret.

use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::book::Book;
use super::kit::{Kit, unauthorized};
use crate::diagnose::diagnose;
use crate::job::{AuthMethod, Grant};
use crate::run::{Diagnosis, Evidence, HeaderValue};
use crate::token::testing::{SECRET, Seen, Server, answer, client, credential, json_answer, jwt, token_reply};

fn only(diagnoses: &[Diagnosis]) -> &Diagnosis {
    let [diagnosis] = diagnoses else { panic!("not one diagnosis: {diagnoses:#?}") };
    diagnosis
}

/// The evidence as a line of `show RUN --evidence` has it.
fn line(diagnosis: &Diagnosis) -> String {
    serde_json::to_string(&diagnosis.evidence).expect("JSON")
}

/// Whoever reads the line comes to what is stored.
fn assert_judged_alike(diagnosis: &Diagnosis) {
    let evidence: Evidence = serde_json::from_str(&line(diagnosis)).expect("evidence");
    assert_eq!(evidence, diagnosis.evidence);
    let again = diagnose(&evidence);
    let stored = (diagnosis.verdict, diagnosis.rule, &diagnosis.summary, &diagnosis.remedy, diagnosis.retry);
    assert_eq!((again.verdict, again.rule, &again.summary, &again.remedy, again.retry), stored);
    assert_eq!((again.confidence, &again.missing_scopes), (diagnosis.confidence, &diagnosis.missing_scopes));
}

/// A text in every form in which a server may say it back.
fn forms(text: &str) -> Vec<String> {
    let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let quoted = serde_json::Value::from(text).to_string();
    vec![
        text.to_owned(),
        percent.to_lowercase(),
        percent,
        quoted.trim_matches('"').to_owned(),
        quoted.trim_matches('"').replace('/', "\\/"),
        STANDARD.encode(text),
    ]
}

#[tokio::test]
async fn no_token_and_no_secret_is_in_evidence_in_whatever_form_it_was_said_back() {
    // A token with characters that are written in several ways, and with the secret among its claims.
    let jwt = jwt(&json!({"note": format!("made with {SECRET}"), "scope": "usage:read"}));
    let token = format!("{jwt}/+=");
    let (given, said) = (token.clone(), token.clone());
    let api = Server::answering(move |_, seen: &Seen| {
        let bearer = seen.header("authorization").unwrap_or_default().to_owned();
        let body = [forms(&said), forms(&bearer), forms(SECRET)].concat().join(" | ");
        let headers = [
            ("x-echo", bearer.as_str()),
            ("www-authenticate", "Basic realm=\"a\""),
            ("www-authenticate", &format!("Bearer error=\"invalid_token\", token=\"{said}\"")),
            ("set-cookie", "session=canary-cookie"),
            ("x-request-id", &bearer),
        ];
        answer(401, &headers, &body)
    })
    .await;
    let kit = Kit::with_tokens(&api.url, move |_, _| {
        json_answer(200, &json!({"access_token": given, "token_type": "bearer", "expires_in": 3600}))
    })
    .await;
    let performed = kit.perform().await;
    let diagnosis = only(&performed.record.diagnoses);
    let (kept, all) = (line(diagnosis), format!("{:?}", performed.record));
    for canary in [forms(&token), forms(SECRET), vec!["canary-cookie".to_owned()]].concat() {
        assert!(!kept.contains(&canary) && !all.contains(&canary), "{canary} in {kept}");
    }
    let challenges = &diagnosis.evidence.response.headers["www-authenticate"];
    assert!(matches!(challenges, HeaderValue::Several(lines) if lines.len() == 2), "{challenges:?}");
    assert_judged_alike(diagnosis);
}

#[tokio::test]
async fn the_header_of_a_token_request_is_nowhere_in_its_evidence() {
    for method in [AuthMethod::Basic, AuthMethod::BasicRaw] {
        let api = Server::answering(|_, _| unauthorized()).await;
        let echo = |_: usize, seen: &Seen| -> Response {
            let basic = seen.header("authorization").unwrap_or_default().to_owned();
            let detail = format!("{basic} is {SECRET}");
            answer(
                401,
                &[("x-echo", &basic)],
                &json!({"error": "invalid_client", "error_description": detail}).to_string(),
            )
        };
        let mut kit = Kit::with_tokens(&api.url, echo).await;
        let client = crate::job::ClientCredentials { auth_method: method, ..client(&kit.auth) };
        kit.change_api(|api| api.credential = Some(credential(client)));
        let book = Book::default();
        book.kept().jobs = Some(12);
        kit.keep_in(book);
        let performed = kit.perform().await;
        let diagnosis = only(&performed.record.diagnoses);
        let kept = format!("{} {diagnosis:?} {:?}", line(diagnosis), performed.record);
        let pair = STANDARD.encode(format!("client-1:{SECRET}"));
        assert!(!kept.contains(&pair) && !kept.contains(SECRET) && kept.contains("[redacted]"), "{kept}");
        assert!(diagnosis.remedy.contains("12 jobs wait for it"), "{}", diagnosis.remedy);
        assert_judged_alike(diagnosis);
    }
}

#[tokio::test]
async fn what_is_known_of_the_token_and_of_the_request_stands_in_the_evidence() {
    let headers = [("x-correlation-id", "c-1"), ("x-ratelimit-remaining-tokens", "7"), ("ratelimit", "limit=5, r=1")];
    let api = Server::answering(move |_, _| answer(402, &headers, "{}")).await;
    let mut kit = Kit::with_tokens(&api.url, |n, _| {
        json_answer(200, &json!({"access_token": format!("canary-{n}"), "token_type": "bearer"}))
    })
    .await;
    let book = Book::default();
    book.kept().jobs = Some(3);
    kit.keep_in(book);
    let performed = kit.perform().await;
    let evidence = &only(&performed.record.diagnoses).evidence;
    assert_eq!((evidence.token.generation, evidence.token.ttl_assumed), (Some(1), true));
    let context = evidence.context.clone().expect("context");
    assert_eq!((context.request_id.as_deref(), context.waiting_jobs), (Some("c-1"), Some(3)));
    let headers = &evidence.response.headers;
    assert!(headers.contains_key("x-ratelimit-remaining-tokens") && headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn refusals_of_every_kind_are_judged_alike_from_what_is_kept() {
    let refusals: [(u16, &str); 9] = [
        (401, r#"{"detail": "Invalid or expired token."}"#),
        (401, r#"{"detail": "Token has expired"}"#),
        (401, r#"{"detail": "wrong audience"}"#),
        (402, r#"{"required": 12, "available": 3}"#),
        (403, r#"{"detail": "Missing required scope: files:read"}"#),
        (403, r#"{"detail": ["Your role", 7, {"x": "\u0000\u009b"}]}"#),
        (403, "<html><h1>403</h1></html>"),
        (403, "\u{feff} \u{202e}nö"),
        (200, r#"{"ok": false, "error": "missing_scope", "needed": "a:b"}"#),
    ];
    for (status, body) in refusals {
        for same in [false, true] {
            let api = Server::answering(move |_, _| answer(status, &[], body)).await;
            let kit = Kit::with_tokens(&api.url, move |n, _| token_reply(if same { 1 } else { n }, 3600)).await;
            let performed = kit.perform().await;
            assert!(!performed.record.diagnoses.is_empty(), "{status} {body}");
            performed.record.diagnoses.iter().for_each(assert_judged_alike);
        }
    }
}

#[tokio::test]
async fn a_fixed_bearer_that_is_refused_is_judged_alike_from_what_is_kept() {
    let api = Server::answering(|_, _| unauthorized()).await;
    let mut kit = Kit::new(&api.url).await;
    let grant = Grant::Bearer(crate::secret::Source::Env("SECRET".to_owned()));
    let session = crate::job::Credential::new(crate::token::testing::name("session"), grant);
    kit.change_api(|api| api.credential = Some(std::sync::Arc::new(session)));
    let performed = kit.perform().await;
    let diagnosis = only(&performed.record.diagnoses);
    assert!(!diagnosis.evidence.token.ttl_assumed && !diagnosis.evidence.token.given_again);
    assert_judged_alike(diagnosis);
}

#[tokio::test]
async fn a_long_body_is_cut_after_it_was_scrubbed() {
    let api = Server::answering(|_, seen: &Seen| {
        let bearer = seen.header("authorization").unwrap_or_default().to_owned();
        // A cut before the scrubbing would go through the token.
        answer(403, &[], &format!("{}{bearer}{}", "x".repeat(64 * 1024 - 12), "y".repeat(100)))
    })
    .await;
    let performed = Kit::new(&api.url).await.perform().await;
    let response = &only(&performed.record.diagnoses).evidence.response;
    assert!(response.truncated && response.body.len() == 64 * 1024 && !response.body.contains("canary"));
}

#[tokio::test]
async fn half_a_token_at_the_end_of_what_was_read_is_not_kept() {
    let api = Server::answering(|_, seen: &Seen| {
        let bearer = seen.header("authorization").unwrap_or_default().to_owned();
        answer(403, &[], &format!("{}{bearer}", "x".repeat(1000)))
    })
    .await;
    let mut kit = Kit::new(&api.url).await;
    kit.body_limit = 1000 + 7 + 9;
    let performed = kit.perform().await;
    let response = &only(&performed.record.diagnoses).evidence.response;
    assert!(response.truncated && response.body.ends_with("xBearer [redacted]"), "{}", response.body);
    assert!(!format!("{:?}", performed.record).contains("canary"));
}
