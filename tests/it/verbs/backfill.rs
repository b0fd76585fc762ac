//! `apicron backfill`.

use apicron::standin::{Fault, Knobs};

use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::serving::store;
use crate::support::{rows, standin};

const THREE_HOURS: [&str; 6] = ["backfill", "hourly", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-01T03:00:00Z"];

fn hourly() -> String {
    usage_job("hourly", "schedule = \"@hourly\"\nretry = { attempts = 1 }")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_windows_without_a_success_run_and_oldest_first() {
    let standin =
        standin::start_with(Knobs { faults: vec![Fault::status("/v1/usage", 500).times(1)], ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &hourly()));
    let ended = folder.run(&[&THREE_HOURS[..], &["--json"]].concat());
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let lines = json_lines(&ended);
    assert_eq!(lines[3]["summary"]["by_state"], serde_json::json!({ "failed": 1, "succeeded": 2 }));
    assert_eq!((&lines[0]["state"], &lines[0]["trigger"]), (&"failed".into(), &"manual".into()));
    assert_eq!(lines[0]["scheduled_for"], "2026-03-01T01:00:00.000Z");

    let ended = folder.run(&THREE_HOURS);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stderr.contains("2 of 3 windows passed over"), "{ended:#?}");
    let sql = "select scheduled_for, state from v_runs order by id desc limit 1";
    assert_eq!(rows::rows(&store(&folder), sql).await, [["2026-03-01T01:00:00.000Z", "succeeded"]]);
    let ended = folder.run(&THREE_HOURS);
    assert_eq!((ended.code(), standin.counts().of("GET", "/v1/usage")), (0, 4), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_the_windows_that_would_run_and_sends_nothing() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &hourly()));
    let ended = folder.run(&[&THREE_HOURS[..], &["--dry-run", "--json"]].concat());
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    let first = serde_json::json!({
        "job": "hourly",
        "scheduled_for": "2026-03-01T01:00:00.000Z",
        "window_start": "2026-03-01T00:00:00.000Z",
        "window_end": "2026-03-01T01:00:00.000Z",
    });
    assert_eq!((lines.len(), &lines[0]), (3, &first));
    assert!(!store(&folder).exists());

    assert_eq!(folder.run(&THREE_HOURS).code(), 0);
    let ended = folder.run(&[&THREE_HOURS[..], &["--dry-run"]].concat());
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, ""), "{ended:#?}");
    assert!(ended.stderr.contains("no window would run"), "{ended:#?}");
    assert_eq!(standin.counts().of("GET", "/v1/usage"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_windows_or_too_many_is_an_error_that_says_so() {
    let standin = standin::start().await;
    let each_second = usage_job("each-second", "schedule = \"@every 1s\"");
    let folder = folder(&(head(&standin) + &usage_job("manual", "") + &each_second));
    let backfill = |job, from, to| folder.run(&["backfill", job, "--from", from, "--to", to]);
    let ended = backfill("manual", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("`manual` has no schedule"), "{ended:#?}");
    let ended = backfill("each-second", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    assert_eq!(ended.code(), 2);
    assert!(ended.stderr.contains("has 86400 windows there, and 10000 are the most"), "{ended:#?}");
    let ended = backfill("each-second", "1970-01-01T00:00:00Z", "2026-03-02T00:00:00Z");
    assert!(ended.stderr.contains("has more than 1000000 windows there"), "{ended:#?}");
    let ended = backfill("each-second", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z");
    assert_eq!((ended.code(), ended.stderr.as_str()), (2, "error: --from has to be earlier than --to\n"));
}
