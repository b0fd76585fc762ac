//! One dead secret, one incident.

use std::fmt::Write as _;

use apicron::run::Name;
use apicron::standin::{Knobs, OPS, Standin};
use apicron::store::Pause;

use crate::line::driven::{Place, Serving};
use crate::support::jobs::{head, usage_job};
use crate::support::standin::{self, Caller};

/// So many jobs every five minutes, by a secret in a file.
fn jobs(count: usize, keys: &str) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let job = usage_job(&format!("job-{n:02}"), &format!("schedule = \"*/5 * * * *\"\n{keys}"));
        write!(text, "{job}").expect("a text takes it");
        text
    })
}

/// Serves jobs whose secret is in the file `secret`, which holds a dead one at first.
async fn serve_dead(standin: &Standin, text: &str) -> Serving {
    let place = Place::at("2026-11-24T12:00:00Z");
    write_secret(&place, "the-secret-of-last-year");
    let jobs = place.parse(&(with_secret_file(standin) + text));
    place.serve_jobs(jobs).await
}

fn with_secret_file(standin: &Standin) -> String {
    head(standin).replace("{ env = \"CLIENT_SECRET\" }", "{ file = \"secret\" }")
}

fn write_secret(place: &Place, secret: &str) {
    std::fs::write(place.folder.path().join("secret"), secret).expect("written");
}

const STATES: &str = "select state, count(*) || '', sum(ticks) || '' from v_runs group by state order by state";

#[tokio::test(flavor = "multi_thread")]
async fn fifty_jobs_on_a_dead_secret_for_an_hour_are_one_incident_and_run_when_it_is_mended() {
    let standin = standin::start_with(Knobs::default()).await;
    let serving = serve_dead(&standin, &jobs(50, "")).await;
    for (from, until, probes) in [(1, 10, 1), (11, 20, 2), (21, 66, 3)] {
        pass(&serving, from..=until, 50).await;
        let taken = "select probes || '' from v_incidents";
        serving.until("the probe", taken, |seen| *seen == [probes.to_string()]).await;
        serving
            .until("its end", "select count(*) || '' from v_token_events where event = 'failed'", |seen| {
                *seen == [(probes + 1).to_string()]
            })
            .await;
    }
    let incidents =
        "select credential, verdict, (closed_at is null) || '', probes || '', waiting_jobs || '' from v_incidents";
    assert_eq!(serving.rows(incidents).await, ["standin revoked_or_rotated_secret 1 3 50"]);
    assert_eq!(serving.rows(STATES).await, ["held 50 650"]);
    let counts = standin.counts();
    assert_eq!((counts.of("POST", "/v1/oauth2/token"), counts.of("GET", "/v1/usage")), (4, 0));
    assert_eq!(serving.rows("select count(*) || '' from v_diagnoses").await, ["1"]);

    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving.until("all jobs to run", STATES, |seen| seen.iter().any(|row| row == "succeeded 50 50")).await;
    assert_eq!(serving.rows(STATES).await, ["missed 50 600", "succeeded 50 50"]);
    assert_eq!(standin.counts().of("POST", "/v1/oauth2/token"), 5);
    let closed =
        serving.rows("select (closed_at is null) || '', probes || '', waiting_jobs || '' from v_incidents").await;
    assert_eq!(closed, ["0 4 50"]);
    serving.stop().await;
}

/// Minutes that pass. What comes of each tick is seen before the next one is due.
async fn pass(serving: &Serving, minutes: std::ops::RangeInclusive<u64>, jobs: u64) {
    for minute in minutes {
        serving.advance(60);
        if minute % 5 == 0 {
            let all = [format!("held {jobs} {}", jobs * minute / 5)];
            serving.until("each tick to wait", STATES, |seen| *seen == all).await;
        }
    }
}

const ROWS: &str = "
    select substr(scheduled_for, 12, 5) || '-' || substr(coalesce(through, scheduled_for), 12, 5) || ' ' || trigger || ' '
           || state || coalesce(': ' || reason, '')
    from v_runs order by id";

const OPEN: &str = "select count(*) || '' from v_incidents where closed_at is null";

