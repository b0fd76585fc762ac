//! What holds for a job, and where it is said.

use super::{GOOD, loaded};
use crate::config::{Effective, Origin, explain};

const DEFAULTS: &str = "include = [\"more/*.toml\"]\n\
[defaults]\n\
jitter = \"90s\"\n\
retry = { attempts = 2 }\n\
catch_up = \"none\"\n";

const OTHER: &str = r#"[jobs.y]
api = "a"
after = "x"
scopes = ["b:read", "a:read"]
timezone = "Europe/Berlin"
catch_up = "all"
catch_up_window = "90m"
[jobs.y.retry]
backoff = "250ms"
[[jobs.y.calls]]
name = "first"
get = "/one"
[[jobs.y.calls]]
post = "/two"
"#;

fn explained(main: &str, job: &str) -> Option<Vec<Effective>> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("more")).expect("a folder");
    std::fs::write(folder.path().join("jobs.toml"), main).expect("a file");
    std::fs::write(folder.path().join("more/y.toml"), OTHER).expect("a file");
    explain(&folder.path().join("jobs.toml"), job).unwrap_or_else(|rejected| panic!("{:?}", rejected.problems))
}

/// One line for each key: what it is, and where that is said.
fn told(keys: &[Effective]) -> Vec<String> {
    let place = |origin: &Origin| match origin {
        Origin::BuiltIn => "built in".to_owned(),
        Origin::At { file, line } => {
            format!("{}:{line}", file.file_name().expect("a name").display())
        }
    };
    keys.iter().map(|Effective { key, value, origin }| format!("{key} = {value} # {}", place(origin))).collect()
}

#[test]
fn each_key_is_from_the_job_else_from_the_defaults_else_built_in() {
    let keys = explained(&format!("{DEFAULTS}{GOOD}"), "y").expect("the job");
    let expected = [
        "timezone = \"Europe/Berlin\" # y.toml:5",
        "enabled = true # built in",
        "scopes = [\"a:read\", \"b:read\"] # y.toml:4",
        "api = \"a\" # y.toml:2",
        "timeout = \"30s\" # built in",
        "deadline = \"10m\" # built in",
        "retry.attempts = 2 # jobs.toml:4",
        "retry.backoff = \"250ms\" # y.toml:9",
        "retry.max_backoff = \"1m\" # built in",
        "overlap = \"skip\" # built in",
        "catch_up = \"all\" # y.toml:6",
        "catch_up_window = \"90m\" # y.toml:7",
        "jitter = \"90s\" # jobs.toml:3",
        "redirects = \"none\" # built in",
        "after = \"x\" # y.toml:3",
        "apis.a.base_url = \"https://api.example.com/v1\" # jobs.toml:11",
        "apis.a.credential = \"c\" # jobs.toml:12",
        "credentials.c.token_url = \"https://auth.example.com/token\" # jobs.toml:7",
        "credentials.c.client_id = \"id\" # jobs.toml:8",
        "credentials.c.client_secret = { env = \"SECRET\" } # jobs.toml:9",
        "calls.first.get = \"/one\" # y.toml:12",
        "calls.call2.post = \"/two\" # y.toml:14",
    ];
    assert_eq!(told(&keys), expected);
}

#[test]
fn every_value_is_toml_and_says_what_the_job_has() {
    let keys = explained(&format!("{DEFAULTS}{GOOD}"), "x").expect("the job");
    let lists = format!("{DEFAULTS}{}", super::hash::LISTS);
    for Effective { key, value, .. } in keys.iter().chain(&explained(&lists, "x").expect("the job")) {
        let read: Result<toml::Table, _> = toml::from_str(&format!("value = {value}"));
        assert!(read.is_ok(), "{key} = {value}");
    }
    let again = told(&keys);
    assert!(again.contains(&"schedule = \"*/5 * * * *\" # jobs.toml:14".to_owned()), "{again:?}");
    assert!(again.contains(&"catch_up_window = \"24h\" # built in".to_owned()), "{again:?}");
    let written = keys.iter().filter(|key| !key.key.contains('.') && key.key != "api" && key.key != "schedule");
    let lines: String = written.map(|key| format!("{} = {}\n", key.key, key.value)).collect();
    let copied = GOOD.replace("scopes = [\"usage:read\"]\n", &lines);
    let hash = |text: &str| loaded(text).jobs.jobs.get("x").expect("the job").config_hash.clone();
    let defaults = DEFAULTS.split_once('\n').expect("lines").1;
    assert_eq!(hash(&format!("{defaults}{copied}")), hash(&format!("{defaults}{GOOD}")));
}

