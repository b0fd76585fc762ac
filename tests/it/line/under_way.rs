//! Runs that are under way: cancelled, taken over, and on disk before they do what cannot be undone.

use std::sync::Arc;
use std::time::Duration;

use apicron::engine::{Place, Unobserved};
use apicron::run::{Name, RunId};
use apicron::standin::DATA;
use apicron::store::Cancel;

use super::driven::{Serving, Slow, lines};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::rows;

const STATES: &str = "select state || coalesce(' ' || kind, '') || coalesce(' ' || reason, '') from v_runs order by id";

fn slow_job(keys: &str) -> String {
    usage_job("job", &format!("schedule = \"@hourly\"\ntimeout = \"1h\"\n{keys}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_ends_within_a_second() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job(""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    assert_eq!(serving.store.cancel(RunId(1)).await.expect("asked"), Cancel::Asked);
    let cancelled = "interrupted stopped it was cancelled";
    serving.until("an end", STATES, |seen| seen == &[cancelled]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_and_is_cancelled_ends_as_cancelled() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job("jitter = \"20m\""), &slow.standin).await;
    serving.advance(1);
    serving.until("a waiting run", STATES, |seen| seen == &["waiting"]).await;
    serving.store.cancel(RunId(1)).await.expect("asked");
    serving.until("an end", STATES, |seen| seen == &["interrupted stopped it was cancelled"]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_line_behind_one_of_another_process_waits_for_it_and_can_be_cancelled() {
    let slow = Slow::start("/v1/usage").await;
    let text = slow_job("overlap = \"queue\"");
    let serving = Serving::begin("2026-11-24T11:59:59Z", &text, &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    let jobs = serving.place.jobs(&text, &slow.standin);
    let (engine, store, _) = serving.place.engine(jobs, Arc::new(Unobserved)).await;
    let ask = || {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run_now(&[Name::new("job").expect("a name")], Place::Here).await })
    };
    let first = ask();
    serving.until("a run in line", STATES, |seen| seen == &["running", "waiting"]).await;
    serving.store.cancel(RunId(2)).await.expect("asked");
    let cancelled = "interrupted stopped it was cancelled";
    serving.until("an end", STATES, |seen| seen == &["running", cancelled]).await;
    let second = ask();
    serving.until("another in line", STATES, |seen| seen == &["running", cancelled, "waiting"]).await;
    slow.let_go();
    serving.until("its turn", STATES, |seen| seen == &["succeeded", cancelled, "succeeded"]).await;
    for asked in [first, second] {
        asked.await.expect("no panic").expect("run");
    }
    store.close().await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_process_took_over_is_let_go() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job(""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    let end = "update runs set state = 'interrupted', kind = 'stopped', reason = 'swept', finished_at = scheduled_for";
    rows::execute(&serving.place.store_file(), end).await;
    // A stop has nothing to wait for once it was let go: less than its drain passes meanwhile.
    let hands = serving.hands.clone();
    serving.advance(1);
    let stop = tokio::spawn(serving.stop());
    let stopped = async || {
        hands.advance(Duration::from_millis(10));
        stop.is_finished()
    };
    eventually("a stop", stopped, |&stopped| stopped).await;
    let place = stop.await.expect("no panic");
    assert!(place.clock.elapsed() < Duration::from_secs(20), "{:?}", place.clock.elapsed());
    assert_eq!(lines(&place.store_file(), STATES).await, ["interrupted stopped swept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_may_not_be_repeated_is_on_disk_before_the_api_sees_it() {
    let path = "/v1/datasets/ds_demo1/snapshots";
    let slow = Slow::start(path).await;
    let url = slow.standin.url();
    let credential = format!(
        r#"
[credentials.data]
token_url     = "{url}/v1/oauth2/token"
client_id     = "{}"
client_secret = {{ env = "DATA_SECRET" }}
auth_method   = "body"

[apis.data]
base_url   = "{url}/v1"
credential = "data"
"#,
        DATA.id
    );
    let job = r#"
[jobs.snapshot]
schedule = "@hourly"
scopes   = ["datasets:write"]
api      = "data"
timeout  = "1h"

[[jobs.snapshot.calls]]
post = "/datasets/ds_demo1/snapshots"
json = { notes = "nightly" }
idempotency_key = false
"#;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &(credential + job), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("POST", path, 1).await;
    assert_eq!(serving.rows("select state from v_calls").await, ["sending"]);
    slow.let_go();
    serving.until_ended(1).await;
    assert_eq!(serving.rows("select state from v_calls").await, ["succeeded"]);
    serving.stop().await;
}
