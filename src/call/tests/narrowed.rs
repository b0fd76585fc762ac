//! Answers with the status of success that deny the call, or leave out what the token may not see.

use std::num::NonZeroUsize;

use axum::response::Response;
use serde_json::{Value, json};

use super::book::Book;
use super::kit::{Kit, metric, usage};
use crate::filter::Filter;
use crate::job::{Each, Elements};
use crate::run::{CallState, Kind, Phase, Scopes, Verdict};
use crate::token::testing::{Server, json_answer, token};

fn granting(scope: &'static str) -> impl Fn(usize, &crate::token::testing::Seen) -> Response + Clone {
    move |n, _| json_answer(200, &json!({"access_token": token(n), "token_type": "bearer", "scope": scope}))
}

async fn narrowed(api: &Server) -> (Kit, Book) {
    let (mut kit, book) = (Kit::with_tokens(&api.url, granting("usage:read")).await, Book::default());
    kit.job.scopes = Scopes::parse("usage:read files:read");
    kit.keep_in(book.clone());
    (kit, book)
}

#[tokio::test]
async fn a_200_without_an_asked_scope_is_flagged_once_and_the_call_succeeds() {
    let api = Server::answering(|_, _| json_answer(200, &json!({"long": "x".repeat(10_000)}))).await;
    let (kit, book) = narrowed(&api).await;
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Succeeded, None));
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert_eq!((diagnosis.rule, diagnosis.verdict), ("G5", Verdict::RoleVisibility));
    assert_eq!((diagnosis.phase, diagnosis.status, diagnosis.healed), (Phase::Api, 200, false));
    assert_eq!(diagnosis.missing_scopes, Scopes::parse("files:read"));
    assert_eq!(diagnosis.remedy, "Reply accepted, but fields reserved for files:read may be absent.");
    let response = &diagnosis.evidence.response;
    assert!(response.body.len() <= 4096 && response.truncated);
    let again = crate::diagnose::diagnose(&diagnosis.evidence);
    assert_eq!((again.rule, &again.remedy), (diagnosis.rule, &diagnosis.remedy));
    // The second time nothing is stored, and the store is not even asked.
    assert!(kit.perform().await.record.diagnoses.is_empty());
    assert_eq!(book.kept().narrowed_asked, 1);
}

#[tokio::test]
async fn a_narrowing_that_elements_meet_is_told_once_and_with_the_run() {
    let api = Server::answering(|_, _| usage()).await;
    let (mut kit, book) = narrowed(&api).await;
    let of = Filter::compile(r#""a", "b", "c""#, &[]).expect("a filter");
    kit.call.each = Some(Each { of: Elements::Filter(of), key: None, concurrency: NonZeroUsize::MIN });
    let made = kit.make().await;
    assert_eq!((made.rows, made.broken), (3, 0));
    let [told] = &made.records[..] else { panic!("not one record") };
    assert_eq!((told.state, told.is_recorded, told.diagnoses[0].rule), (CallState::Succeeded, true, "G5"));
    assert_eq!(book.kept().ended.iter().flat_map(|row| &row.diagnoses).count(), 1);
}

#[tokio::test]
async fn what_another_process_told_of_is_not_told_again() {
    let api = Server::answering(|_, _| usage()).await;
    let (first, book) = narrowed(&api).await;
    let (mut second, _) = narrowed(&api).await;
    second.keep_in(book.clone());
    assert_eq!(first.perform().await.record.diagnoses.len(), 1);
    assert!(second.perform().await.record.diagnoses.is_empty());
    assert_eq!(book.kept().narrowed_asked, 2);
}

#[tokio::test]
async fn scopes_that_nobody_named_as_granted_are_not_taken_for_missing() {
    let api = Server::answering(|_, _| usage()).await;
    let kit = Kit::new(&api.url).await;
    assert!(kit.perform().await.record.diagnoses.is_empty());
}

#[tokio::test]
async fn a_metric_that_is_absent_where_a_scope_was_not_granted_says_both() {
    let api = Server::answering(|_, _| usage()).await;
    let (mut kit, _) = narrowed(&api).await;
    kit.call.metrics = vec![metric("files", ".files.count")];
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.samples.len()), (CallState::Succeeded, 0));
    assert_eq!(
        performed.record.reason.as_deref(),
        Some(
            "metric `files` has no value: `.files.count` is absent (null) in the reply; \
             an asked scope was not granted: files:read"
        )
    );
}

#[tokio::test]
async fn a_200_that_denies_for_want_of_a_scope_refuses_the_call() {
    for denial in [
        json!({"ok": false, "error": "missing_scope", "needed": "channels:read", "provided": "chat:write"}),
        json!({"ok": false, "error": "not_allowed_token_type"}),
        json!({"ok": false, "error": "no_permission"}),
        json!({"ok": false, "error": "odd", "needed": "channels:read"}),
    ] {
        let body = denial.clone();
        let api = Server::answering(move |_, _| json_answer(200, &body)).await;
        let kit = Kit::new(&api.url).await;
        let performed = kit.perform().await;
        let record = performed.record;
        assert_eq!((record.state, record.kind), (CallState::Refused, Some(Kind::Refused)), "{denial}");
        assert_eq!(performed.verdict, Some(Verdict::MissingScope));
        assert_eq!((record.diagnoses[0].rule, record.attempts[0].kind), ("G4", Some(Kind::Refused)));
        assert_eq!((api.seen().len(), kit.auth.seen().len()), (1, 1));
    }
}

#[tokio::test]
async fn any_other_answer_that_is_not_ok_is_left_alone() {
    let deep: Value = json!({"items": [{"ok": false, "error": "missing_scope"}]});
    for body in [json!({"ok": false, "error": "channel_not_found"}), json!({"ok": true, "needed": "x"}), deep] {
        let api = Server::answering(move |_, _| json_answer(200, &body)).await;
        let record = Kit::new(&api.url).await.perform().await.record;
        assert_eq!((record.state, record.diagnoses.len()), (CallState::Succeeded, 0));
    }
}
