//! A server that stands still for some seconds: SIGSTOP, a debugger, a virtual machine that is moved.

use std::time::Duration;

use apicron::clock::Clock;
use rustix::process::Signal;

use super::took;
use crate::support::each_second::{
    LIVE, audit, check_covered, check_requests, end, folder, job, slow_by, until_each_succeeded,
};
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::figure;

const JOBS_OF_EACH: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_come_while_it_stands_still_fall_under_catch_up_and_none_runs_twice() {
    let standin = slow_by(50).await;
    let policies = ["none", "latest", "all"];
    let jobs: String = policies
        .iter()
        .flat_map(|policy| {
            (0..JOBS_OF_EACH).map(move |n| job(&format!("{policy}-{n}"), &format!("catch_up = \"{policy}\"")))
        })
        .collect();
    let folder = folder("", &standin, &jobs);
    let (serve, clock) = (serve(&folder), Clock::system());
    let all = JOBS_OF_EACH * policies.len();
    until_runs(&folder, all, "state = 'succeeded'").await;
    for _ in 0..2 {
        serve.signal(Signal::STOP);
        clock.sleep(Duration::from_secs(4)).await;
        serve.signal(Signal::CONT);
        until_each_succeeded(&folder, all, clock.now()).await;
    }
    let until = clock.now();
    serve.terminate();
    let (ended, time) = end(serve);
    took("after it stood still twice", time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    audit(&folder, until);
    assert_eq!(count(&folder, LIVE).await, 0);
    figure("R9", format!("{} ticks", check_covered(&folder).await));
    assert_eq!(check_requests(&standin, 1), 0, "none was sent twice");
    let caught_up = |policy: &str| {
        format!(
            "select min(n) || ' ' || max(n) from (select jobs.name, count(run.id) as n from jobs
             left join v_runs run on run.job = jobs.name and run.trigger = 'catch_up' where jobs.name like '{policy}-%' group by 1)"
        )
    };
    assert_eq!(lines(&folder, &caught_up("none")).await, ["0 0"]);
    for (policy, least, most) in [("latest", 2, 2), ("all", 4, 8)] {
        let said = lines(&folder, &caught_up(policy)).await;
        let numbers: Vec<u32> = said[0].split(' ').map(|n| n.parse().expect("a number")).collect();
        assert!(numbers[0] >= least && numbers[1] <= most, "{policy}: {said:?}");
    }
    assert!(count(&folder, "state = 'missed' and reason like 'apicron stood still for %'").await > 0);
}
