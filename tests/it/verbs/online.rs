//! `apicron check --online`.

use std::net::TcpListener;

use apicron::standin::{Knobs, OPS, Standin, UnknownScope};
use serde_json::json;

use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, head_at, json_lines, usage_job};
use crate::support::redact::by_word;
use crate::support::standin;

/// Two jobs that ask for more than `usage:read`, one that does not, and one that is not enabled.
fn text(standin: &Standin) -> String {
    let more = |name: &str| usage_job(name, "").replace("\"usage:read\"", "\"usage:read\", \"org:admin\"");
    head(standin)
        + &usage_job("plain", "")
        + &more("admin-one")
        + &more("admin-two")
        + &usage_job("off", "enabled = false").replace("usage:read", "datasets:write")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_as_asked_is_no_problem_and_each_scope_set_is_asked_for_once() {
    let standin = standin::start().await;
    let text = head(&standin) + &usage_job("one", "") + &usage_job("two", "");
    let ended = folder(&text).run(&["check", "--online", "--strict"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.ends_with("jobs.toml: 2 jobs, no problem, 0 warnings; asked for 1 token\n"), "{ended:#?}");
    assert_eq!(standin.counts().token_requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_silently_left_out_is_a_warning_at_the_scopes_of_its_jobs() {
    let standin = standin::start_with(Knobs { unknown_scope: UnknownScope::Narrow, ..Knobs::default() }).await;
    let folder = folder(&text(&standin));
    let ended = folder.run(&["check", "--online"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    insta::assert_snapshot!(by_word(&ended.stdout));
    assert_eq!(folder.run(&["check", "--online", "--strict"]).code(), 3);
    let lines = json_lines(&folder.run(&["check", "--online", "--json"]));
    let line = lines.iter().find(|line| line["code"] == "scope-not-granted").expect("a warning");
    assert_eq!((&line["severity"], &line["file"]), (&json!("warning"), &json!("jobs.toml")));
    assert!(line["line"].as_u64().expect("a line") > 1, "{line:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_refused_is_a_problem_at_the_scopes_of_its_jobs() {
    let standin = standin::start().await;
    let ended = folder(&text(&standin)).run(&["check", "--online"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    insta::assert_snapshot!(by_word(&ended.stdout));
    assert_eq!(standin.counts().token_requests, 2, "not for the job that is not enabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_is_one_problem_at_its_credential_however_many_scope_sets_there_are() {
    let standin = standin::start().await;
    let folder = Folder::new().file("jobs.toml", &text(&standin));
    let folder = folder.env("CLIENT_ID", OPS.id).env("CLIENT_SECRET", "an-old-secret");
    let ended = folder.run(&["check", "--online", "--json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let errors: Vec<_> = json_lines(&ended).into_iter().filter(|line| line["severity"] == "error").collect();
    let [error] = errors.as_slice() else { panic!("{ended:#?}") };
    assert_eq!((&error["code"], &error["line"], &error["column"]), (&json!("no-token"), &json!(2), &json!(1)));
    assert!(error["help"].as_str().expect("one").contains("CLIENT_SECRET"), "{error:#}");
}

#[test]
fn an_absent_secret_and_a_closed_port_are_problems_and_without_online_the_file_is_well() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let text = head_at(&closed) + &usage_job("usage", "");
    let absent = Folder::new().file("jobs.toml", &text).env("CLIENT_ID", OPS.id);
    assert_eq!(absent.run(&["check"]).code(), 0);
    let ended = absent.run(&["check", "--online", "--json"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let lines = json_lines(&ended);
    let told: Vec<_> = lines.iter().map(|line| (&line["severity"], &line["code"])).collect();
    assert_eq!(told, [(&json!("error"), &json!("absent-secret"))], "{ended:#?}");

    let ended = folder(&text).run(&["check", "--online"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert!(ended.stdout.contains("error[no-token]") && ended.stdout.contains("refused"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_problems_of_its_own_is_mended_first() {
    let standin = standin::start().await;
    let ended = folder(&(text(&standin) + "\nnonsense = 1\n")).run(&["check", "--online"]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    assert_eq!(standin.counts().token_requests, 0);
}
