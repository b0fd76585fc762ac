//! A panic at a named point: what is one run's harms that run alone; what is the server's ends it, with a code
//! that a service manager takes for a failure, and the next one goes on.

use apicron::standin::Standin;

use super::CRASH;
use crate::support::binary::{Ended, Folder};
use crate::support::jobs::{folder, head, usage_job};
use crate::support::lists::lines;
use crate::support::serving::{count, serve, until_runs};
use crate::support::size::figure;
use crate::support::standin;

const JOBS: [&str; 3] = ["one", "two", "three"];

fn ticking(standin: &Standin) -> Folder {
    let jobs = JOBS.map(|name| usage_job(name, "schedule = \"@every 1s\"")).concat();
    folder(&(head(standin) + &jobs))
}

/// Serves until runs end well again after a panic at a point.
async fn panics_and_serves_on(standin: &Standin, point: &str) -> (Folder, Ended) {
    let folder = ticking(standin);
    let serving = folder.spawn_in(&[(CRASH, &format!("panic {point}"))], &["serve"]);
    serving.wait_for_stderr("panics here");
    let so_far = count(&folder, "state = 'succeeded'").await;
    until_runs(&folder, so_far + 2 * JOBS.len(), "state = 'succeeded'").await;
    serving.terminate();
    (folder, serving.end())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_run_is_that_run_s_and_the_others_are_on_time() {
    let standin = standin::start().await;
    for point in
        ["before begin a run:4", "before send a request:4", "after send a request:4", "within send a request:4"]
    {
        let (folder, ended) = panics_and_serves_on(&standin, point).await;
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert_eq!(count(&folder, "kind = 'panic' and state = 'failed'").await, 1, "{point}");
        assert_eq!(count(&folder, "state <> 'succeeded'").await, 1, "{point}");
        let late = "select metric || ' ' || value from v_samples where metric like '%.lateness_ms' and value >= 1000";
        assert_eq!(lines(&folder, late).await, [""; 0], "{point}");
        assert_eq!(folder.run(&["audit"]).code(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_pulse_does_not_end_it() {
    let standin = standin::start().await;
    let (folder, ended) = panics_and_serves_on(&standin, "before beat").await;
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("the pulse met a fault of its own, and beats on"), "{ended:#?}");
    assert_eq!(count(&folder, "state <> 'succeeded'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_token_is_fetched_fails_who_waited_and_the_next_gets_one() {
    let standin = standin::start().await;
    for point in ["before ask for a token", "after ask for a token"] {
        let (folder, ended) = panics_and_serves_on(&standin, point).await;
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!((1..=JOBS.len()).contains(&count(&folder, "state = 'failed'").await), "{point}");
        assert_eq!(folder.run(&["audit"]).code(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_server_itself_ends_it_as_a_failure_and_the_next_one_goes_on() {
    let standin = standin::start().await;
    for point in [
        "before claim ticks:2",
        "within claim ticks:2",
        "after claim ticks:2",
        "within record the end of a run:2",
        "before claim what is due:4",
        "before hold or record a run:2",
        "before look at the agenda:3",
    ] {
        let folder = ticking(&standin);
        let serving = folder.spawn_in(&[(CRASH, &format!("panic {point}"))], &["serve"]);
        serving.wait_for_stderr("panics here");
        let ended = serving.end();
        figure("R2", format!("{point}: {:?}", ended.status));
        assert!(ended.status.code().is_some_and(|code| code != 0), "{point}: {ended:#?}");
        let next = serve(&folder);
        let so_far = count(&folder, "state = 'succeeded'").await;
        until_runs(&folder, so_far + JOBS.len(), "state = 'succeeded'").await;
        next.terminate();
        assert_eq!(next.end().code(), 0);
        let audit = folder.run(&["audit"]);
        assert_eq!(audit.code(), 0, "{point}: {audit:#?}");
        assert_eq!(count(&folder, "finished_at is null").await, 0, "{point}");
    }
}
