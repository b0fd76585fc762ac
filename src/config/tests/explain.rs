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
    for Effective { key, value, .. } in &keys {
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
fn secrets_are_not_read_and_a_job_that_does_not_exist_is_none() {
    let gone = GOOD.replace("{ env = \"SECRET\" }", "{ file = \"/no/such/file\", key = \"K\" }");
    let keys = explained(&format!("{DEFAULTS}{gone}"), "x").expect("the job");
    let secret = keys.iter().find(|key| key.key == "credentials.c.client_secret").expect("the key");
    assert_eq!(secret.value, "{ file = \"/no/such/file\", key = \"K\" }");
    assert_eq!(explained(&format!("{DEFAULTS}{GOOD}"), "z"), None);
}

#[test]
fn a_file_with_a_problem_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, GOOD.replace("api = \"a\"", "api = \"b\"")).expect("a file");
    let rejected = explain(&path, "x").expect_err("no such API");
    assert_eq!(rejected.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["unknown-name"]);
}
