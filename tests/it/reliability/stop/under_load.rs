//! Sixty jobs that are due each second, and a stop.

use apicron::clock::{Clock, add, rfc3339};
use rustix::process::Signal;
use std::time::Duration;

use super::took;
use crate::support::each_second::{LIVE, check_covered, end, folder, jobs, serve_on_and_audit, slow, slow_by};
use crate::support::rows;
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::size::figure;

const JOBS: usize = 60;

async fn a_stop_drains(signal: Signal) {
    let standin = slow_by(2_000).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'running'").await;
    serve.signal(signal);
    // A tick of this very moment may still come.
    let stop = add(Clock::system().now(), Duration::from_millis(500));
    let (ended, time) = end(serve);
    took(&format!("{JOBS} runs under way, {signal:?}"), time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(time < Duration::from_secs(10), "{time:?}");
    assert_eq!(count(&folder, &format!("scheduled_for > '{}'", rfc3339(stop))).await, 0, "no new ticks");
    assert_eq!(count(&folder, "state not in ('succeeded', 'skipped')").await, 0, "{ended:#?}");
    assert!(count(&folder, "state = 'succeeded'").await >= JOBS);
    standin.set(slow(0));
    serve_on_and_audit(&folder, JOBS).await;
    check_covered(&folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_runs_end_and_brings_no_new_ticks() {
    a_stop_drains(Signal::TERM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_the_same() {
    a_stop_drains(Signal::INT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_runs_after_drain_is_interrupted_and_the_stop_is_a_good_one() {
    let standin = slow_by(600_000).await;
    let folder = folder("drain = \"1s\"", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'running'").await;
    serve.terminate();
    let (ended, time) = end(serve);
    took("a drain of 1 s that ran out", time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(time >= Duration::from_millis(900) && time < Duration::from_secs(6), "{time:?}");
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(count(&folder, "state = 'interrupted' and kind = 'stopped' and reason <> ''").await, JOBS);
    let reasons = "select distinct reason from v_runs where state = 'interrupted'";
    figure("R9", format!("reasons: {:?}", rows::rows(&store(&folder), reasons).await.concat()));
    standin.set(slow(0));
    serve_on_and_audit(&folder, JOBS).await;
}

async fn two_signals_cut_off(first: Signal, second: Signal, code: i32) {
    let standin = slow_by(600_000).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'running'").await;
    serve.signal(first);
    serve.wait_for_stderr("stopping");
    serve.signal(second);
    let (ended, time) = end(serve);
    took(&format!("a second signal, {first:?} then {second:?}"), time);
    assert_eq!(ended.code(), code, "{ended:#?}");
    assert!(time < Duration::from_secs(5), "{time:?}");
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(count(&folder, "state = 'interrupted' and kind = 'stopped' and reason <> ''").await, JOBS);
    standin.set(slow(0));
    serve_on_and_audit(&folder, JOBS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sigterm_cuts_runs_off_at_once() {
    two_signals_cut_off(Signal::TERM, Signal::TERM, 143).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_does_the_same_whatever_the_first_signal_was() {
    two_signals_cut_off(Signal::TERM, Signal::INT, 130).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_signals_that_come_together_are_a_stop_all_the_same() {
    let standin = slow_by(600_000).await;
    let folder = folder("drain = \"2s\"", &standin, &jobs(JOBS, ""));
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'running'").await;
    // One after the other at once; the kernel may make one of two equal ones.
    serve.signal(Signal::INT);
    serve.signal(Signal::TERM);
    let (ended, time) = end(serve);
    took("SIGINT and SIGTERM together", time);
    assert!([130, 143].contains(&ended.code()), "{ended:#?}");
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(count(&folder, "state = 'interrupted' and kind = 'stopped'").await, JOBS);
}
