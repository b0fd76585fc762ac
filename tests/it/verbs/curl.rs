//! `apicron show RUN --curl`.

use apicron::standin::{NARROW, OPS};

use crate::support::jobs::{folder, folder_as, head, json_lines, usage_job};
use crate::support::{redact, standin};

const JOB: &str = r#"
[jobs.all]
scopes = ["usage:read", "datasets:read", "files:read"]
api    = "standin"

[[jobs.all.calls]]
name    = "usage"
get     = "/usage"
query   = { period = "this month", at = "{{ $run.scheduled_for }}" }
headers = { Accept = "application/json", X-Partner-Key = { env = "PARTNER" }, X-Session = { file = "session" } }

[[jobs.all.calls]]
name  = "datasets"
get   = "/datasets"
pages = { by = "cursor", items = ".items", cursor = ".nextCursor", param = "cursor", size = { param = "limit", value = 100 } }

[[jobs.all.calls]]
name     = "odd"
for_each = '''["it's $(id)", "two\nrm -rf ~", "[1-3]"][]'''
get      = "/datasets"
query    = { name = "{{ $each }}" }
on_error = "continue"

[[jobs.all.calls]]
name     = "path"
for_each = '''["o'clock $(id);`id`"][]'''
get      = "/datasets/{{ $each }}"
on_error = "continue"

[[jobs.all.calls]]
name     = "made"
post     = "/datasets"
json     = { name = "it's {{ $run.id }}", n = 1 }
on_error = "continue"

[[jobs.all.calls]]
name     = "told"
post     = "/chat"
form     = { a = "@file", b = "c d" }
on_error = "continue"

[[jobs.all.calls]]
name     = "left-out"
when     = "false"
get      = "/usage"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_a_run_are_command_lines_that_can_be_pasted_and_hold_no_secret() {
    let standin = standin::start().await;
    let folder =
        folder(&(head(&standin) + JOB)).env("PARTNER", "canary-of-a-partner").file("session", "canary-of-a-session");
    folder.run(&["run", "all"]);
    let ended = folder.run(&["show", "all", "--curl"]);
    assert_eq!((ended.code(), ended.stderr.as_str()), (0, ""), "{ended:#?}");
    for canary in ["canary-of", OPS.secret] {
        assert!(!ended.stdout.contains(canary), "{}", ended.stdout);
    }
    insta::assert_snapshot!(redact::by_word(&ended.stdout));

    let lines = json_lines(&folder.run(&["show", "all", "--curl", "--json"]));
    let calls: Vec<_> = lines.iter().map(|line| line["call"].as_str().expect("a name")).collect();
    assert_eq!(calls, ["usage", "datasets", "odd", "odd", "odd", "path", "made", "told"]);
    assert!(lines.iter().all(|line| line["curl"].as_str().is_some_and(|curl| curl.contains("curl "))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_whose_values_are_not_kept_is_a_comment_without_the_key_of_the_call() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + JOB));
    let folder = folder.env("PARTNER", "canary-of-a-partner").file("session", "canary-of-a-session");
    folder.run(&["run", "all"]);
    let shown = folder.run(&["show", "all", "--curl"]).stdout;
    for line in shown.lines().filter(|line| line.contains("{{")) {
        assert!(line.starts_with("# ") && !line.contains("Idempotency-Key"), "{line}");
    }
    let made: Vec<&str> = shown.lines().skip_while(|line| *line != "# call made").skip(1).take(2).collect();
    assert!(made[0].contains("its body had values of the run that are not kept"), "{shown}");
    assert!(made[1].starts_with("# curl -X POST"), "{shown}");
    let lines = json_lines(&folder.run(&["show", "all", "--curl", "--json"]));
    let line = |call: &str| lines.iter().find(|line| line["call"] == call).and_then(|line| line["curl"].as_str());
    assert!(line("made").is_some_and(|curl| curl.starts_with("# curl ")), "{lines:#?}");
    assert!(line("told").is_some_and(|curl| curl.starts_with("curl ") && curl.contains("Idempotency-Key")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_never_sent_has_a_comment_alone() {
    let standin = standin::start().await;
    let folder = folder_as(NARROW, &(head(&standin) + &usage_job("balance", "")));
    assert_eq!(folder.run(&["run", "balance"]).code(), 4);
    let ended = folder.run(&["show", "1", "--curl"]);
    assert!(ended.stdout.ends_with("# it was never sent\n"), "{ended:#?}");
    assert!(ended.stdout.lines().all(|line| line.starts_with("# ")), "{ended:#?}");
    assert!(json_lines(&folder.run(&["show", "1", "--curl", "--json"]))[0]["curl"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_job_that_changed_or_is_gone_the_stored_part_is_told_and_that_it_is() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    folder.run(&["run", "balance"]);
    let store = folder.path().join("jobs.toml");
    std::fs::write(&store, head(&standin) + &usage_job("balance", "timeout = \"9s\"")).expect("written");
    let changed = folder.run(&["show", "1", "--curl"]).stdout;
    assert!(changed.starts_with("# job `balance` has changed since this run"), "{changed}");
    std::fs::write(&store, head(&standin) + &usage_job("other", "")).expect("written");
    let gone = folder.run(&["show", "1", "--curl"]).stdout;
    assert!(gone.starts_with("# the job file has no job `balance` any more"), "{gone}");
    assert!(gone.contains(r#"-H "Authorization: Bearer $TOKEN""#), "{gone}");
}
