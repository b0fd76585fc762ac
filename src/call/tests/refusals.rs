use std::sync::Arc;

use axum::response::Response;
use serde_json::json;

use super::kit::{Kit, bearer, unauthorized, usage};
use crate::job::{Credential, Grant};
use crate::run::{CallState, Kind, Phase, Scopes, Verdict};
use crate::secret::Source;
use crate::token::testing::{Server, answer, json_answer, name, token, token_reply};

#[tokio::test]
async fn a_401_rejects_the_token_fetches_one_and_tries_once_more() {
    let api = Server::answering(|n, _| if n == 1 { unauthorized() } else { usage() }).await;
    let kit = Kit::new(&api.url).await;
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Succeeded, None));
    let seen = api.seen();
    assert_eq!(seen.iter().map(bearer).collect::<Vec<_>>(), [token(1), token(2)]);
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert!(diagnosis.healed);
    assert_eq!((diagnosis.status, diagnosis.evidence.second_attempt_status), (401, Some(200)));
    let generations: Vec<_> = performed.record.attempts.iter().map(|attempt| attempt.token_generation).collect();
    assert_eq!(generations, [Some(1), Some(2)]);
}

#[tokio::test]
async fn a_401_for_ever_ends_after_two_requests_and_one_extra_token_a_run() {
    let api = Server::answering(|_, _| unauthorized()).await;
    let kit = Kit::new(&api.url).await;
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.record.kind), (CallState::Refused, Some(Kind::Refused)));
    assert_eq!(performed.verdict, Some(Verdict::FreshTokenRejected));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (2, 2));
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert_eq!((diagnosis.healed, diagnosis.evidence.second_attempt_status), (false, Some(401)));
    // Runs within the minute do not ask for a token at all, and know why they are refused.
    let next = kit.perform().await;
    assert_eq!(next.verdict, Some(Verdict::FreshTokenRejected));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (3, 2));
}

#[tokio::test]
async fn a_token_that_is_given_again_is_not_sent_again_and_nothing_is_said_of_a_second_try() {
    let api = Server::answering(|_, _| unauthorized()).await;
    let kit = Kit::with_tokens(&api.url, |_, _| token_reply(1, 3600)).await;
    // The second run is within the minute in which no further token is asked for.
    for requests in [1, 2] {
        let performed = kit.perform().await;
        assert_eq!((performed.record.state, performed.record.kind), (CallState::Refused, Some(Kind::Refused)));
        assert_eq!(performed.verdict, Some(Verdict::TokenRejected));
        assert_eq!((api.seen().len(), kit.auth.seen().len()), (requests, 2));
        let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
        assert_eq!((diagnosis.rule, diagnosis.retry, diagnosis.healed), ("U8", false, false));
        assert_eq!(diagnosis.evidence.second_attempt_status, None);
        assert!(diagnosis.summary.contains("the token endpoint gave the same token again"), "{}", diagnosis.summary);
        assert!(diagnosis.remedy.contains("Wait until the token ends"), "{}", diagnosis.remedy);
        let reason = performed.record.reason.expect("a reason");
        for part in ["the token endpoint gave the same token again", "wait until it ends", "another process"] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_403_whose_fresh_token_is_the_same_one_keeps_what_is_missing() {
    let api = Server::answering(|_, _| forbidden()).await;
    let kit = Kit::with_tokens(&api.url, |_, _| token_reply(1, 3600)).await;
    let credential = kit.job.api.credential.clone().expect("a credential");
    kit.bench.tokens.bearer(&credential, &kit.job.scopes).await.expect("a bearer");
    kit.bench.pass(60);
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Refused, Some(Verdict::MissingScope)));
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert_eq!(diagnosis.evidence.second_attempt_status, None);
    for part in ["usage:read", "Wait until the token ends"] {
        assert!(diagnosis.remedy.contains(part), "{}", diagnosis.remedy);
    }
    assert!(diagnosis.summary.contains("gave the same token again"), "{}", diagnosis.summary);
}

#[tokio::test]
async fn a_token_reply_without_a_usable_token_is_the_token_endpoints_fault() {
    for token in [json!("bad\ntoken\u{0}"), json!(5), json!("")] {
        let api = Server::answering(|_, _| usage()).await;
        let reply = json!({"access_token": token, "token_type": "bearer"});
        let kit = Kit::with_tokens(&api.url, move |_, _| json_answer(200, &reply)).await;
        let performed = kit.perform().await;
        assert_eq!(performed.record.state, CallState::Failed, "{token}");
        assert_eq!(performed.verdict, Some(Verdict::TokenResponseInvalid), "{token}");
        assert_eq!(performed.record.diagnoses[0].rule, "T11", "{token}");
    }
}

#[tokio::test]
async fn many_calls_that_meet_a_dead_token_together_fetch_one() {
    let api = Server::answering(|_, seen| if bearer(seen) == token(1) { unauthorized() } else { usage() }).await;
    let kit = Kit::new(&api.url).await;
    let performed = futures_util::future::join_all((0..50).map(|_| kit.perform())).await;
    assert!(performed.iter().all(|performed| performed.record.state == CallState::Succeeded));
    assert_eq!(kit.auth.seen().len(), 2);
}