/// What is left of ticks at 12:05, 12:10 and 12:15 when the secret is mended after them.
async fn mended_after_three_ticks(keys: &str) -> Vec<String> {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, keys)).await;
    pass(&serving, 1..=16, 1).await;
    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving
        .until("nothing to wait", "select count(*) || '' from v_runs where finished_at is null", |seen| seen == &["0"])
        .await;
    let rows = serving.rows(ROWS).await;
    serving.stop().await;
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn with_latest_the_newest_tick_that_waited_runs() {
    assert_eq!(
        mended_after_three_ticks("").await,
        [
            "12:05-12:10 schedule missed: credential `standin` was refused, and only the newest tick is caught up",
            "12:15-12:15 catch_up succeeded",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_none_no_tick_that_waited_runs() {
    let missed = "12:05-12:15 schedule missed: credential `standin` was refused";
    assert_eq!(mended_after_three_ticks("catch_up = \"none\"").await, [missed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_each_tick_that_waited_runs() {
    let runs = ["12:05", "12:10", "12:15"].map(|tick| format!("{tick}-{tick} catch_up succeeded"));
    assert_eq!(mended_after_three_ticks("catch_up = \"all\"").await, runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_outlives_the_process_and_the_next_one_tries_at_once() {
    let standin = standin::start().await;
    let text = jobs(1, "");
    let serving = serve_dead(&standin, &text).await;
    pass(&serving, 1..=6, 1).await;
    let place = serving.die().await;
    write_secret(&place, OPS.secret);
    let jobs = place.parse(&(with_secret_file(&standin) + &text));
    let serving = place.serve_jobs(jobs).await;
    serving.until("it to run", STATES, |seen| seen == &["succeeded 1 1"]).await;
    assert_eq!(serving.rows(OPEN).await, ["0"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_given_another_credential_waits_no_more() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, "")).await;
    pass(&serving, 1..=6, 1).await;
    let other = head(&standin).replace("[credentials.standin]", "[credentials.other]");
    let text = other.replace("credential = \"standin\"", "credential = \"other\"") + &jobs(1, "");
    serving.engine.reload(serving.place.parse(&text)).await.expect("reloaded");
    serving.until("it to run", STATES, |seen| seen == &["succeeded 1 1"]).await;
    serving.until("the former one to be forgotten", OPEN, |seen| seen == &["0"]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_leaves_the_file_while_it_waits_is_missed() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(2, "")).await;
    pass(&serving, 1..=6, 2).await;
    let text = with_secret_file(&standin) + &jobs(1, "");
    serving.engine.reload(serving.place.parse(&text)).await.expect("reloaded");
    serving.until("one to be missed", STATES, |seen| seen == &["held 1 1", "missed 1 1"]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_that_waited_does_not_run() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, "")).await;
    pass(&serving, 1..=6, 1).await;
    let pause = Pause { paused_at: serving.place.clock.now(), until: None, reason: Some("maintenance".to_owned()) };
    serving.store.pause(&Name::new("job-00").expect("a name"), pause).await.expect("paused");
    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving.until("it to be skipped", STATES, |seen| seen == &["skipped 1 1"]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_store_share_an_incident() {
    let standin = standin::start().await;
    let text = jobs(4, "");
    let first = serve_dead(&standin, &text).await;
    let jobs = first.place.parse(&(with_secret_file(&standin) + &text));
    let (other, _store, stop) = first.place.engine(jobs, std::sync::Arc::new(apicron::engine::Unobserved)).await;
    let beside = tokio::spawn(async move { other.serve(&crate::line::driven::Quiet).await });
    pass(&first, 1..=16, 4).await;
    assert_eq!(first.rows(OPEN).await, ["1"]);
    write_secret(&first.place, OPS.secret);
    first.advance(6);
    first.until("all to run", STATES, |seen| seen.iter().any(|row| row == "succeeded 4 4")).await;
    stop.request();
    beside.await.expect("no panic").expect("served");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_disabled_while_it_waits_is_missed() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, "")).await;
    pass(&serving, 1..=6, 1).await;
    let text = with_secret_file(&standin) + &jobs(1, "enabled = false");
    serving.engine.reload(serving.place.parse(&text)).await.expect("reloaded");
    serving.until("it to be missed", STATES, |seen| seen == &["missed 1 1"]).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_becomes_a_fixed_bearer_lets_go_of_what_waited() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, "")).await;
    pass(&serving, 1..=6, 1).await;
    let token = Caller::of(&standin).token(OPS).await;
    std::fs::write(serving.place.folder.path().join("token"), token).expect("written");
    let head = head(&standin);
    let begin = head.find("token_url").expect("a credential");
    let end = head.find("[apis.standin]").expect("an API");
    let fixed = format!("{}bearer = {{ file = \"token\" }}\n{}", &head[..begin], &head[end..]);
    serving.engine.reload(serving.place.parse(&(fixed + &jobs(1, "")))).await.expect("reloaded");
    serving.until("it to run", STATES, |seen| seen == &["succeeded 1 1"]).await;
    assert_eq!(serving.rows(OPEN).await, ["0"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_for_each_of_many_elements_wait_as_well() {
    let standin = standin::start().await;
    let each = jobs(1, "").replace("name    = \"usage\"\n", "name    = \"usage\"\nfor_each = '[\"a\", \"b\"]'\n");
    let serving = serve_dead(&standin, &each.replace("[\"a\"", "(\"a\"").replace("\"b\"]", "\"b\")")).await;
    pass(&serving, 1..=6, 1).await;
    assert_eq!(serving.rows("select count(*) || '' from v_calls").await, ["0"]);
    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving.until("it to run", STATES, |seen| seen == &["succeeded 1 1"]).await;
    assert_eq!(serving.rows("select element from v_calls order by 1").await, ["a", "b"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_gone_when_a_probe_is_due_is_tried_as_soon_as_it_is_there() {
    let standin = standin::start().await;
    let serving = serve_dead(&standin, &jobs(1, "")).await;
    pass(&serving, 1..=6, 1).await;
    std::fs::remove_file(serving.place.folder.path().join("secret")).expect("removed");
    pass(&serving, 7..=31, 1).await;
    assert_eq!(standin.counts().of("POST", "/v1/oauth2/token"), 1, "there is nothing to ask with");
    write_secret(&serving.place, OPS.secret);
    serving.advance(6);
    serving.until("it to run", STATES, |seen| seen.iter().any(|row| row == "succeeded 1 1")).await;
    serving.stop().await;
}
