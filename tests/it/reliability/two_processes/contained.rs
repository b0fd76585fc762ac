//! Two containers of one host with one volume. Neither sees the processes of the other, and each server is
//! the first process of its container.

use apicron::clock::{Clock, Time};
use rustix::process::{Signal, kill_process};

use crate::support::binary::Folder;
use crate::support::each_second::{
    ILL, SNAPSHOTS, check_covered, check_requests, folder, jobs, slow, slow_by, until_each_succeeded,
};
use crate::support::eventually::eventually;
use crate::support::lists::lines;
use crate::support::rows;
use crate::support::serving::{count, store, until_runs};
use crate::support::size::{size, skipped};

const JOBS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_another_container_is_not_taken_for_dead() {
    let standin = slow_by(2_000).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let clock = Clock::system();
    let Some(one) = folder.spawn_contained(&["serve"]) else {
        skipped("no pid namespaces here (they need root)");
        return;
    };
    one.wait_for_stderr("apicron is ready");
    until_runs(&folder, JOBS, "state = 'running'").await;
    let other = folder.spawn_contained(&["serve"]).expect("another container");
    other.wait_for_stderr("apicron is ready");
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    assert_eq!(count(&folder, "state = 'interrupted'").await, 0, "both live");
    assert_eq!(lines(&folder, "select count(gone_at) || '' from processes").await, ["0"]);
    for server in [one, other] {
        server.signal(Signal::KILL);
        let ended = server.end();
        assert!(!ended.stderr.contains("took this one for dead"), "{ended:#?}");
    }
    assert_eq!(count(&folder, ILL).await, 0);
    check_covered(&folder).await;
    check_requests(&standin, 1);
}

/// How many processes count as alive by their leases.
async fn leases(folder: &Folder, now: Time) -> usize {
    let sql = format!(
        "select count(*) || '' from processes where gone_at is null and lease_until > {}",
        now.timestamp_millis()
    );
    rows::only(&store(folder), &sql).await.parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_container_left_is_repeated_once_by_the_one_that_is_started_in_its_place() {
    let standin = slow_by(600_000).await;
    let folder = folder("", &standin, &jobs(JOBS, "timeout = \"15m\"\ndeadline = \"20m\""));
    let clock = Clock::system();
    let Some(killed) = folder.spawn_contained(&["serve"]) else {
        skipped("no pid namespaces here (they need root)");
        return;
    };
    eventually("requests", async || standin.counts().of("POST", SNAPSHOTS), |&seen| seen >= JOBS as u64).await;
    kill_process(killed.only_child(), Signal::KILL).expect("the signal sent");
    drop(killed.end());
    standin.set(slow(20));
    let cut = count(&folder, "state = 'running'").await;
    // The long run waits until it runs out by itself.
    if size(0, 1) == 0 {
        rows::execute(&store(&folder), "update processes set lease_until = 0").await;
    }
    let next = folder.spawn_contained(&["serve"]).expect("another container");
    next.wait_for_stderr("apicron is ready");
    // One wait for each: a lease of 20 s, then up to 10 s until it is looked at.
    eventually("leases that ran out", async || leases(&folder, clock.now()).await, |&seen| seen <= 1).await;
    until_runs(&folder, cut, "state = 'interrupted'").await;
    until_runs(&folder, cut, "trigger = 'repeat' and state = 'succeeded'").await;
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    next.signal(Signal::KILL);
    drop(next.end());
    assert!(cut >= JOBS);
    assert_eq!(count(&folder, "state = 'interrupted'").await, cut);
    assert_eq!(count(&folder, "trigger = 'repeat'").await, cut);
    check_covered(&folder).await;
    assert!(check_requests(&standin, 2) <= cut);
}
