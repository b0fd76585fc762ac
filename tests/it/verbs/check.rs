//! `apicron check`, and what other verbs say of a wrong file.

use crate::support::binary::Folder;
use crate::support::jobs::json_lines;

const EIGHT_MISTAKES: &str = r#"
concurrency = 0

[credentials.cuadra]
token_url     = "http://auth.example.com/token"
client_id     = "me"
client_secret = "a-literal-secret-in-the-file"

[apis.cuadra]
base_url   = "https://api.example.com/v1"
credential = "quadra"

[jobs.balance]
schedule = "61 * * * *"
timeuot  = "30s"
deadline = 10
api      = "cuadra"

[[jobs.balance.calls]]
get     = "/usage"
metrics = { used = ".credits.used |" }
"#;

#[test]
fn a_file_with_eight_mistakes_shows_eight_problems_each_at_its_place() {
    let folder = Folder::new().file("jobs.toml", EIGHT_MISTAKES);
    let ended = folder.run(&["check"]);
    assert_eq!(ended.code(), 1);
    insta::assert_snapshot!(ended.stdout);

    let places: Vec<_> = json_lines(&folder.run(&["check", "--json"]))
        .iter()
        .filter(|line| line["severity"] == "error")
        .map(|line| (line["line"].as_u64(), line["column"].as_u64()))
        .collect();
    assert_eq!(places.len(), 8, "{places:?}");
    assert!(!ended.stdout.contains("a-literal-secret"), "a problem may not show the secret");
}

#[test]
fn a_wrong_file_keeps_every_other_verb_from_starting() {
    let folder = Folder::new().file("jobs.toml", EIGHT_MISTAKES);
    for verb in [&["serve"][..], &["run", "--all"], &["status"], &["runs"], &["show", "1"], &["next"]] {
        let ended = folder.run(verb);
        assert_eq!(ended.code(), 78, "{verb:?}: {ended:#?}");
        assert_eq!(ended.stderr.matches("error[").count(), 8, "{verb:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    assert!(!folder.path().join("apicron.db").exists(), "nothing may be made for a wrong file");
}

#[test]
fn warnings_alone_exit_with_3_when_they_are_to_count() {
    let jobs = r#"
[credentials.c]
token_url     = "https://auth.example.com/token"
client_id     = "me"
client_secret = { env = "NOT_SET" }
[apis.a]
base_url   = "https://api.example.com"
credential = "c"
[jobs.j]
api   = "a"
calls = [{ get = "/x" }]
"#;
    let folder = Folder::new().file("jobs.toml", jobs);
    assert_eq!(folder.run(&["check"]).code(), 0);
    let strict = folder.run(&["check", "--strict"]);
    assert_eq!(strict.code(), 3, "{strict:#?}");
    assert!(strict.stdout.contains("NOT_SET"), "{}", strict.stdout);
    let run = folder.run(&["run", "j"]);
    assert_eq!(run.code(), 78, "{run:#?}");
    assert!(run.stderr.contains("environment variable NOT_SET is not set"), "{}", run.stderr);
}

#[test]
fn a_scope_that_is_missing_and_one_that_is_not_needed_have_codes_for_programs() {
    let jobs = r#"
[credentials.c]
token_url     = "https://auth.example.com/token"
client_id     = "me"
client_secret = { env = "SECRET" }
[apis.a]
base_url   = "https://api.example.com"
credential = "c"
operations = [{ method = "GET", path = "/usage", scope = "usage:read" }]
[jobs.j]
api    = "a"
scopes = ["files:read"]
calls  = [{ name = "usage", get = "/usage" }]
"#;
    let folder = Folder::new().file("jobs.toml", jobs).env("SECRET", "nothing-that-opens-a-thing");
    let checked = folder.run(&["check", "--strict", "--json"]);
    assert_eq!(checked.code(), 3, "{checked:#?}");
    let lines = json_lines(&checked);
    let told: Vec<_> = lines.iter().map(|line| (line["code"].as_str(), line["line"].as_u64())).collect();
    assert_eq!(told, [(Some("unneeded-scope"), Some(12)), (Some("missing-scope"), Some(13))]);
    let message = "call `usage` needs `usage:read`, which job `j` does not ask for";
    assert_eq!(lines[1]["message"], message, "{checked:#?}");
}

#[test]
fn a_file_that_is_not_there_is_named_with_what_to_do() {
    let ended = Folder::new().run(&["serve"]);
    assert_eq!(ended.code(), 78);
    assert!(ended.stderr.contains("jobs.toml") && ended.stderr.contains("apicron init"), "{}", ended.stderr);
}

/// One environment's file: who is called and as whom. The jobs are those of a folder.
fn environment(name: &str) -> String {
    format!(
        r#"
include = ["jobs/*.toml"]

[store]
url = "sqlite:{name}.db"

[credentials.cuadra]
token_url     = "https://auth.{name}.example.com/token"
client_id     = {{ env = "{NAME}_CLIENT_ID" }}
client_secret = {{ env = "{NAME}_CLIENT_SECRET" }}

[apis.cuadra]
base_url   = "https://api.{name}.example.com/v1"
credential = "cuadra"
"#,
        NAME = name.to_uppercase()
    )
}

#[test]
fn each_environment_has_a_file_of_its_own_with_its_addresses_and_they_share_the_jobs() {
    let usage = "[jobs.usage]\nschedule = \"@hourly\"\nscopes = [\"usage:read\"]\napi = \"cuadra\"\n\
                 calls = [{ get = \"/usage\" }]\n";
    let folder = Folder::new()
        .file("staging.toml", &environment("staging"))
        .file("production.toml", &environment("production"))
        .file("jobs/usage.toml", usage)
        .file("jobs/models.toml", &usage.replace("usage", "models"))
        .env("STAGING_CLIENT_ID", "me")
        .env("STAGING_CLIENT_SECRET", "nothing-that-opens-a-thing")
        .env("PRODUCTION_CLIENT_ID", "me")
        .env("PRODUCTION_CLIENT_SECRET", "nothing-that-opens-a-thing");
    for name in ["staging", "production"] {
        let file = format!("{name}.toml");
        let checked = folder.run(&["-f", &file, "check", "--strict"]);
        assert_eq!(checked.code(), 0, "{checked:#?}");
        let would = folder.run(&["-f", &file, "run", "--all", "--dry-run", "--json"]);
        let lines = json_lines(&would);
        let urls: Vec<_> = lines.iter().filter_map(|line| line["url"].as_str()).collect();
        let at = |path: &str| format!("https://api.{name}.example.com/v1/{path}");
        assert_eq!(urls, [at("models"), at("usage")], "{would:#?}");
    }
}
