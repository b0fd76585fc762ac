//! SIGTERM when the server is in the middle of something that may last.

use std::time::Duration;

use apicron::clock::{Clock, subtract};
use apicron::run::Name;
use apicron::standin::{DATA, Fault};
use apicron::standin::{FileKnobs, Knobs, Standin};
use apicron::store::{Access, Served, Store, Timing};

use super::took;
use crate::support::binary::Folder;
use crate::support::each_second::{LIVE, SNAPSHOTS, check_covered, end, folder, jobs, serve_on_and_audit, slow};
use crate::support::eventually::eventually;
use crate::support::jobs::{folder_as, head};
use crate::support::lists::{DATASETS, FILES, datasets, job_file, lines, mirror};
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::{rows, standin};

const DRAIN: &str = "drain = \"500ms\"";
const JOBS: usize = 20;
/// A stop that waits for nothing but its drain.
const SOON: Duration = Duration::from_secs(6);

/// Stops a server at a moment, and looks at what it leaves. Then all goes on without a loss.
async fn stop_at(what: &str, folder: &Folder, jobs: usize, standin: &Standin, good: Knobs, moment: impl AsyncFnOnce()) {
    let serve = serve(folder);
    moment().await;
    serve.terminate();
    let (ended, time) = end(serve);
    took(what, time);
    assert_eq!(ended.code(), 0, "{what}: {ended:#?}");
    assert!(time < SOON && !ended.stderr.contains("panicked"), "{what}: {time:?} {ended:#?}");
    let left = lines(folder, &format!("select job || ' ' || state from v_runs where {LIVE}")).await;
    assert_eq!(left, [""; 0], "{what}");
    assert_eq!(count(folder, "state = 'interrupted' and coalesce(reason, '') = ''").await, 0, "{what}");
    assert!(count(folder, "state = 'interrupted'").await > 0, "{what}: it was under way");
    standin.set(good);
    serve_on_and_audit(folder, jobs).await;
}

