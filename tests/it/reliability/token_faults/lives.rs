//! What becomes of tokens over many ticks, by a clock that the test drives.

use apicron::standin::{Fault, Knobs, OPS};
use serde_json::json;

use super::told::{TOKEN, USAGE};
use crate::line::driven::{Place, Serving};
use crate::support::jobs::usage_job;
use crate::support::standin;

const TICKS: u64 = 10;

/// Serves a job every minute against a stand-in with these knobs, tick by tick, and gives the states of its runs, how
/// often the token endpoint was asked, and how often the API.
async fn minute_by_minute(
    knobs: Knobs,
    after_each: impl Fn(u64, &apicron::standin::Standin),
) -> (Vec<String>, u64, u64) {
    let place = Place::at("2026-11-24T12:00:30Z");
    let standin = standin::start_at(place.clock.clone(), knobs).await;
    let job = usage_job("balance", "schedule = \"* * * * *\"\nretry = { attempts = 1 }\ndeadline = \"20s\"");
    let serving: Serving = place.serve(&job, &standin).await;
    for tick in 1..=TICKS {
        serving.advance_to(&format!("2026-11-24T12:{tick:02}:00Z"));
        serving.until_ended(usize::try_from(tick).expect("a number")).await;
        after_each(tick, &standin);
    }
    let sql = "select state || ' ' || coalesce(kind, '-') || ' x ' || count(*) from v_runs group by state, kind
               order by min(id)";
    let states = serving.rows(sql).await;
    serving.stop().await;
    let counts = standin.counts();
    (states, counts.of("POST", TOKEN), counts.of("GET", USAGE))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_refuses_every_token_gets_at_most_two_requests_a_tick_and_costs_one_more_token_a_minute() {
    let knobs = Knobs { faults: vec![Fault::status(USAGE, 401)], ..Knobs::default() };
    let (states, token, api) = minute_by_minute(knobs, |_, _| {}).await;
    assert_eq!(states, ["refused refused x 10"]);
    assert!(token <= 1 + TICKS && api <= 2 * TICKS, "{token} token requests, {api} API requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_now_and_then_costs_one_more_token_and_one_more_request_each_time() {
    let revoke = |tick: u64, standin: &apicron::standin::Standin| {
        if tick.is_multiple_of(5) {
            standin.revoke(Some(OPS.id));
        }
    };
    let (states, token, api) = minute_by_minute(Knobs::default(), revoke).await;
    assert_eq!(states, ["succeeded - x 10"]);
    // The last revocation is met by no tick.
    assert_eq!((token, api), (2, TICKS + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_token_again_and_again_ends_in_no_loop() {
    let reply = json!({ "access_token": "a-token-of-the-test", "token_type": "bearer", "expires_in": 3600 });
    let same = Fault { body: Some(reply), ..Fault::status(TOKEN, 200) };
    let knobs = Knobs { faults: vec![same, Fault::status(USAGE, 401)], ..Knobs::default() };
    let (states, token, api) = minute_by_minute(knobs, |_, _| {}).await;
    assert_eq!(states, ["refused refused x 10"]);
    assert!(token <= 1 + TICKS && api <= 2 * TICKS, "{token} token requests, {api} API requests");
}
