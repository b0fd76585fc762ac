//! `apicron audit`.

use std::time::Duration;

use apicron::clock::{Clock, Time, rfc3339, subtract};
use apicron::run::{Name, RunState};
use apicron::store::{Access, Served, Store, Stretch, Timing};

use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::{rows, standin};

const JOBS: &str = r#"
[apis.open]
base_url = "https://api.example.com"
[jobs.hourly]
schedule = "@hourly"
api = "open"
calls = [{ get = "/" }]
"#;

fn hours_ago(now: Time, hours: u64) -> Time {
    subtract(now, Duration::from_secs(3600 * hours))
}

/// A store whose job was served for ten hours, with a row for each tick.
async fn served() -> (Folder, Vec<Time>) {
    let folder = Folder::new().file("jobs.toml", JOBS);
    let clock = Clock::system();
    let now = clock.now();
    let store = Store::open(&folder.path().join("apicron.db"), Access::Write, &clock).await.expect("a store");
    let timing = Timing {
        schedule: "@hourly".to_owned(),
        timezone: "UTC".to_owned(),
        policies: "{}".to_owned(),
        file: String::new(),
    };
    let job = Name::new("hourly").expect("a name");
    let served = Served { job: job.clone(), config_hash: "hash".to_owned(), timing: Some(timing) };
    store.serve(vec![served], Vec::new(), hours_ago(now, 10)).await.expect("served");
    let pattern = apicron::cron::Pattern::parse("@hourly").expect("a pattern");
    let next = |after: &Time| pattern.next_after(*after, chrono_tz::UTC).map(|next| next.at);
    let ticks = std::iter::successors(next(&hours_ago(now, 10)), next).take_while(|tick| *tick <= now);
    let ticks: Vec<Time> = ticks.collect();
    let row = |tick: &Time| Stretch {
        job: job.clone(),
        scheduled_for: *tick,
        through: *tick,
        ticks: 1,
        state: RunState::Missed,
        reason: "a test".to_owned(),
        config_hash: "hash".to_owned(),
        at: *tick,
    };
    store.cover(ticks.iter().map(row).collect()).await.expect("rows");
    store.close().await;
    (folder, ticks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_with_a_row_for_each_tick_is_whole_and_what_was_checked_is_said() {
    let (folder, ticks) = served().await;
    let ended = folder.run(&["audit"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.stdout, "every tick that was checked is covered by one row\n");
    assert!(ended.stderr.contains(&format!("checked {} ticks of 1 job since ", ticks.len())), "{}", ended.stderr);
    assert!(ended.stderr.contains("nobody serves the jobs now"), "{}", ended.stderr);
    assert_eq!(folder.run(&["audit", "--json"]).stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_and_a_double_are_named_and_exit_with_1() {
    let (folder, ticks) = served().await;
    let store = folder.path().join("apicron.db");
    let (hole, double) = (ticks[3], ticks[6]);
    rows::execute(&store, &format!("delete from runs where scheduled_for = {}", hole.timestamp_millis())).await;
    let reach = format!(
        "update runs set through = {}, ticks = 2 where scheduled_for = {}",
        double.timestamp_millis(),
        ticks[5].timestamp_millis()
    );
    rows::execute(&store, &reach).await;
    let ended = folder.run(&["audit", "--json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let line = |tick, rows| serde_json::json!({ "job": "hourly", "scheduled_for": rfc3339(tick), "rows": rows });
    assert_eq!(json_lines(&ended), [line(hole, 0), line(double, 2)]);

    let text = folder.run(&["audit"]);
    assert!(text.stdout.contains(&rfc3339(hole)), "{}", text.stdout);
    assert!(text.stdout.ends_with("1 tick without a row, 1 tick with more than one\n"), "{}", text.stdout);
    let from = rfc3339(ticks[3]);
    let later = folder.run(&["audit", "--from", &from, "--to", &rfc3339(ticks[5])]);
    assert_eq!(later.code(), 0, "after the one and up to the other: {later:#?}");
    assert!(later.stderr.contains("checked 2 ticks of 1 job since "), "{}", later.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_this_version_cannot_read_is_told() {
    let (folder, _) = served().await;
    rows::execute(&folder.path().join("apicron.db"), "update job_versions set schedule = '@whenever'").await;
    let ended = folder.run(&["audit"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stderr.contains("cannot read its schedule `@whenever` in `UTC`"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_serve_left_is_whole_also_while_it_serves_and_after_a_time_without_it() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("each-second", "schedule = \"@every 1s\"")));
    let store = folder.path().join("apicron.db");
    for round in 1..=2 {
        let serve = folder.spawn(&["serve"]);
        serve.wait_for_stderr("ready");
        let sql = "select cast(count(*) as text) from v_runs where state = 'succeeded'";
        let succeeded = async || rows::only(&store, sql).await.parse::<usize>().expect("a number");
        eventually("runs", succeeded, |&seen| seen >= 4 * round).await;
        let ended = folder.run(&["audit"]);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        assert!(!ended.stderr.contains("nobody"), "{}", ended.stderr);
        serve.terminate();
        assert_eq!(serve.end().code(), 0);
    }
}

#[test]
fn an_audit_makes_no_store_and_wants_a_beginning_before_the_end() {
    let folder = Folder::new().file("jobs.toml", JOBS);
    let ended = folder.run(&["audit"]);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, ""), "{ended:#?}");
    assert!(!folder.path().join("apicron.db").exists());
    assert_eq!(folder.run(&["audit", "--from", "1h", "--to", "2h"]).code(), 2);
    assert_eq!(folder.run(&["audit", "--from", "yesterday"]).code(), 2);
}
