//! Verbs that run jobs, beside a server and beside each other.

use std::collections::BTreeMap;

use apicron::clock::Clock;
use apicron::standin::{DATA, Standin};

use crate::support::binary::{Ended, Folder};
use crate::support::each_second::{
    LIVE, audit, check_covered_of, check_requests, folder, job, jobs, requests_by_tick, slow, slow_by,
};
use crate::support::jobs::{folder_as, head};
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::size;

const JOBS: usize = 30;

fn by_hand(count: usize) -> String {
    (0..count).map(|n| job(&format!("hand-{n:02}"), "").replace("schedule = \"@every 1s\"", "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_jobs_run_by_hand_beside_a_server_run_there_and_once() {
    let standin = slow_by(50).await;
    let folder = folder("", &standin, &(jobs(JOBS, "overlap = \"queue\"") + &by_hand(JOBS)));
    let (serve, clock) = (serve(&folder), Clock::system());
    until_runs(&folder, JOBS, "state = 'succeeded'").await;
    let until = clock.now();
    let all = folder.run(&["run", "--all", "--json"]);
    assert_eq!(all.code(), 0, "{all:#?}");
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(count(&folder, "trigger = 'manual' and state = 'succeeded'").await, 2 * JOBS);
    assert_eq!(lines(&folder, "select count(distinct process) || '' from v_runs").await, ["1"]);
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(standin.counts().token_requests, 1);
    check_requests(&standin, 1);
    audit(&folder, until);
    check_covered_of(&folder, "job like 'job-%'").await;
}

const WINDOWS: usize = 24;
const DAY: [&str; 6] = ["backfill", "hourly", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-02T00:00:00Z"];

fn hourly() -> String {
    job("hourly", "").replace("@every 1s", "@hourly")
}

/// Checks that each window of the day succeeded once and was asked for once.
async fn check_windows(folder: &Folder, standin: &Standin) {
    let once = "select count(*) || ' ' || count(distinct scheduled_for) from v_runs
                where trigger = 'manual' and state = 'succeeded'";
    assert_eq!(lines(folder, once).await, [format!("{WINDOWS} {WINDOWS}")]);
    let of_day: BTreeMap<_, _> =
        requests_by_tick(standin).into_iter().filter(|(tick, _)| tick.contains("hourly 2026-03-0")).collect();
    assert_eq!(of_day.len(), WINDOWS);
    assert!(of_day.values().all(|requests| requests.len() == 1), "{of_day:#?}");
    assert_eq!(count(folder, LIVE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backfills_of_one_stretch_run_each_window_once() {
    for _ in 0..size(2, 20) {
        let standin = slow_by(30).await;
        let folder = folder("", &standin, &hourly());
        let backfills = [folder.spawn(&DAY), folder.spawn(&DAY)];
        let ended: Vec<Ended> = backfills.into_iter().map(crate::support::binary::Running::end).collect();
        for ended in &ended {
            assert_eq!(ended.code(), 0, "{ended:#?}");
        }
        check_windows(&folder, &standin).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_beside_a_server_runs_each_window_once_and_there() {
    let standin = slow_by(20).await;
    let folder = folder("", &standin, &(hourly() + &jobs(JOBS, "")));
    let (serve, clock) = (serve(&folder), Clock::system());
    until_runs(&folder, JOBS, "state = 'succeeded'").await;
    let ended = folder.run(&DAY);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let until = clock.now();
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
    check_windows(&folder, &standin).await;
    audit(&folder, until);
    check_covered_of(&folder, "job <> 'hourly'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_repeats_of_one_run_at_once_one_is_made_and_the_other_says_so() {
    let standin = slow_by(0).await;
    for n in 0..size(4, 20) {
        let folder = folder_as(DATA, &(head(&standin) + &by_hand(1)));
        assert_eq!(folder.run(&["run", "hand-00"]).code(), 0);
        standin.set(slow(1_500));
        let repeats = [folder.spawn(&["repeat", "1"]), folder.spawn(&["repeat", "1"])];
        let ended = repeats.map(crate::support::binary::Running::end);
        standin.set(slow(0));
        let mut codes: Vec<i32> = ended.iter().map(Ended::code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 75], "try {n}: {ended:#?}");
        assert_eq!(count(&folder, "trigger = 'repeat' and state = 'succeeded'").await, 1);
        assert_eq!(count(&folder, "trigger = 'repeat'").await, 1);
    }
}
