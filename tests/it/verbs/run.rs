//! `apicron run`.

use apicron::standin::{Fault, Knobs, NARROW, OPS};

use crate::support::jobs::{folder, folder_as, head, json_lines, usage_job};
use crate::support::terminal::seen_on_terminal;
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_jobs_on_an_empty_cache_make_one_token_request() {
    let standin = standin::start().await;
    let mut jobs = head(&standin);
    for n in 0..500 {
        jobs.push_str(&usage_job(&format!("job-{n}"), ""));
    }
    let ended = folder(&jobs).run(&["run", "--all", "--json"]);
    assert_eq!(ended.code(), 0, "{}", ended.stderr);
    let lines = json_lines(&ended);
    let summary = &lines.last().expect("a summary")["summary"];
    assert_eq!((&summary["runs"], &summary["token_requests"]), (&500.into(), &1.into()));
    assert_eq!(summary["by_state"], serde_json::json!({ "succeeded": 500 }));
    let counts = standin.counts();
    assert_eq!((counts.token_requests, counts.of("GET", "/v1/usage")), (1, 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_runs_are_under_way_than_the_file_allows() {
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 50)], ..Knobs::default() }).await;
    let jobs: String = (0..6).map(|n| usage_job(&format!("job-{n}"), "")).collect();
    let folder = folder(&format!("concurrency = 2\n{}{jobs}", head(&standin)));
    assert_eq!(folder.run(&["run", "--all"]).code(), 0);
    let store = folder.path().join("apicron.db");
    let overlaps = "select cast(max((select count(*) from v_runs b \
                    where b.started_at <= a.started_at and b.finished_at > a.started_at)) as text) from v_runs a";
    let most: u32 = rows::only(&store, overlaps).await.parse().expect("a number");
    assert!((1..=2).contains(&most), "{most} runs at once");
    let waited = "select cast(count(*) as text) from v_runs where started_at > claimed_at";
    assert!(
        rows::only(&store, waited).await.parse::<u32>().expect("a number") >= 4,
        "on time in the ledger, begun later"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_missing_scope_and_what_to_do_and_exits_with_4() {
    let standin = standin::start().await;
    let job = usage_job("balance", "").replace("usage:read", "models:read");
    let folder = folder_as(NARROW, &(head(&standin) + &job));
    let ended = folder.run(&["run", "balance", "--json"]);
    assert_eq!(ended.code(), 4, "{ended:#?}");
    let run = &json_lines(&ended)[0];
    assert_eq!((&run["state"], &run["kind"]), (&"refused".into(), &"refused".into()));
    let diagnosis = &run["diagnosis"];
    assert_eq!(diagnosis["verdict"], "missing_scope");
    assert_eq!(diagnosis["missing_scopes"], serde_json::json!(["usage:read"]));
    let remedy = diagnosis["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("usage:read") && remedy.contains("balance"), "{remedy}");

    let stored = rows::rows(
        &folder.path().join("apicron.db"),
        "select verdict, requested_scopes, missing_scopes, remedy from v_diagnoses",
    )
    .await;
    assert_eq!(stored, [["missing_scope", r#"["models:read"]"#, r#"["usage:read"]"#, remedy]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_token_is_in_the_file_the_output_or_the_logs() {
    let standin = standin::start().await;
    let echo =
        Fault { body: Some(format!("your secret is {}", OPS.secret).into()), ..Fault::status("/v1/models", 404) };
    standin.set(Knobs { faults: vec![echo, Fault::status("/v1/usage", 401).times(1)], ..Knobs::default() });
    let echoing = usage_job("echoing", "").replace("/usage", "/models").replace("usage:read", "models:read");
    let folder = folder(&(head(&standin) + &usage_job("balance", "") + &echoing));
    let ended = folder.run(&["run", "--all", "--json", "--log", "trace"]);
    assert_eq!(ended.code(), 1, "{}", ended.stderr);
    let mut seen = ended.stdout + &ended.stderr;
    for name in ["apicron.db", "apicron.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap_or_default();
        seen.push_str(&String::from_utf8_lossy(&bytes));
    }
    assert!(seen.contains("[redacted]"), "the echo was stored");
    assert!(!seen.contains(OPS.secret), "the secret got out");
    // Every token of the stand-in is a JWT, and every JWT header begins with this.
    assert!(!seen.contains("eyJ"), "a token got out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_api_fails_the_run_with_its_kind_and_exits_with_1() {
    let standin = standin::start().await;
    let jobs = head(&standin) + &usage_job("balance", "retry = { attempts = 2, backoff = \"10ms\" }");
    standin.set(Knobs { faults: vec![Fault::status("/v1/usage", 503)], ..Knobs::default() });
    let folder = folder(&jobs);
    let ended = folder.run(&["run", "balance", "--json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(standin.counts().of("GET", "/v1/usage"), 2);
    standin.stop().await;
    let ended = folder.run(&["run", "balance", "--json"]);
    assert_eq!((ended.code(), &json_lines(&ended)[0]["kind"]), (1, &"token".into()), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_sent_and_sends_nothing() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let ended = folder.run(&["run", "balance", "--dry-run"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.contains(&format!("GET {}/v1/usage", standin.url())), "{}", ended.stdout);
    let counts = standin.counts();
    assert_eq!((counts.token_requests, counts.requests.len()), (0, 0));
    assert!(!folder.path().join("apicron.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_bodies_pages_and_elements() {
    let standin = standin::start().await;
    let calls = "[[jobs.balance.calls]]\nget = \"/datasets\"\npages = { by = \"offset\", items = \".items\" }\n\
        records = { into = \"datasets\", key = \".id\" }\n\
        [[jobs.balance.calls]]\npost = \"/a\"\nform = { a = [\"1\", \"2\"] }\nfor_each = { records = \"datasets\" }\n\
        [[jobs.balance.calls]]\nput = \"/b\"\ntext = \"one\\ntwo\"\nwhen = \"$state.on\"\n\
        [[jobs.balance.calls]]\npost = \"/c\"\nupload = { files = \"*.pdf\" }\n\
        [[jobs.balance.calls]]\nget = \"/d\"\nuntil = \".done\"\n";
    let folder = folder(&(head(&standin) + &usage_job("balance", "") + calls));
    let ended = folder.run(&["run", "balance", "--dry-run", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    assert_eq!(lines[1]["pages"], serde_json::json!({ "by": "offset", "param": "offset", "size": null }));
    assert_eq!(lines[1]["records"], "datasets");
    assert_eq!(lines[2]["form"], serde_json::json!({ "a": ["1", "2"] }));
    assert_eq!(lines[2]["for_each"], serde_json::json!({ "records": "datasets" }));
    assert_eq!((&lines[3]["text"], &lines[3]["when"]), (&"one\ntwo".into(), &"$state.on".into()));
    assert_eq!(lines[3]["content_type"], "text/plain; charset=utf-8");
    assert_eq!(lines[4]["upload"], serde_json::json!({ "files": "*.pdf", "field": "file", "fields": {} }));
    assert_eq!((&lines[4]["for_each"], &lines[5]["until"]), (&serde_json::Value::Null, &".done".into()));
    let ended = folder.run(&["run", "balance", "--dry-run"]);
    assert!(ended.stdout.contains("  for each: {\"records\":\"datasets\"}\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("  one\n  two\n"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_job_is_a_wrong_command_line_that_names_the_nearest() {
    let standin = standin::start().await;
    let ended = folder(&(head(&standin) + &usage_job("balance", ""))).run(&["run", "blance"]);
    assert_eq!(ended.code(), 2);
    assert_eq!(ended.stderr, "error: the job file has no job `blance`: did you mean `balance`?\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_store_is_left_alone_and_exits_with_5() {
    let standin = standin::start().await;
    let folder =
        folder(&(head(&standin) + &usage_job("balance", ""))).file("apicron.db", "not a database, but my diary\n");
    let ended = folder.run(&["run", "balance"]);
    assert_eq!(ended.code(), 5, "{ended:#?}");
    let text = std::fs::read_to_string(folder.path().join("apicron.db")).expect("the file");
    assert_eq!(text, "not a database, but my diary\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_fetched_leaves_a_sample_of_how_long_it_lives() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    let mut samples = json_lines(&folder.run(&["export", "samples"]));
    samples.retain(|sample| sample["metric"].as_str().is_some_and(|metric| metric.starts_with("credential.")));
    assert_eq!(samples.len(), 1, "{samples:#?}");
    assert_eq!(
        (&samples[0]["metric"], &samples[0]["label"]),
        (&"credential.standin.seconds_left".into(), &"usage:read".into())
    );
    assert!((3500..=3600).contains(&samples[0]["value"].as_i64().expect("a number")), "{samples:#?}");
    assert!(samples[0]["run_id"].is_null(), "a token is no run's: {samples:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_that_the_answer_has_no_value_for_is_told_and_is_never_0() {
    let standin = standin::start().await;
    let job = usage_job("balance", "").replace(".credits.used", ".credits.usde");
    let folder = folder(&(head(&standin) + &job));
    let ended = folder.run(&["run", "balance"]);
    assert_eq!(ended.code(), 0);
    assert!(ended.stdout.contains("no value for credits_used"), "{}", ended.stdout);
    let lines = json_lines(&folder.run(&["run", "balance", "--json"]));
    assert_eq!(lines[0]["metrics"], serde_json::json!({ "credits_used": null }));
    let samples = "select cast(count(*) as text) from v_samples where metric = 'balance.credits_used'";
    assert_eq!(rows::only(&folder.path().join("apicron.db"), samples).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_standard_error_is_no_terminal_no_progress_is_shown() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let ended = folder.run(&["run", "balance"]);
    assert!(!ended.stderr.contains(['\r', '\x1b']) && ended.stderr.lines().count() == 1, "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_a_run_that_lives_has_a_line_which_is_gone_at_the_end() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    let seen = seen_on_terminal(&folder, &["run", "balance"]);
    assert!(seen.contains(" balance "), "{seen:?}");
    let (_, left) = seen.rsplit_once("\x1b[2K").expect("a line that is taken away");
    assert!(left.starts_with("1 run in ") && left.lines().count() == 1, "{seen:?}");
    let seen = seen_on_terminal(&folder, &["run", "balance", "--json"]);
    assert_eq!(seen, "", "programs get no progress");
}