async fn until_asked(standin: &Standin, method: &str, path: &str, times: u64) {
    eventually("requests", async || standin.counts().of(method, path), |&seen| seen >= times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_request_that_hangs_holds_no_stop_up() {
    let standin = standin::start_with(Knobs { token_delay_ms: 600_000, ..Knobs::default() }).await;
    let folder = folder(DRAIN, &standin, &jobs(JOBS, ""));
    let moment = async || {
        eventually("a token request", async || standin.counts().token_requests, |&seen| seen >= 1).await;
        until_runs(&folder, JOBS, "state = 'running'").await;
    };
    stop_at("while a token request hangs", &folder, JOBS, &standin, Knobs::default(), moment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_a_retry_that_sleeps() {
    let busy = Fault::status(SNAPSHOTS, 503).retry_after(60);
    let standin = standin::start_with(Knobs { faults: vec![busy], ..Knobs::default() }).await;
    let folder =
        folder(DRAIN, &standin, &jobs(JOBS, "retry = { attempts = 4, backoff = \"30s\", max_backoff = \"2m\" }"));
    let moment = async || until_asked(&standin, "POST", SNAPSHOTS, JOBS as u64).await;
    stop_at("while retries sleep", &folder, JOBS, &standin, Knobs::default(), moment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_the_wait_for_the_rate_limit() {
    let standin = standin::start().await;
    let text = head(&standin) + "rate_limit = { requests = 5, per = \"1m\" }\n" + &jobs(JOBS, "");
    let folder = folder_as(DATA, &format!("{DRAIN}\n{text}"));
    let moment = async || {
        until_asked(&standin, "POST", SNAPSHOTS, 5).await;
        until_runs(&folder, JOBS - 5, "state = 'running'").await;
    };
    let serve = serve(&folder);
    moment().await;
    serve.terminate();
    let (ended, time) = end(serve);
    took("while runs wait for the rate limit", time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(time < SOON, "{time:?}");
    assert_eq!(count(&folder, LIVE).await, 0);
    assert!(count(&folder, "state = 'interrupted' and kind = 'stopped'").await >= JOBS - 5);
    assert_eq!(standin.counts().of("POST", SNAPSHOTS), 5, "the stop let nobody past the limit");
    std::fs::write(folder.path().join("jobs.toml"), head(&standin) + &jobs(JOBS, "")).expect("the file written");
    serve_on_and_audit(&folder, JOBS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_a_list_in_mid_page_which_goes_on_later() {
    let stuck = Knobs { faults: vec![Fault::slow(DATASETS, 600_000).after(4)], ..datasets(1_000, 0, 0) };
    let standin = standin::start_with(stuck).await;
    let text = job_file(&standin, &mirror("schedule = \"@every 1s\""));
    let folder = folder_as(DATA, &format!("{DRAIN}\n{text}"));
    let read = "select sum(seen) || '' from progress";
    let moment = async || {
        until_asked(&standin, "GET", DATASETS, 5).await;
        eventually("four pages", async || lines(&folder, read).await, |read| *read == ["400"]).await;
    };
    stop_at("in mid-page of a sync", &folder, 1, &standin, datasets(1_000, 0, 0), moment).await;
    let there = "select count(*) || ' ' || count(gone_at) from v_records where collection = 'datasets'";
    assert_eq!(lines(&folder, there).await, ["1000 0"]);
    let of_first = "select count(*) || '' from v_runs where trigger = 'repeat' and state = 'succeeded'";
    assert_eq!(lines(&folder, of_first).await, ["1"], "the list that was cut off went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_an_upload() {
    const PUSH: &str = r#"
[jobs.push]
schedule = "@every 1s"
api      = "standin"
scopes   = ["files:read", "files:write"]

[[jobs.push.calls]]
name   = "push"
post   = "/files"
upload = { files = "out/*.bin", fields = { resource_type = "dataset", resource_id = "ds_demo1" } }
"#;
    let good = || Knobs { files: FileKnobs { looks: 1, ..FileKnobs::default() }, ..Knobs::default() };
    let hanging = Knobs { faults: vec![Fault::slow(FILES, 600_000)], ..good() };
    let standin = standin::start_with(hanging).await;
    let folder =
        folder_as(DATA, &format!("{DRAIN}\n{}{PUSH}", head(&standin))).file("out/large.bin", &"x".repeat(5_000_000));
    let moment = async || until_asked(&standin, "POST", FILES, 1).await;
    stop_at("in mid-upload", &folder, 1, &standin, good(), moment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_locked_for_a_while_delays_a_stop_and_loses_nothing() {
    let standin = standin::start_with(slow(50)).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'succeeded'").await;
    let lock = rows::lock(&store(&folder)).await;
    let clock = Clock::system();
    clock.sleep(Duration::from_millis(1_500)).await;
    serve.terminate();
    clock.sleep(Duration::from_millis(1_500)).await;
    drop(lock);
    let (ended, time) = end(serve);
    took("a store that was locked for 1.5 s more", time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(count(&folder, "state = 'succeeded' and finished_at is null").await, 0);
    serve_on_and_audit(&folder, JOBS).await;
}

/// A store in which jobs were served until a day ago, so that much is to be caught up.
async fn served_a_day_ago(folder: &Folder) {
    let clock = Clock::system();
    let since = subtract(clock.now(), Duration::from_secs(86_400));
    let store = Store::open(&store(folder), Access::Write, &clock).await.expect("a store");
    let timing = Timing {
        schedule: "@every 1s".to_owned(),
        timezone: "UTC".to_owned(),
        policies: "{}".to_owned(),
        file: String::new(),
    };
    let served = |n: usize| Served {
        job: Name::new(&format!("job-{n:02}")).expect("a name"),
        config_hash: "former".to_owned(),
        timing: Some(timing.clone()),
    };
    store.serve((0..JOBS).map(served).collect(), Vec::new(), since).await.expect("served");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_a_day_is_caught_up_before_it_is_ready_leaves_the_rest_to_the_next_start() {
    let standin = standin::start_with(slow(20)).await;
    let folder = folder(DRAIN, &standin, &jobs(JOBS, "catch_up = \"all\"\ncatch_up_window = \"15s\""));
    served_a_day_ago(&folder).await;
    let clock = Clock::system();
    let mut longest = Duration::ZERO;
    let mut before_ready = 0;
    for delay in (0..300).step_by(20) {
        let serve = folder.spawn(&["serve"]);
        clock.sleep(Duration::from_millis(delay)).await;
        serve.terminate();
        let (ended, time) = end(serve);
        longest = longest.max(time);
        // Before it listens to signals it has opened nothing.
        assert!(matches!(ended.status.code(), Some(0) | None), "{ended:#?}");
        assert!(time < SOON && !ended.stderr.contains("panicked"), "{time:?} {ended:#?}");
        before_ready += usize::from(!ended.stderr.contains("apicron is ready"));
        assert_eq!(count(&folder, LIVE).await, 0, "after {delay} ms: {ended:#?}");
    }
    took(&format!("15 stops at a start, {before_ready} before it was ready; the longest"), longest);
    assert!(before_ready > 0);
    serve_on_and_audit(&folder, JOBS).await;
    let ticks = check_covered(&folder).await;
    assert!(ticks > 86_400 * JOBS as i64, "{ticks}");
}
