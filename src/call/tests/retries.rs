use std::num::NonZeroU32;
use std::time::Duration;

use axum::response::Response;

use super::kit::{Kit, post, usage};
use crate::clock::millis_between;
use crate::job::RateLimit;
use crate::run::{CallRecord, CallState, Kind, Verdict};
use crate::token::testing::{Server, answer, token_reply};

async fn failing(failures: usize, failure: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Server {
    Server::answering(move |n, _| if n <= failures { failure() } else { usage() }).await
}

#[tokio::test]
async fn what_may_pass_is_tried_until_it_has_or_the_attempts_are_used_up() {
    for (failures, state, attempts) in [(2, CallState::Succeeded, 3), (3, CallState::Failed, 3)] {
        let api = failing(failures, || answer(502, &[], "<html>bad gateway")).await;
        let record = Kit::new(&api.url).await.perform().await.record;
        assert_eq!((record.state, record.attempts.len(), api.seen().len()), (state, attempts, attempts));
        assert_eq!(record.attempts[0].kind, Some(Kind::Status));
        if state == CallState::Failed {
            assert_eq!(record.reason.as_deref(), Some("127.0.0.1 answered 502; given up after 3 attempts"));
        }
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_in_seconds_and_as_a_date() {
    for text in ["7", "Tue, 24 Nov 2026 12:01:30 GMT"] {
        let api = failing(1, move || answer(429, &[("retry-after", text)], "")).await;
        let kit = Kit::new(&api.url).await;
        let record = kit.perform_in_time().await.record;
        assert_eq!(record.state, CallState::Succeeded, "{text}");
        let asked = record.attempts[0].retry_after_ms.expect("asked to wait");
        assert!(if text == "7" { asked == 7000 } else { asked <= 90_000 }, "{text}: {asked} ms");
        let [waited] = waits(&record)[..] else { panic!("{} attempts", record.attempts.len()) };
        assert!((asked..=asked + 1000).contains(&waited), "{text}: {waited} ms of {asked}");
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_fails_now() {
    for (status, text, kind) in [
        (429, "7200", Kind::RateLimited),
        (429, "99999999999999999999999", Kind::RateLimited),
        (503, "7200", Kind::Deadline),
    ] {
        let api = failing(9, move || answer(status, &[("retry-after", text)], "")).await;
        let record = Kit::new(&api.url).await.perform().await.record;
        assert_eq!((record.state, record.kind), (CallState::Failed, Some(kind)), "{status} {text}");
        assert_eq!(api.seen().len(), 1);
        assert!(record.reason.is_some_and(|reason| reason.contains("after the run's deadline")));
    }
}

#[tokio::test]
async fn a_token_endpoint_that_wants_a_pause_beyond_the_deadline_fails_the_call_now_with_a_diagnosis() {
    let api = failing(0, usage).await;
    let mut kit = Kit::with_tokens(&api.url, |_, _| answer(503, &[("retry-after", "20")], "")).await;
    kit.job.deadline = Duration::from_secs(10);
    // No time passes here.
    let performed = kit.perform().await;
    assert_eq!((performed.record.kind, performed.verdict), (Some(Kind::Token), Some(Verdict::TokenEndpointDown)));
    assert_eq!((kit.auth.seen().len(), api.seen().len()), (1, 0));
}

#[tokio::test]
async fn a_call_that_waits_for_its_place_uses_the_token_for_one_use_that_it_has() {
    let api = failing(0, usage).await;
    let mut kit = Kit::with_tokens(&api.url, |n, _| token_reply(n, 0)).await;
    let limit = RateLimit { requests: NonZeroU32::MIN, per: Duration::from_secs(7) };
    kit.change_api(|api| api.rate_limit = Some(limit));
    for n in 1..=3 {
        assert_eq!(kit.perform_in_time().await.record.state, CallState::Succeeded);
        assert_eq!((kit.auth.seen().len(), api.seen().len()), (n, n));
    }
}

#[tokio::test]
async fn garbage_in_retry_after_is_as_good_as_nothing() {
    for text in ["soon", "-5", "1e999"] {
        let api = failing(1, move || answer(429, &[("retry-after", text)], "")).await;
        let record = Kit::new(&api.url).await.perform().await.record;
        assert_eq!((record.state, record.attempts[0].retry_after_ms), (CallState::Succeeded, None), "{text}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_one_diagnosis_that_is_healed_when_the_call_succeeds() {
    for (failures, healed, verdict) in [(2, true, None), (3, false, Some(Verdict::RateLimited))] {
        let api = failing(failures, || answer(429, &[("retry-after", "0")], "")).await;
        let performed = Kit::new(&api.url).await.perform().await;
        let [diagnosis] = &performed.record.diagnoses[..] else { panic!("not one diagnosis") };
        assert_eq!((diagnosis.verdict, diagnosis.healed), (Verdict::RateLimited, healed));
        assert_eq!(performed.verdict, verdict);
        if !healed {
            assert_eq!((performed.record.state, performed.record.kind), (CallState::Failed, Some(Kind::RateLimited)));
        }
    }
}

#[tokio::test]
async fn every_attempt_of_a_post_carries_the_same_key() {
    let api = failing(2, || answer(500, &[], "")).await;
    let mut kit = Kit::new(&api.url).await;
    kit.call = post("/snapshots");
    let record = kit.perform().await.record;
    assert_eq!(record.state, CallState::Succeeded);
    let seen = api.seen();
    let keys: Vec<_> = seen.iter().map(|seen| seen.header("idempotency-key")).collect();
    assert!(record.idempotency_key.is_some());
    assert_eq!(keys, [record.idempotency_key.as_deref(); 3]);
}

#[tokio::test]
async fn a_post_without_a_key_is_sent_again_only_when_it_was_not_worked_on() {
    for (status, headers, attempts) in
        [(500, None, 1), (503, None, 1), (503, Some(("retry-after", "0")), 3), (429, None, 3)]
    {
        let api = failing(9, move || answer(status, headers.as_slice(), "")).await;
        let mut kit = Kit::new(&api.url).await;
        kit.call = post("/snapshots");
        kit.call.idempotency_key = false;
        kit.perform().await;
        assert_eq!(api.seen().len(), attempts, "{status}");
    }
}

#[tokio::test]
async fn the_waits_between_attempts_are_those_of_the_job() {
    let api = failing(2, || answer(500, &[], "")).await;
    let mut kit = Kit::new(&api.url).await;
    (kit.call.retry.backoff, kit.call.retry.max_backoff) = (Duration::from_secs(10), Duration::from_secs(60));
    let record = kit.perform_in_time().await.record;
    let [first, second] = waits(&record)[..] else { panic!("{} attempts", record.attempts.len()) };
    assert!((5_000..=11_000).contains(&first) && (10_000..=21_000).contains(&second), "{first}, {second}");
}

/// Milliseconds between the end of each attempt and the start of the next.
fn waits(record: &CallRecord) -> Vec<u64> {
    let pairs = record.attempts.windows(2);
    let between =
        pairs.map(|pair| millis_between(pair[0].started_at, pair[1].started_at).unsigned_abs() - pair[0].duration_ms);
    between.collect()
}