#[test]
fn what_a_call_takes_from_its_api_is_told_from_there() {
    let pages = "credential = \"c\"\nrate_limit = { requests = 60, per = \"1m\" }\n[apis.a.pages]\nby = \"cursor\"\nitems = \".items\"\ncursor = \".next\"\n";
    let call = "pages = { items = \".data\" }\nrecords = { into = \"things\", key = \".id\" }\nwhen = '$state.on'\n\
        [[jobs.x.calls]]\npost = \"/two\"\nform = { a = [1, 2], password = \"hunter2\", b = '{{ $run.id }}' }\n\
        on_error = \"continue\"\nfor_each = { records = \"things\" }\n";
    let text = GOOD.replace("credential = \"c\"\n", pages) + call;
    let told = told(&explained(&text, "x").expect("the job"));
    for expected in [
        "apis.a.rate_limit.per = \"1m\" # jobs.toml:8",
        "calls.call1.pages.by = \"cursor\" # jobs.toml:10",
        "calls.call1.pages.items = \".data\" # jobs.toml:19",
        "calls.call1.pages.cursor = \".next\" # jobs.toml:12",
        "calls.call1.pages.param = \"cursor\" # built in",
        "calls.call1.records.into = \"things\" # jobs.toml:20",
        "calls.call1.records.gone = \"keep\" # built in",
        "calls.call1.when = \"$state.on\" # jobs.toml:21",
        "calls.call2.form = { a = [\"1\", \"2\"], password = \"(hidden)\", b = \"{{ $run.id }}\" } # jobs.toml:24",
        "calls.call2.on_error = \"continue\" # jobs.toml:25",
        "calls.call2.for_each = { records = \"things\" } # jobs.toml:26",
        "calls.call2.concurrency = 1 # built in",
    ] {
        assert!(told.contains(&expected.to_owned()), "{expected}\n{told:#?}");
    }
}

#[test]
fn what_a_call_is_made_for_and_what_it_sends_and_waits_for_is_told() {
    let told = told(&explained(super::hash::LISTS, "x").expect("the job"));
    for expected in [
        "calls.list.records.columns.a = \".a\" # jobs.toml:",
        "calls.list.remember.newest = \".newest\" # jobs.toml:",
        "calls.numbered.each_key = \".key\" # jobs.toml:",
        "calls.numbered.concurrency = 2 # jobs.toml:",
        "calls.numbered.pages.first = 0 # jobs.toml:",
        "calls.numbered.timeout = \"7s\" # jobs.toml:",
        "calls.wait.until = \".done\" # jobs.toml:",
        "calls.wait.failed = \".error\" # jobs.toml:",
        "calls.wait.every = \"4s\" # jobs.toml:",
        "calls.wait.within = \"3m\" # jobs.toml:",
        "calls.linked.pages.cursor = \".url\" # jobs.toml:",
        "calls.text.content_type = \"text/csv\" # jobs.toml:",
        "calls.upload.upload.files = \"*.pdf\" # jobs.toml:",
        "calls.upload.upload.field = \"document\" # jobs.toml:",
        "calls.upload.upload.fields = { kind = \"pdf\" } # jobs.toml:",
    ] {
        assert!(told.iter().any(|line| line.starts_with(expected)), "{expected}\n{told:#?}");
    }
}

#[test]
fn secrets_are_not_read_and_a_job_that_does_not_exist_is_none() {
    let gone = GOOD.replace("{ env = \"SECRET\" }", "{ file = \"/no/such/file\", key = \"K\" }");
    let keys = explained(&format!("{DEFAULTS}{gone}"), "x").expect("the job");
    let secret = keys.iter().find(|key| key.key == "credentials.c.client_secret").expect("the key");
    assert_eq!(secret.value, "{ file = \"/no/such/file\", key = \"K\" }");
    assert_eq!(explained(&format!("{DEFAULTS}{GOOD}"), "z"), None);
}

#[test]
fn the_place_of_the_next_secret_is_told_with_whether_it_may_be_absent() {
    for next in ["{ file = \"/next\", optional = true }", "{ file = \"/next\", key = \"K\" }"] {
        let rotating = GOOD.replace("client_id =", &format!("next_client_secret = {next}\nclient_id ="));
        let keys = explained(&format!("{DEFAULTS}{rotating}"), "x").expect("the job");
        let told = keys.iter().find(|key| key.key == "credentials.c.next_client_secret").expect("the key");
        assert_eq!(told.value, next);
    }
}

#[test]
fn a_file_with_a_problem_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, GOOD.replace("api = \"a\"", "api = \"b\"")).expect("a file");
    let rejected = explain(&path, "x").expect_err("no such API");
    assert_eq!(rejected.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["unknown-name"]);
}
