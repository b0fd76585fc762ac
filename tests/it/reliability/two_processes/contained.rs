//! Two containers of one host with one volume. Neither sees the processes of the other, and each server is
//! the first process of its container.

use apicron::clock::Clock;
use rustix::process::Signal;

use crate::support::each_second::{check_covered, check_requests, folder, jobs, slow_by, until_each_succeeded};
use crate::support::lists::lines;
use crate::support::serving::{count, until_runs};
use crate::support::size::skipped;

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
    assert_eq!(count(&folder, "state not in ('succeeded', 'skipped')").await, 0);
    check_covered(&folder).await;
    check_requests(&standin, 1);
}
