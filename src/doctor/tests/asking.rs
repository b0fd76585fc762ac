//! Scope sets, and what is granted of them.

use super::*;
use crate::run::{Name, Scopes, Verdict};
use crate::token::testing::{jwt, token_reply};

#[tokio::test]
async fn each_distinct_scope_set_of_a_credential_is_asked_for_once_however_many_jobs_share_it() {
    let server = Server::answering(|n, _| token_reply(n, 3600)).await;
    let call = "{ get = \"/\" }";
    let text = job("a", "scopes = [\"x\", \"y\"]", call)
        + &job("b", "scopes = [\"y\", \"x\"]", call)
        + &job("c", "scopes = [\"x\"]", call)
        + &job("d", "", call).replace("\"a\"", "\"open\"");
    let jobs = jobs(&server, &text);
    let sets = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
    let shown: Vec<_> = sets.iter().map(|set| (set.scopes.to_string(), set.jobs.len())).collect();
    assert_eq!(shown, [("x".to_owned(), 1), ("x y".to_owned(), 2)]);
    let answers = doctor().ask_each(&sets).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn of_a_token_only_what_explains_it_is_told() {
    let claims = json!({
        "iss": "i", "aud": "a", "sub": "s", "iat": 1, "exp": 2, "scp": ["x"], "email": "canary@example.com",
        "nested": { "secret": "canary" },
    });
    let token = jwt(&claims);
    let reply = json!({ "access_token": token, "expires_in": 60 });
    let server = Server::answering(move |_, _| json_answer(200, &reply)).await;
    let jobs = jobs(&server, &job("one", "scopes = [\"x\", \"y:z\"]", "{ get = \"/\" }"));
    let sets = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
    let answers = doctor().ask_each(&sets).await;
    let granted = answers[0].as_ref().expect("a token");
    let names: Vec<_> = granted.claims.as_ref().expect("claims").keys().map(String::as_str).collect();
    assert_eq!(names, ["iss", "aud", "sub", "iat", "exp", "scp"]);
    assert_eq!((granted.scopes.clone(), granted.missing.clone()), (Some(Scopes::parse("x")), Scopes::parse("y:z")));
    assert_eq!(granted.fetched_at, noon());
    let debug = format!("{answers:?}");
    assert!(!debug.contains("canary") && !debug.contains(token.as_str()), "{debug}");
    let lack = granted.suffices(Name::new("one").as_ref()).expect_err("a lack");
    assert_eq!((lack.lies_in, lack.detail.as_str()), (Seat::Scopes, "not granted: y:z"));
}

#[tokio::test]
async fn claims_beyond_all_measure_are_not_told() {
    let token = jwt(&json!({ "iss": "i".repeat(10_000) }));
    let server = Server::answering(move |_, _| json_answer(200, &json!({ "access_token": token }))).await;
    let jobs = jobs(&server, &job("one", "", "{ get = \"/\" }"));
    let sets = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
    let answers = doctor().ask_each(&sets).await;
    assert_eq!(answers[0].as_ref().expect("a token").claims, None);
}

#[tokio::test]
async fn a_refusal_has_its_verdict_and_where_it_lies() {
    for (status, error, verdict, lies_in) in [
        (400, "invalid_scope", Verdict::ScopeNotAssignable, Seat::Scopes),
        (401, "invalid_client", Verdict::RevokedOrRotatedSecret, Seat::Elsewhere),
        (400, "unauthorized_client", Verdict::ClientNotAllowed, Seat::Elsewhere),
    ] {
        let server = Server::answering(move |_, _| json_answer(status, &json!({ "error": error }))).await;
        let jobs = jobs(&server, &job("one", "scopes = [\"x\"]", "{ get = \"/\" }"));
        let sets = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
        let trouble = doctor().ask_each(&sets).await.remove(0).expect_err("refused");
        assert_eq!((trouble.verdict, trouble.lies_in), (Some(verdict), lies_in));
        assert!(trouble.remedy.is_some());
    }
}

#[tokio::test]
async fn a_fixed_bearer_that_has_ended_says_where_a_current_one_goes() {
    let server = Server::answering(|_, _| ok()).await;
    let text = job("one", "scopes = [\"x\"]", "{ get = \"/\" }").replace("\"a\"", "\"s\"");
    let jobs = jobs(&server, &text);
    let sets = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
    let asked = async |token: String| {
        let doctor = doctor_with(Environment::fixed([("SESSION", token)]));
        doctor.ask_each(&sets).await.remove(0)
    };
    let end = noon().timestamp();
    let granted = asked(jwt(&json!({ "exp": end + 1, "scope": "x" }))).await.expect("a bearer");
    assert_eq!((granted.client, granted.skew_s, granted.missing.is_empty()), (None, None, true));
    let trouble = asked(jwt(&json!({ "exp": end }))).await.expect_err("ended");
    assert_eq!(trouble.detail, "the bearer in environment variable SESSION ended at 2026-11-24T12:00:00.000Z");
    assert_eq!(trouble.remedy.as_deref(), Some("Put a current one in environment variable SESSION."));
    assert!(asked("no-jwt-but-a-token".to_owned()).await.expect("a bearer").scopes.is_none());
}
