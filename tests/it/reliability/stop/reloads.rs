//! SIGHUP under load, and with a stop right behind it.

use std::time::Duration;

use apicron::clock::Clock;
use rustix::process::Signal;

use super::took;
use crate::support::each_second::{
    ILL, LIVE, check_covered_of, end, folder, job, jobs, rewrite, serve_on_and_audit, slow_by, until_each_succeeded,
};
use crate::support::jobs::head;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::figure;

const JOBS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_hangups_in_a_row_with_wrong_and_right_files_lose_no_tick_and_the_last_file_counts() {
    let standin = slow_by(50).await;
    let kept = jobs(JOBS, "");
    let folder = folder("", &standin, &kept);
    let serve = serve(&folder);
    until_runs(&folder, JOBS, "state = 'succeeded'").await;
    let clock = Clock::system();
    let began = clock.elapsed();
    for n in 0..100 {
        let changed = job("changing", &format!("timeout = \"{}s\"", n + 1));
        let text = if n % 2 == 0 { kept.clone() + "\n[jobs.wrong]\nscedule = 7\n" } else { kept.clone() + &changed };
        rewrite(&folder, &(head(&standin) + &text));
        serve.signal(Signal::HUP);
        clock.sleep(Duration::from_millis(20)).await;
    }
    rewrite(&folder, &(head(&standin) + &kept + &job("last", "")));
    serve.signal(Signal::HUP);
    serve.wait_for_stderr("added last");
    figure("R9", format!("101 hangups in {} ms", (clock.elapsed() - began).as_millis()));
    until_each_succeeded(&folder, JOBS + 1, clock.now()).await;
    serve.terminate();
    let (ended, time) = end(serve);
    took("after a storm of hangups", time);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(!ended.stderr.contains("panicked"));
    let (taken, kept) =
        (ended.stderr.matches("was read again").count(), ended.stderr.matches("not taken over").count());
    figure("R9", format!("taken over {taken} times, kept {kept} times"));
    assert!(taken > 0 && kept > 0);
    assert_eq!(count(&folder, LIVE).await, 0);
    assert_eq!(count(&folder, ILL).await, 0);
    serve_on_and_audit(&folder, JOBS + 1).await;
    // `changing` is not in each file, so its ticks may have holes.
    figure("R9", format!("{} ticks", check_covered_of(&folder, "job <> 'changing'").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_right_after_a_hangup_and_a_hangup_right_after_a_stop_end_well() {
    let standin = slow_by(50).await;
    let kept = jobs(JOBS, "");
    let folder = folder("drain = \"5s\"", &standin, &kept);
    let clock = Clock::system();
    for n in 0..8_u64 {
        let serve = serve(&folder);
        let other = job("other", &format!("timeout = \"{}s\"", n + 1));
        rewrite(&folder, &format!("drain = \"5s\"\n{}{kept}{other}", head(&standin)));
        let signals = if n % 4 == 3 { [Signal::TERM, Signal::HUP] } else { [Signal::HUP, Signal::TERM] };
        for signal in signals {
            serve.signal(signal);
            clock.sleep(Duration::from_millis(n * 3)).await;
        }
        let (ended, time) = end(serve);
        took(&format!("{signals:?}, {} ms between them", n * 3), time);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!(time < Duration::from_secs(6) && !ended.stderr.contains("panicked"), "{time:?} {ended:#?}");
        assert_eq!(count(&folder, LIVE).await, 0);
    }
    serve_on_and_audit(&folder, JOBS + 1).await;
}
