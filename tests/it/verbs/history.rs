//! `apicron status`, `runs` and `show`.

use apicron::standin::{NARROW, OPS};

use crate::support::binary::Folder;
use crate::support::jobs::{folder, folder_as, head, json_lines, usage_job};
use crate::support::{rows, standin};

#[tokio::test(flavor = "multi_thread")]
async fn verbs_that_only_read_need_neither_secrets_nor_a_store() {
    let standin = standin::start().await;
    let jobs = head(&standin) + &usage_job("balance", "schedule = \"@hourly\"");
    let folder = Folder::new().file("jobs.toml", &jobs);
    let status = folder.run(&["status", "--json"]);
    assert_eq!(status.code(), 0, "{status:#?}");
    let line = &json_lines(&status)[0];
    assert_eq!(
        (&line["job"], &line["state"], &line["enabled"]),
        (&"balance".into(), &serde_json::Value::Null, &true.into())
    );
    assert!(line["next"].is_string());
    assert_eq!(folder.run(&["runs", "--json"]).stdout, "");
    assert_eq!(folder.run(&["show", "balance"]).code(), 1);
    assert!(!folder.path().join("apicron.db").exists(), "reading may not make a store");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_run_is_listed_and_shown_with_the_columns_of_the_views() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("balance", "")));
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);
    assert_eq!(folder.run(&["run", "balance"]).code(), 0);

    let runs = json_lines(&folder.run(&["runs", "--json"]));
    let ids: Vec<_> = runs.iter().map(|run| run["id"].as_i64()).collect();
    assert_eq!(ids, [Some(2), Some(1)], "newest first");
    let columns: Vec<_> = runs[0].as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = "id job trigger scheduled_for through ticks state kind reason repeats claimed_at started_at finished_at config_hash process";
    assert_eq!(columns, expected.split(' ').collect::<Vec<_>>());
    assert_eq!(folder.run(&["runs", "--state", "failed", "--json"]).stdout, "");

    let shown = &json_lines(&folder.run(&["show", "balance", "--json"]))[0];
    assert_eq!((&shown["id"], &shown["calls"][0]["status"]), (&2.into(), &200.into()));
    let status = &json_lines(&folder.run(&["status", "--json"]))[0];
    assert_eq!((&status["state"], &status["metric"]), (&"succeeded".into(), &"balance.credits_used".into()));
    assert!(status["value"].is_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_run_is_shown_with_its_remedy_before_its_calls() {
    let standin = standin::start().await;
    let job = usage_job("balance", "").replace("usage:read", "models:read");
    let folder = folder_as(NARROW, &(head(&standin) + &job));
    assert_eq!(folder.run(&["run", "balance"]).code(), 4);
    let text = folder.run(&["show", "1"]).stdout;
    let (remedy, call) = (text.find('→').expect("a remedy"), text.find("call usage").expect("the call"));
    assert!(remedy < call, "{text}");
    let evidence = &json_lines(&folder.run(&["show", "1", "--evidence"]))[0];
    assert_eq!(evidence["response"]["status"], 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_s_effective_keys_are_shown_with_the_places_they_come_from() {
    let standin = standin::start().await;
    let text = format!("[defaults]\ntimeout = \"9s\"\n{}{}", head(&standin), usage_job("balance", "jitter = \"2s\""));
    let folder = folder(&text);
    let ended = folder.run(&["show", "balance", "--config", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    let told = |key: &str| {
        let line = lines.iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{key}: {lines:#?}"));
        (line["value"].as_str().expect("a text").to_owned(), line["from"].as_str().expect("a text").to_owned())
    };
    let line_of = |part: &str| 1 + text.lines().position(|line| line.starts_with(part)).expect(part);
    let at = |part: &str| format!("jobs.toml:{}", line_of(part));
    assert_eq!(told("timeout"), ("\"9s\"".to_owned(), at("timeout")));
    assert_eq!(told("jitter"), ("\"2s\"".to_owned(), at("jitter")));
    assert_eq!(told("overlap"), ("\"skip\"".to_owned(), "built in".to_owned()));
    let ended = folder.run(&["show", "balance", "--config"]);
    assert!(ended.stdout.contains("\"9s\"") && ended.stdout.contains(&at("timeout")), "{}", ended.stdout);
    assert!(!ended.stdout.contains(OPS.secret), "{}", ended.stdout);
    assert_eq!(folder.run(&["show", "blance", "--config"]).code(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_job_ends_with_the_remedy_of_its_credential_s_incident() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("balance", "");
    let folder = Folder::new().file("jobs.toml", &text).env("CLIENT_ID", OPS.id).env("CLIENT_SECRET", "an-old-secret");
    let status = || json_lines(&folder.run(&["status", "--json"])).swap_remove(0);
    assert!(status()["remedy"].is_null());
    assert_eq!(folder.run(&["run", "balance"]).code(), 4);
    let status = status();
    assert_eq!(status["remedy"], rows::only(&folder.path().join("apicron.db"), "select remedy from v_diagnoses").await);
    assert_eq!(status.as_object().expect("an object").keys().next_back().map(String::as_str), Some("remedy"));
    let told = folder.run(&["status"]).stdout;
    assert!(told.starts_with("credential `standin` is refused (first ") && told.contains(" → "), "{told}");
}