#[tokio::test]
async fn a_402_is_refused_at_once_with_the_words_of_the_api_as_evidence() {
    let api = Server::answering(|_, _| {
        json_answer(402, &json!({"detail": "Insufficient credits. Required: 12 credits. Available: 3 credits."}))
    })
    .await;
    let kit = Kit::new(&api.url).await;
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Refused, Some(Verdict::PlanLimit)));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (1, 1));
    let evidence = &performed.record.diagnoses[0].evidence;
    assert!(evidence.response.body.contains("Required: 12 credits"));
    let context = evidence.context.clone().expect("context");
    assert_eq!((context.job.as_deref(), context.credential.as_deref()), (Some("credits"), Some("cuadra")));
    assert_eq!((context.api_host.as_deref(), context.client_id.as_deref()), (Some("127.0.0.1"), Some("client-1")));
}

fn forbidden() -> Response {
    let headers = [("x-request-id", "rid-7"), ("date", "Tue, 24 Nov 2026 12:00:09 GMT")];
    answer(403, &headers, r#"{"detail":"Missing required scope: usage:read"}"#)
}

#[tokio::test]
async fn a_403_is_worth_a_token_only_when_the_scope_was_asked_for_and_the_token_is_a_minute_old() {
    for (scopes, age, requests, tokens) in
        [("usage:read", 59, 1, 1), ("usage:read", 60, 2, 2), ("files:read", 60, 1, 1)]
    {
        let api = Server::answering(|_, _| forbidden()).await;
        let mut kit = Kit::new(&api.url).await;
        kit.job.scopes = Scopes::parse(scopes);
        let credential = kit.job.api.credential.clone().expect("a credential");
        kit.bench.tokens.bearer(&credential, &kit.job.scopes).await.expect("a bearer");
        kit.bench.pass(age);
        let performed = kit.perform().await;
        assert_eq!((performed.record.state, performed.verdict), (CallState::Refused, Some(Verdict::MissingScope)));
        assert_eq!((api.seen().len(), kit.auth.seen().len()), (requests, tokens), "{scopes} at {age} s");
        let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
        assert_eq!(diagnosis.missing_scopes, Scopes::parse("usage:read"));
        assert_eq!(diagnosis.evidence.token.requested_scopes, Scopes::parse(scopes));
    }
}

#[tokio::test]
async fn a_scope_that_was_granted_in_the_meantime_heals_the_call() {
    let api = Server::answering(|n, _| if n == 1 { forbidden() } else { usage() }).await;
    let kit = Kit::new(&api.url).await;
    let credential = kit.job.api.credential.clone().expect("a credential");
    kit.bench.tokens.bearer(&credential, &kit.job.scopes).await.expect("a bearer");
    kit.bench.pass(60);
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Succeeded, None));
    assert!(performed.record.diagnoses[0].healed);
}

