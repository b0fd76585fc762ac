//! Two servers.

use std::time::Duration;

use apicron::clock::Clock;

use crate::support::each_second::{
    ILL, LIVE, audit, check_covered, check_covered_of, check_requests, end, folder, job, jobs, slow_by,
    until_each_succeeded,
};
use crate::support::jobs::head;
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::size;

const JOBS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn each_tick_has_one_row_and_one_request_and_both_take_some() {
    let standin = slow_by(50).await;
    let folder = folder("", &standin, &jobs(JOBS, ""));
    let clock = Clock::system();
    let servers = [serve(&folder), serve(&folder)];
    clock.sleep(Duration::from_secs(size(8, 60))).await;
    until_each_succeeded(&folder, JOBS, clock.now()).await;
    let until = clock.now();
    servers.iter().for_each(crate::support::binary::Running::terminate);
    for server in servers {
        let (ended, _) = end(server);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!(!ended.stderr.contains(" ERROR ") && !ended.stderr.contains("panicked"), "{ended:#?}");
    }
    audit(&folder, until);
    let ticks = check_covered(&folder).await;
    assert_eq!(check_requests(&standin, 1), 0);
    let ill = format!("select state || ' ' || coalesce(reason, '') from v_runs where {ILL}");
    assert_eq!(lines(&folder, &ill).await, [""; 0]);
    assert_eq!(count(&folder, "trigger not in ('schedule', 'catch_up')").await, 0, "neither took the other for dead");
    let shares = lines(&folder, "select count(*) || '' from v_runs where state = 'succeeded' group by process").await;
    println!("{ticks} ticks of {JOBS} jobs; runs of each server: {shares:?}");
    assert_eq!(shares.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_with_files_of_their_own_leave_the_jobs_of_the_other_alone() {
    let standin = slow_by(20).await;
    let (one, other) = (job("one", ""), job("other", ""));
    let shared = job("shared", "");
    let folder = folder("", &standin, &(one.clone() + &shared));
    std::fs::write(folder.path().join("other.toml"), head(&standin) + &other + &shared).expect("the file written");
    let clock = Clock::system();
    let first = serve(&folder);
    let second = folder.spawn(&["serve", "--file", "other.toml"]);
    second.wait_for_stderr("apicron is ready");
    until_each_succeeded(&folder, 3, clock.now()).await;
    // Each alone for a while: the other's jobs wait for it.
    second.terminate();
    assert_eq!(second.end().code(), 0);
    let gone = clock.now();
    clock.sleep(Duration::from_secs(2)).await;
    until_each_succeeded(&folder, 2, gone).await;
    let second = folder.spawn(&["serve", "--file", "other.toml"]);
    second.wait_for_stderr("apicron is ready");
    until_each_succeeded(&folder, 3, clock.now()).await;
    until_runs(&folder, 1, "job = 'other' and trigger = 'catch_up' and state = 'succeeded'").await;
    let until = clock.now();
    for server in [first, second] {
        server.terminate();
        let (ended, _) = end(server);
        assert_eq!(ended.code(), 0, "{ended:#?}");
    }
    audit(&folder, until);
    check_covered(&folder).await;
    check_requests(&standin, 1);
    assert_eq!(count(&folder, LIVE).await, 0);
    let owners =
        "select count(*) || '' from (select distinct process from v_runs where job = 'one' and state = 'succeeded'
                  intersect select process from v_runs where job = 'other' and state = 'succeeded')";
    assert_eq!(lines(&folder, owners).await, ["0"], "no process ran the other's");
    assert!(check_covered_of(&folder, "job = 'shared'").await > 2);
}
