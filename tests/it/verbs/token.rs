//! `apicron token`.

use apicron::standin::{Clocks, Knobs, OPS, UnknownScope};
use regex::Regex;
use serde_json::json;

use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::redact::by_word;
use crate::support::standin;

/// Without what differs from run to run.
fn shown(text: &str) -> String {
    let text = by_word(text);
    let seconds = Regex::new(r"\b1[0-9]{9}\b").expect("a pattern").replace_all(&text, "<seconds>").into_owned();
    let seconds = Regex::new(r"clock    .*").expect("a pattern").replace(&seconds, "clock    <clock>").into_owned();
    Regex::new(r"(in \d+m <duration>s|<duration>s ago|now)")
        .expect("a pattern")
        .replace_all(&seconds, "<then>")
        .into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_token_is_shown_with_its_claims_and_never_itself() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "") + &usage_job("again", "")));
    let ended = folder.run(&["token", "--fetch"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    insta::assert_snapshot!(shown(&ended.stdout));
    assert!(!ended.stdout.contains("eyJ"), "{ended:#?}");
    assert_eq!(standin.counts().token_requests, 1, "two jobs with one scope set share a token");

    let ended = folder.run(&["token", "standin", "--fetch", "--json"]);
    let [line] = json_lines(&ended).try_into().expect("one line");
    assert_eq!((&line["credential"], &line["scopes"]), (&json!("standin"), &json!(["usage:read"])));
    assert_eq!((&line["granted"], &line["missing"]), (&json!(["usage:read"]), &json!([])));
    assert_eq!((&line["generation"], &line["claims"]["sub"]), (&json!(1), &json!(OPS.id)));
    assert!(line["fetched_at"].is_string() && line["expires_at"].is_string(), "{line:#}");
    assert!(line["skew_s"].as_i64().expect("a number").abs() < 60, "{line:#}");
    assert!(!ended.stdout.contains("eyJ"), "{ended:#?}");
    assert!(!folder.path().join("apicron.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_told_and_a_refusal_exits_with_1() {
    let text =
        |standin| head(standin) + &usage_job("usage", "").replace("\"usage:read\"", "\"usage:read\", \"org:admin\"");
    let standin = standin::start_with(Knobs { unknown_scope: UnknownScope::Narrow, ..Knobs::default() }).await;
    let narrowed = folder(&text(&standin)).run(&["token", "--fetch", "--json"]);
    assert_eq!(narrowed.code(), 0, "{narrowed:#?}");
    let [line] = json_lines(&narrowed).try_into().expect("one line");
    assert_eq!((&line["granted"], &line["missing"]), (&json!(["usage:read"]), &json!(["org:admin"])));

    let standin = standin::start().await;
    let refused = folder(&text(&standin)).run(&["token", "--fetch", "--json"]);
    assert_eq!(refused.code(), 1, "{refused:#?}");
    let [line] = json_lines(&refused).try_into().expect("one line");
    assert_eq!((&line["verdict"], &line["granted"]), (&json!("scope_not_assignable"), &json!(null)));
    assert!(line["remedy"].as_str().expect("one").contains("org:admin"), "{line:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_the_token_endpoint_is_held_against_ours() {
    let standin =
        standin::start_with(Knobs { clocks: Clocks { token_s: -600, api_s: -600 }, ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "")));
    let [line] = json_lines(&folder.run(&["token", "--fetch", "--json"])).try_into().expect("one line");
    let skew = line["skew_s"].as_i64().expect("a number");
    assert!((-660..=-590).contains(&skew), "{line:#}");
    let ended = folder.run(&["token", "--fetch"]);
    assert!(ended.stdout.contains("s behind this host's"), "{ended:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_fetch_nothing_is_asked_and_the_store_says_what_it_knows() {
    let standin = standin::start().await;
    let unused = "\n[credentials.spare]\nbearer = { env = \"SPARE\" }\n";
    let folder = folder(&(head(&standin) + unused + &usage_job("usage", "")));
    let before = json_lines(&folder.run(&["token", "--json"]));
    let known: Vec<_> = before.iter().map(|line| (&line["credential"], &line["generation"], &line["jobs"])).collect();
    assert_eq!(
        known,
        [(&json!("spare"), &json!(null), &json!([])), (&json!("standin"), &json!(null), &json!(["usage"]))]
    );
    assert_eq!(standin.counts().token_requests, 0);

    assert_eq!(folder.run(&["run", "usage"]).code(), 0);
    let [line] = json_lines(&folder.run(&["token", "standin", "--json"])).try_into().expect("one line");
    assert_eq!((&line["generation"], &line["event"]), (&json!(1), &json!("fetched")));
    assert!(line["fetched_at"].is_string() && line["expires_at"].is_string(), "{line:#}");
    assert_eq!(standin.counts().token_requests, 1);
    let ended = folder.run(&["token"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let squeezed = Regex::new(" {2,}").expect("a pattern").replace_all(&shown(&ended.stdout), "  ").into_owned();
    insta::assert_snapshot!(squeezed);
}

#[test]
fn a_fixed_bearer_says_where_it_comes_from() {
    let text = "[credentials.session]\nbearer = { env = \"SESSION\" }\n[apis.a]\nbase_url = \"https://api.example.com\"\n\
                credential = \"session\"\n[jobs.j]\napi = \"a\"\ncalls = [{ get = \"/\" }]\n";
    // {"iss":"i","scope":"x y","exp":4102444800}
    let jwt = "e30.eyJpc3MiOiJpIiwic2NvcGUiOiJ4IHkiLCJleHAiOjQxMDI0NDQ4MDB9.c2ln";
    let folder = Folder::new().file("jobs.toml", text).env("SESSION", jwt);
    let ended = folder.run(&["token", "--fetch"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert!(ended.stdout.contains("the bearer in environment variable SESSION, until 2100-01-01T"), "{ended:#?}");
    assert!(ended.stdout.contains("granted  x y") && !ended.stdout.contains(jwt), "{ended:#?}");

    let absent = Folder::new().file("jobs.toml", text).run(&["token", "--fetch"]);
    assert_eq!(absent.code(), 1, "{absent:#?}");
    assert!(absent.stdout.contains("environment variable SESSION is not set"), "{absent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_credential_has_a_nearest_name() {
    let standin = standin::start().await;
    let ended = folder(&(head(&standin) + &usage_job("usage", ""))).run(&["token", "standim"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
    assert!(ended.stderr.contains("no credential `standim`: did you mean `standin`?"), "{ended:#?}");
}