#[tokio::test]
async fn a_401_that_becomes_a_403_is_judged_by_the_403_too() {
    let api = Server::answering(|n, _| if n == 1 { unauthorized() } else { forbidden() }).await;
    let kit = Kit::new(&api.url).await;
    let performed = kit.perform().await;
    let statuses: Vec<_> =
        performed.record.diagnoses.iter().map(|diagnosis| (diagnosis.status, diagnosis.healed)).collect();
    assert_eq!(statuses, [(401, false), (403, false)]);
    assert_eq!(performed.verdict, Some(Verdict::MissingScope));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (2, 2));
    let evidence = &performed.record.diagnoses[1].evidence;
    assert_eq!(evidence.server_date_skew_s, Some(9));
    assert_eq!(evidence.context.as_ref().and_then(|context| context.request_id.as_deref()), Some("rid-7"));
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_told_with_the_token_endpoints_answer() {
    let api = Server::answering(|_, _| usage()).await;
    let kit = Kit::with_tokens(&api.url, |_, _| json_answer(401, &json!({"error": "invalid_client"}))).await;
    let performed = kit.perform().await;
    let record = performed.record;
    assert_eq!((record.state, record.kind, record.attempts.len()), (CallState::Refused, Some(Kind::Token), 0));
    assert_eq!(performed.verdict, Some(Verdict::RevokedOrRotatedSecret));
    assert_eq!((record.diagnoses[0].phase, record.diagnoses[0].status), (Phase::Mint, 401));
    let job = record.diagnoses[0].evidence.context.as_ref().and_then(|context| context.job.as_deref());
    assert_eq!(job, Some("credits"));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_fails_the_call_and_refuses_nothing() {
    let api = Server::answering(|_, _| usage()).await;
    let kit = Kit::with_tokens(&api.url, |_, _| answer(503, &[], "")).await;
    let record = kit.perform().await.record;
    assert_eq!((record.state, record.kind), (CallState::Failed, Some(Kind::Token)));
}

#[tokio::test]
async fn an_api_without_a_credential_gets_no_bearer_and_its_401_is_a_status_like_any_other() {
    let api = Server::answering(|_, _| unauthorized()).await;
    let mut kit = Kit::new(&api.url).await;
    kit.change_api(|api| api.credential = None);
    let record = kit.perform().await.record;
    assert_eq!((record.state, record.kind), (CallState::Failed, Some(Kind::Status)));
    assert_eq!((api.seen().len(), bearer(&api.seen()[0])), (1, "none"));
    assert!(record.diagnoses.is_empty());
}

#[tokio::test]
async fn when_the_fresh_token_meets_another_failure_the_refusal_counts_as_overcome() {
    let api = Server::answering(|n, _| if n == 1 { unauthorized() } else { answer(404, &[], "") }).await;
    let performed = Kit::with_tokens(&api.url, |n, _| token_reply(n, 3600)).await.perform().await;
    assert_eq!((performed.record.kind, performed.verdict), (Some(Kind::Status), None));
    assert!(performed.record.diagnoses[0].healed);
}

#[tokio::test]
async fn a_403_that_is_a_rate_limit_is_waited_for_like_a_429() {
    let limit = || answer(403, &[("retry-after", "0")], r#"{"message": "API rate limit exceeded"}"#);
    let api = Server::answering(move |n, _| if n == 1 { limit() } else { usage() }).await;
    let kit = Kit::new(&api.url).await;
    let performed = kit.perform().await;
    assert_eq!(performed.record.state, CallState::Succeeded);
    assert_eq!(
        (performed.record.diagnoses[0].verdict, performed.record.diagnoses[0].healed),
        (Verdict::RateLimited, true)
    );
    assert_eq!(kit.auth.seen().len(), 1);
}

#[tokio::test]
async fn a_post_without_a_key_is_sent_again_with_a_fresh_token_since_a_401_did_nothing() {
    let api = Server::answering(|n, _| if n == 1 { unauthorized() } else { usage() }).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call = super::kit::post("/chats");
    kit.call.idempotency_key = false;
    assert_eq!(kit.perform().await.record.state, CallState::Succeeded);
}

#[tokio::test]
async fn a_401_that_another_token_does_not_help_against_asks_for_none() {
    let page = || answer(401, &[("www-authenticate", "Bearer")], "<html>blocked");
    let audience = || json_answer(401, &json!({"detail": "The token's audience is not this API"}));
    let dpop = || answer(401, &[("www-authenticate", "DPoP")], "");
    for (refusal, rule) in [(page(), "G9"), (audience(), "E1"), (dpop(), "E3")] {
        let (head, body) = refusal.into_parts();
        let body = axum::body::to_bytes(body, 1 << 10).await.expect("a body");
        let api = Server::answering(move |_, _| Response::from_parts(head.clone(), body.clone().into())).await;
        let kit = Kit::new(&api.url).await;
        let performed = kit.perform().await;
        let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
        assert_eq!((diagnosis.rule, diagnosis.evidence.second_attempt_status), (rule, None));
        assert_eq!((api.seen().len(), kit.auth.seen().len()), (1, 1), "{rule}");
    }
}

#[tokio::test]
async fn a_fixed_bearer_is_read_again_after_any_401() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bearer");
    std::fs::write(&path, "first-bearer").expect("a file");
    let replaced = path.clone();
    let api = Server::answering(move |n, _| {
        std::fs::write(&replaced, "second-bearer").expect("a file");
        if n == 1 { json_answer(401, &json!({"detail": "The token's audience is not this API"})) } else { usage() }
    })
    .await;
    let mut kit = Kit::new(&api.url).await;
    let credential = Credential::new(name("session"), Grant::Bearer(Source::File(path)));
    kit.change_api(|api| api.credential = Some(Arc::new(credential)));
    assert_eq!(kit.perform().await.record.state, CallState::Succeeded);
    assert_eq!(api.seen().iter().map(bearer).collect::<Vec<_>>(), ["first-bearer", "second-bearer"]);
}

#[tokio::test]
async fn a_fixed_bearer_that_is_refused_is_to_be_replaced_where_it_is_kept() {
    let api = Server::answering(|_, _| unauthorized()).await;
    let mut kit = Kit::new(&api.url).await;
    let grant = Grant::Bearer(Source::Env("SECRET".to_owned()));
    let credential = Credential::new(name("session"), grant);
    kit.change_api(|api| api.credential = Some(Arc::new(credential)));
    let performed = kit.perform().await;
    assert_eq!((performed.record.state, performed.record.kind), (CallState::Refused, Some(Kind::Refused)));
    let reason = performed.record.reason.expect("a reason");
    assert!(reason.contains("put a current one in environment variable SECRET"), "{reason}");
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    let remedy = "Put a current token in environment variable SECRET and restart apicron.";
    assert_eq!((diagnosis.remedy.as_str(), diagnosis.retry), (remedy, false));
    assert_eq!(api.seen().len(), 1);
}
