//! Tokens that the API takes for ones of the future, or of the past.

use std::time::Duration;

use axum::response::Response;
use serde_json::json;

use super::kit::{Kit, bearer, usage};
use crate::run::{CallState, Verdict};
use crate::token::testing::{Server, answer, json_answer, jwt, noon};

/// A token reply with a JWT whose times lie so many seconds after noon.
fn issued(n: usize, from: i64, to: i64) -> Response {
    let start = noon().timestamp();
    let token = jwt(&json!({"n": n, "nbf": start + from, "iat": start + from, "exp": start + to}));
    json_answer(200, &json!({"access_token": token, "token_type": "bearer", "expires_in": to - from}))
}

/// A 401 of an API whose clock is so many seconds after noon.
fn unauthorized_at(seconds: i64) -> Response {
    let date = (noon() + chrono::Duration::seconds(seconds)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer(401, &[("date", &date)], r#"{"detail": "Invalid token."}"#)
}

#[tokio::test]
async fn a_token_that_is_too_young_is_sent_again_once_it_is_valid_and_no_other_is_asked_for() {
    let api = Server::answering(|n, _| if n == 1 { unauthorized_at(-30) } else { usage() }).await;
    let kit = Kit::with_tokens(&api.url, |n, _| issued(n, 0, 3600)).await;
    let performed = kit.perform_in_time().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Succeeded, None));
    let seen = api.seen();
    assert_eq!((seen.len(), kit.auth.seen().len()), (2, 1));
    assert_eq!(bearer(&seen[0]), bearer(&seen[1]));
    let [first, second] = &performed.record.attempts[..] else { panic!("not two attempts") };
    let answered = first.started_at + chrono::Duration::milliseconds(i64::try_from(first.duration_ms).expect("small"));
    assert!(second.started_at - answered >= chrono::Duration::seconds(31));
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert_eq!((diagnosis.rule, diagnosis.verdict, diagnosis.healed), ("C1", Verdict::ClockSkew, true));
    assert_eq!(diagnosis.evidence.second_attempt_status, None, "no other token was tried");
    assert_eq!(diagnosis.remedy, "The API's clock is behind the issuer's by 30 s; wait that long.");
}

#[tokio::test]
async fn a_clock_that_stays_behind_is_waited_for_twice_and_no_longer() {
    let api = Server::answering(|_, _| unauthorized_at(-5)).await;
    let kit = Kit::with_tokens(&api.url, |n, _| issued(n, 0, 3600)).await;
    let performed = kit.perform_in_time().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Refused, Some(Verdict::ClockSkew)));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (3, 1));
    let reason = performed.record.reason.expect("a reason");
    assert!(reason.ends_with("it was waited for, and that clock stayed behind"), "{reason}");
    assert!(performed.record.diagnoses.iter().all(|diagnosis| !diagnosis.healed && diagnosis.rule == "C1"));
}

#[tokio::test]
async fn a_wait_that_would_pass_the_deadline_or_a_quarter_of_an_hour_is_not_begun() {
    for (deadline, behind, why) in [
        (30, -30, "it would be valid in 31s, which is after the run's deadline"),
        (7200, -900, "it would be valid in 15m 1s, which is too long to wait"),
    ] {
        let api = Server::answering(move |_, _| unauthorized_at(behind)).await;
        let mut kit = Kit::with_tokens(&api.url, |n, _| issued(n, 0, 3600)).await;
        kit.job.deadline = Duration::from_secs(deadline);
        let performed = kit.perform().await;
        assert_eq!(performed.verdict, Some(Verdict::ClockSkew));
        assert_eq!((api.seen().len(), kit.auth.seen().len()), (1, 1));
        let reason = performed.record.reason.expect("a reason");
        assert!(reason.ends_with(why), "{reason}");
    }
}

#[tokio::test]
async fn a_token_that_ended_by_the_apis_clock_alone_is_renewed_once() {
    // The API is two hours ahead of this host and of the issuer, which gives tokens of an hour.
    let api = Server::answering(|n, _| if n == 1 { unauthorized_at(7200) } else { usage() }).await;
    let kit = Kit::with_tokens(&api.url, |n, _| issued(n, 0, 3600)).await;
    let performed = kit.perform().await;
    assert_eq!(performed.record.state, CallState::Succeeded);
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (2, 2));
    let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
    assert_eq!((diagnosis.rule, diagnosis.healed), ("C2", true));
    assert_eq!(diagnosis.remedy, "This host's clock is 7200 s off; start time sync.");
}

#[tokio::test]
async fn a_fresh_token_that_is_too_young_is_waited_for_as_well_and_both_refusals_are_healed() {
    let api = Server::answering(|n, _| match n {
        1 => unauthorized_at(0),
        2 => unauthorized_at(0),
        _ => usage(),
    })
    .await;
    // The second token is of an issuer whose clock is ahead.
    let kit = Kit::with_tokens(&api.url, |n, _| issued(n, if n == 1 { 0 } else { 20 }, 3600)).await;
    let performed = kit.perform_in_time().await;
    assert_eq!((performed.record.state, performed.verdict), (CallState::Succeeded, None));
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (3, 2));
    let found: Vec<_> = performed.record.diagnoses.iter().map(|found| (found.rule, found.healed)).collect();
    assert_eq!(found, [("U7", true), ("C1", true)]);
}

#[tokio::test]
async fn a_403_to_a_token_past_its_life_is_worth_a_fresh_one() {
    let date = (noon() + chrono::Duration::seconds(7200)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let api = Server::answering(
        move |n, _| {
            if n == 1 { answer(403, &[("date", &date)], r#"{"detail": "no"}"#) } else { usage() }
        },
    )
    .await;
    let kit = Kit::with_tokens(&api.url, |n, _| issued(n, 0, 3600)).await;
    let performed = kit.perform().await;
    assert_eq!(performed.record.state, CallState::Succeeded);
    assert_eq!((api.seen().len(), kit.auth.seen().len()), (2, 2));
    assert_eq!((performed.record.diagnoses[0].rule, performed.record.diagnoses[0].healed), ("C2", true));
}
