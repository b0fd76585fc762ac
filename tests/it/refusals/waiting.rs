//! What a person sees of runs that wait for their credential, and how they end them by hand.

use apicron::standin::{OPS, Standin};

use crate::support::binary::Folder;
use crate::support::jobs::{head, json_lines, usage_job};
use crate::support::redact::by_word;
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::{rows, standin};

/// A folder in which some ticks of two jobs wait, and nothing serves.
async fn with_held_runs(standin: &Standin) -> Folder {
    let jobs = ["one", "two"].map(|name| usage_job(name, "schedule = \"@every 1s\"")).concat();
    let text = head(standin).replace("{ env = \"CLIENT_SECRET\" }", "{ file = \"secret\" }") + &jobs;
    let folder = Folder::new().file("jobs.toml", &text).file("secret", "of last year").env("CLIENT_ID", OPS.id);
    let serving = serve(&folder);
    // From the third second on, how long it takes is told in seconds.
    until_runs(&folder, 2, "state = 'held' and ticks > 2").await;
    serving.terminate();
    assert_eq!(serving.end().code(), 0);
    folder
}

/// What a verb prints, with words for what differs.
fn printed(folder: &Folder, line: &[&str]) -> String {
    let ended = folder.run(line);
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
    by_word(&ended.stdout.replace(&folder.path().display().to_string(), "FOLDER"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_is_told_once_for_all_that_waits_for_it() {
    let standin = standin::start().await;
    let folder = with_held_runs(&standin).await;
    let status = printed(&folder, &["status"]);
    let (incident, table) = status.split_once('\n').expect("lines");
    insta::assert_snapshot!(incident, @"credential `standin` is refused (first <duration>s ago), 2 jobs wait, tried again in 4m <duration>s: 400: the token endpoint does not accept the client (it says: Client authentication failed) → The token endpoint does not accept client standin-ops. Put the current secret in file FOLDER/secret; 2 jobs wait for it.");
    assert!(!table.contains("refused"), "{status}");
    for job in ["one", "two"] {
        let row = table.lines().find(|line| line.starts_with(job)).expect("a line for the job");
        assert!(row.contains("  held ") && row.ends_with(" ticks wait for credential `standin`"), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_says_for_what_and_what_to_do_also_where_another_was_refused_first() {
    let standin = standin::start().await;
    let folder = with_held_runs(&standin).await;
    let first = rows::only(&store(&folder), "select cast(run_id as text) from v_diagnoses").await;
    let other = if first == "1" { "2" } else { "1" };
    let shown = |run| {
        let text = printed(&folder, &["show", run]).replace("two", "one");
        text.replace(&format!("run {run}"), "run N").replace(|c: char| c.is_ascii_digit(), "N")
    };
    insta::assert_snapshot!(shown(&first), @r"
    run N of one  held
      credential `standin` is refused: NNN: the token endpoint does not accept the client (it says: Client authentication failed)
      schedule for <time>Z
      N ticks wait for credential `standin`, refused since <time>Z
    revoked_or_rotated_secret  (rule TN, proven)
      NNN: the token endpoint does not accept the client (it says: Client authentication failed)
      → The token endpoint does not accept client standin-ops. Put the current secret in file FOLDER/secret; N jobs wait for it.
      scopes asked for: usage:read; granted: not known; missing: none
    ");
    insta::assert_snapshot!(shown(other), @r"
    run N of one  held
      credential `standin` is refused: NNN: the token endpoint does not accept the client (it says: Client authentication failed)
      schedule for <time>Z
      N ticks wait for credential `standin`, refused since <time>Z
      → The token endpoint does not accept client standin-ops. Put the current secret in file FOLDER/secret; N jobs wait for it.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_is_cancelled_at_once_also_where_nothing_serves() {
    let standin = standin::start().await;
    let folder = with_held_runs(&standin).await;
    assert_eq!(printed(&folder, &["cancel", "1"]), "run 1 of `one` is skipped: it had not begun\n");
    let ended = folder.run(&["cancel", "2", "--json"]);
    assert_eq!(json_lines(&ended), [serde_json::json!({ "run": 2, "state": "skipped" })]);
    assert_eq!(count(&folder, "state = 'held'").await, 0);
    assert_eq!(count(&folder, "reason = 'cancelled while it waited for its credential'").await, 2);
    let again = folder.run(&["cancel", "1"]);
    assert_eq!((again.code(), again.stdout.as_str()), (75, "run 1 of `one` had ended already: skipped\n"));
}
