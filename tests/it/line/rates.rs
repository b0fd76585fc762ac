//! An API that may not be called too often, by two jobs that do not know of each other.

use apicron::clock::Time;
use apicron::standin::{Fault, Knobs, Seen, Standin};
use chrono::TimeDelta;

use crate::support::lists::{limited, lists};
use crate::support::standin;

/// Two jobs that look at datasets and at models, one look after the other, each the square of so many times.
fn two_jobs(root: usize) -> String {
    let numbers = (1..=root).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let job = |name: &str, path: &str| {
        format!(
            r#"
[jobs.{name}]
api    = "standin"
scopes = ["datasets:read", "models:read"]
calls  = [{{ get = "{path}", for_each = '({numbers}) as $n | ({numbers}) | "\($n)-\(.)"' }}]
"#
        )
    };
    job("datasets", "/datasets") + &job("models", "/models")
}

/// The requests of both, as they arrived.
fn arrived(standin: &Standin) -> Vec<Seen> {
    let mut seen: Vec<Seen> = standin.journal().into_iter().filter(|seen| seen.method == "GET").collect();
    seen.sort_by_key(|seen| seen.at);
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn two_jobs_together_stay_within_the_limit_of_their_api() {
    let standin = standin::start().await;
    let folder = limited(&standin, "{ requests = 6, per = \"2s\" }", &two_jobs(3));
    let ended = folder.run(&["run", "datasets", "models"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let arrived = arrived(&standin);
    assert_eq!(arrived.len(), 18);
    // The limit holds where requests leave; on their way they may come closer together.
    let least = TimeDelta::milliseconds(1_500);
    for pair in arrived.windows(7) {
        let within = pair[6].at - pair[0].at;
        assert!(within > least, "7 requests within {within}: {pair:#?}");
    }
    for path in ["/v1/datasets", "/v1/models"] {
        let soon = arrived[..12].iter().filter(|seen| seen.path == path).count();
        assert!(soon >= 3, "{path} gets its turn: {arrived:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_to_one_job_holds_the_other() {
    let busy = Fault::status("/v1/datasets", 429).retry_after(2).after(3).times(1);
    let standin = standin::start_with(Knobs { faults: vec![busy], ..Knobs::default() }).await;
    let folder = lists(&standin, &two_jobs(12));
    let ended = folder.run(&["run", "datasets", "models"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let arrived = arrived(&standin);
    let refused: Time = arrived.iter().find(|seen| seen.status == Some(429)).expect("a 429").at;
    let since = |seen: &Seen| (seen.at - refused).num_milliseconds();
    // What had left before the 429 was read may still arrive.
    let held = arrived.iter().filter(|seen| (500..1_900).contains(&since(seen))).count();
    let after = arrived.iter().filter(|seen| seen.path == "/v1/models" && since(seen) >= 1_900).count();
    assert!(held == 0 && after > 0, "{held} during the hold, {after} after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_wait_for_a_token_do_not_gather_and_leave_at_once() {
    let standin = standin::start_with(Knobs { token_delay_ms: 2_500, ..Knobs::default() }).await;
    let folder = limited(&standin, "{ requests = 3, per = \"1s\" }", &many_at_once());
    let ended = folder.run(&["run", "datasets"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let arrived = arrived(&standin);
    for pair in arrived.windows(4) {
        let within = pair[3].at - pair[0].at;
        assert!(within > TimeDelta::milliseconds(700), "4 requests within {within}: {pair:#?}");
    }
}

/// A job that looks at datasets nine times, all at once if it may.
fn many_at_once() -> String {
    two_jobs(3).replace("calls  = [{", "calls  = [{ concurrency = 9,")
}
