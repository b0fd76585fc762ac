//! Tokens that are refused: past their life, revoked in it, and for ever.

use apicron::standin::{ExpiresIn, Fault, Knobs, OPS, Standin};

use super::told::told;
use crate::line::driven::Place;
use crate::support::jobs::usage_job;
use crate::support::{rows, standin};

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

const TOLD: &str = "select state || ': ' || verdict || ' by ' || rule || iif(healed, ', healed', '') || ': '
                           || summary || ' → ' || remedy
                    from v_diagnoses join v_runs on v_runs.id = run_id order by v_diagnoses.id";

/// What is told after two ticks two minutes apart, with something between them, and how often the API was asked.
async fn told_of_two(knobs: Knobs, between: impl Fn(&Standin)) -> (String, u64) {
    let place = Place::at("2026-11-24T12:00:00Z");
    let standin = standin::start_at(place.clock.clone(), knobs).await;
    let serving = place.serve(&usage_job("balance", "schedule = \"*/2 * * * *\""), &standin).await;
    serving.advance(120);
    serving.until_ended(1).await;
    between(&standin);
    serving.advance(120);
    serving.until_ended(2).await;
    let told = rows::rows(&serving.place.store_file(), TOLD).await.concat().join("\n");
    serving.stop().await;
    (told, standin.counts().of("GET", "/v1/usage"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ended_before_it_was_thought_to_is_renewed_and_its_life_is_told() {
    let knobs = Knobs { token_life_s: 60, expires_in: ExpiresIn::Absent, ..Knobs::default() };
    let (told, requests) = told_of_two(knobs, |_| {}).await;
    insta::assert_snapshot!(told, @r"
    succeeded: token_expired by U4, healed: 401: the token had expired; a fresh one worked → Expired 60 s before use. Renewed.
    ");
    assert_eq!(requests, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_api_calls_expired_is_renewed() {
    let expired = Fault { detail: Some("The access token has expired.".into()), ..Fault::status("/v1/usage", 401) };
    let (told, requests) = told_of_two(Knobs::default(), |standin| {
        standin.set(Knobs { faults: vec![expired.clone().times(1)], ..Knobs::default() });
    })
    .await;
    insta::assert_snapshot!(told, @r"
    succeeded: token_expired by U5, healed: 401: the token had expired; a fresh one worked → Expired at 120 s of 3600 s. Renewed.
    ");
    assert_eq!(requests, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_in_its_life_is_replaced_and_the_run_succeeds() {
    let (told, requests) = told_of_two(Knobs::default(), |standin| {
        assert_eq!(standin.revoke(Some(OPS.id)), 1);
    })
    .await;
    insta::assert_snapshot!(told, @r"
    succeeded: stale_token by U7, healed: 401: the token was refused and a fresh one worked → Died early at 120 s of 3600 s. Does another process use client standin-ops?
    ");
    assert_eq!(requests, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_refuses_every_token_is_asked_twice_and_the_token_endpoint_once_more() {
    let knobs = Knobs { faults: vec![Fault::status("/v1/usage", 401)], ..Knobs::default() };
    let told = told(knobs, SECRETS, &usage_job("balance", "")).await;
    insta::assert_snapshot!(told.sentences(), @r"
    exit 4, refused: fresh_token_rejected by U3
    401: the API rejects a fresh token as well
    → A fresh token is rejected too (the first was 0 s old): check base_url, organisation and API status; request id req-00000001.
    ");
    assert_eq!(told.requests("GET", "/v1/usage"), (2, 2));
    told.is_judged_anew_the_same().await;
}
