//! Two servers, one of which is gone, or looks so.

use std::time::Duration;

use apicron::clock::Clock;
use rustix::process::Signal;

use crate::support::binary::{Folder, Running};
use crate::support::each_second::{
    LIVE, SNAPSHOTS, audit, check_covered, check_requests, end, folder, jobs, slow, slow_by, until_each_succeeded,
};
use crate::support::eventually::eventually;
use crate::support::lists::lines;
use crate::support::rows;
use crate::support::serving::{count, serve, stand_still, store, until_runs};
use crate::support::size::figure;

const JOBS: usize = 60;

/// The runs of a process of this pid for which a condition holds.
async fn runs_of(folder: &Folder, server: &Running, condition: &str) -> usize {
    count(folder, &format!("process like '%/{}' and {condition}", server.pid().as_raw_nonzero())).await
}

async fn until_it_runs_some(folder: &Folder, server: &Running) {
    let some = async || runs_of(folder, server, "state = 'running'").await;
    eventually("runs of its own", some, |&seen| seen >= 3).await;
}

/// What was cut off and has no repeat that succeeded.
async fn not_repeated(folder: &Folder) -> Vec<String> {
    let sql = "select cut.id || '' from v_runs cut where cut.state = 'interrupted' and not exists
               (select 1 from v_runs again where again.repeats = cut.id and again.state = 'succeeded')";
    lines(folder, sql).await
}

async fn check_whole(folder: &Folder) {
    check_covered(folder).await;
    let twice = "select job from v_runs where state = 'succeeded' group by job, scheduled_for having count(*) > 1";
    assert_eq!(lines(folder, twice).await, [""; 0], "no tick succeeded twice");
    assert_eq!(count(folder, LIVE).await, 0);
    assert_eq!(lines(folder, "pragma integrity_check").await, ["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_left_is_repeated_once_by_the_other_within_seconds() {
    let standin = slow_by(500).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let clock = Clock::system();
    let (killed, other) = (serve(&folder), serve(&folder));
    until_it_runs_some(&folder, &killed).await;
    killed.signal(Signal::KILL);
    let began = clock.elapsed();
    drop(killed.end());
    until_runs(&folder, 1, "state = 'interrupted'").await;
    eventually("repeats", async || not_repeated(&folder).await, Vec::is_empty).await;
    figure("R11", format!("repeated {} ms after the kill", (clock.elapsed() - began).as_millis()));
    assert!(clock.elapsed() - began < Duration::from_secs(20));
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    let until = clock.now();
    other.terminate();
    let (ended, _) = end(other);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    audit(&folder, until);
    check_whole(&folder).await;
    let twice = check_requests(&standin, 2);
    let cut = count(&folder, "state = 'interrupted'").await;
    figure("R11", format!("{cut} runs cut off, {twice} sent twice"));
    assert!(cut > 0 && twice <= cut);
    assert_eq!(count(&folder, "trigger = 'repeat'").await, cut);
}

/// What another host would see of a server that stopped: no process that it could look at, and a lease that
/// has run out.
async fn lease_ran_out(folder: &Folder, server: &Running) {
    let pid = server.pid().as_raw_nonzero();
    let sql = format!("update processes set host = 'elsewhere', lease_until = 0 where pid = {pid}");
    rows::execute(&store(folder), &sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stood_still_beyond_its_lease_lets_go_of_runs_that_were_taken() {
    let standin = slow_by(600_000).await;
    let folder = folder("drain = \"1s\"", &standin, &jobs(JOBS, "timeout = \"15m\"\ndeadline = \"20m\""));
    let clock = Clock::system();
    let still = serve(&folder);
    eventually("requests", async || standin.counts().of("POST", SNAPSHOTS), |&seen| seen >= JOBS as u64).await;
    stand_still(&folder, &still).await;
    lease_ran_out(&folder, &still).await;
    standin.set(slow(20));
    let cut = runs_of(&folder, &still, "state = 'running'").await;
    let other = serve(&folder);
    until_runs(&folder, cut, "state = 'interrupted'").await;
    eventually("repeats", async || not_repeated(&folder).await, Vec::is_empty).await;
    still.signal(Signal::CONT);
    still.wait_for_stderr("no longer this process's");
    still.wait_for_stderr("other processes took this one for dead");
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    let until = clock.now();
    for server in [still, other] {
        server.terminate();
        let (ended, _) = end(server);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    audit(&folder, until);
    check_whole(&folder).await;
    assert!(cut >= JOBS);
    figure("R11", format!("{cut} runs taken over, {} sent twice", check_requests(&standin, 2)));
    assert_eq!(count(&folder, "trigger = 'repeat'").await, cut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_on_the_same_host_is_not_taken_for_dead() {
    let standin = slow_by(3_000).await;
    let folder = folder("", &standin, &jobs(10, "overlap = \"allow\""));
    let clock = Clock::system();
    let still = serve(&folder);
    until_it_runs_some(&folder, &still).await;
    stand_still(&folder, &still).await;
    rows::execute(&store(&folder), "update processes set lease_until = 0").await;
    let other = serve(&folder);
    until_each_succeeded(&folder, 1, clock.now()).await;
    assert_eq!(count(&folder, "state = 'interrupted'").await, 0, "it lives, whatever its lease says");
    still.signal(Signal::CONT);
    for server in [still, other] {
        server.terminate();
        let (ended, _) = end(server);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    check_whole(&folder).await;
    check_requests(&standin, 1);
}
