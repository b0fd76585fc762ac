//! `apicron pause` and `apicron resume`.

use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::standin;

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_does_not_run_until_it_is_resumed_and_says_why() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "") + &usage_job("other", "")));
    let paused = folder.run(&["pause", "balance", "--for", "2h", "--reason", "they move house"]);
    assert_eq!(paused.code(), 0, "{paused:#?}");
    assert!(paused.stdout.starts_with("`balance` is paused until "), "{}", paused.stdout);
    assert!(paused.stdout.ends_with(": they move house\n"), "{}", paused.stdout);

    let run = folder.run(&["run", "balance", "--json"]);
    assert_eq!(run.code(), 75, "{run:#?}");
    let line = &json_lines(&run)[0];
    assert_eq!(line["state"], "skipped");
    assert!(line["reason"].as_str().expect("a reason").contains("they move house"), "{line}");
    assert_eq!(folder.run(&["run", "other"]).code(), 0);

    let status = json_lines(&folder.run(&["status", "--json"]));
    let paused: Vec<_> = status.iter().map(|line| (line["job"].as_str(), line["paused"].as_bool())).collect();
    assert_eq!(paused, [(Some("balance"), Some(true)), (Some("other"), Some(false))]);
    let text = folder.run(&["status", "balance"]).stdout;
    let row = text.lines().nth(1).expect("a row");
    assert!(row.contains("paused until ") && row.contains("(in 1h 59m): they move house"), "{text}");

    let resumed = folder.run(&["resume", "balance"]);
    assert_eq!((resumed.code(), resumed.stdout.as_str()), (0, "`balance` runs again\n"));
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    let again = folder.run(&["resume", "balance"]);
    assert_eq!((again.code(), again.stdout.as_str()), (0, "`balance` was not paused\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_its_end_as_json_are_an_object_each() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let pause = &json_lines(&folder.run(&["pause", "balance", "--json"]))[0];
    assert_eq!((&pause["job"], &pause["until"]), (&"balance".into(), &serde_json::Value::Null));
    let resume = json_lines(&folder.run(&["resume", "balance", "--json"]));
    assert_eq!(resume, [serde_json::json!({ "job": "balance", "was_paused": true })]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_the_file_does_not_have_is_a_wrong_command_line() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    for verb in ["pause", "resume"] {
        let ended = folder.run(&[verb, "blance"]);
        assert_eq!(ended.code(), 2);
        assert_eq!(ended.stderr, "error: the job file has no job `blance`: did you mean `balance`?\n");
    }
    assert_eq!(folder.run(&["pause", "balance", "--for", "0s"]).code(), 2);
    assert_eq!(folder.run(&["pause", "balance", "--reason", "  "]).code(), 2);
    assert!(!folder.path().join("apicron.db").exists());
}
