//! Runs that are under way: cancelled, taken over, and on disk before they do what cannot be undone.

use apicron::run::RunId;
use apicron::store::Cancel;

use super::driven::{Serving, Slow};
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
async fn a_run_that_waits_in_line_is_cancelled_as_well() {
    let slow = Slow::start("/v1/usage").await;
    let serving = Serving::begin("2026-11-24T11:59:59Z", &slow_job("overlap = \"queue\""), &slow.standin).await;
    serving.advance(1);
    slow.until_asked("GET", "/v1/usage", 1).await;
    serving.hands.advance(std::time::Duration::from_secs(600));
    let claim = serving.engine.clone();
    let names = [apicron::run::Name::new("job").expect("a name")];
    let manual = tokio::spawn(async move { claim.run_now(&names, apicron::engine::Place::Here).await });
    serving.until("a run in line", STATES, |seen| seen == &["running", "waiting"]).await;
    serving.store.cancel(RunId(2)).await.expect("asked");
    let cancelled = "interrupted stopped it was cancelled";
    serving.until("an end", STATES, |seen| seen == &["running", cancelled]).await;
    slow.let_go();
    serving.until_ended(2).await;
    manual.await.expect("no panic").expect("run");
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
    // Its connection is given up, and what it would have written is dropped.
    let given_up = || slow.standin.counts().unanswered;
    crate::support::eventually::eventually(
        "a connection that is given up",
        async || {
            serving.hands.advance(std::time::Duration::from_millis(100));
            given_up()
        },
        |&unanswered| unanswered == 1,
    )
    .await;
    assert_eq!(serving.rows(STATES).await, ["interrupted stopped swept"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_may_not_be_repeated_is_on_disk_before_the_api_sees_it() {
    let path = "/v1/datasets/ds_demo1/snapshots";
    let slow = Slow::start(path).await;
    let job = r#"
[jobs.snapshot]
schedule = "@hourly"
scopes   = ["datasets:write"]
api      = "standin"
timeout  = "1h"

[[jobs.snapshot.calls]]
post = "/datasets/ds_demo1/snapshots"
json = { notes = "nightly" }
idempotency_key = false
"#;
    let serving = Serving::begin("2026-11-24T11:59:59Z", job, &slow.standin).await;
    serving.advance(1);
    slow.until_asked("POST", path, 1).await;
    assert_eq!(serving.rows("select state from v_calls").await, ["sending"]);
    slow.let_go();
    serving.until_ended(1).await;
    assert_eq!(serving.rows("select state from v_calls").await, ["succeeded"]);
    serving.stop().await;
}
