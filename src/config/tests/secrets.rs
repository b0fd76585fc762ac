//! Secrets: looked at, named, never shown.

use super::{GOOD, loaded, problems};
use crate::config::{load, load_without_secrets, parse, unreadable_secrets};
use crate::run::Name;
use crate::secret::Environment;

fn files() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jobs.toml");
    std::fs::write(&path, GOOD.replace("env = \"SECRET\"", "file = \"secret\"")).expect("a file");
    (folder, path)
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = files();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "correct horse\n").expect("a file");
    for (mode, expected) in [(0o600, &[][..]), (0o400, &[]), (0o640, &["open-secret"]), (0o604, &["open-secret"])] {
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).expect("a mode");
        let warnings = load(&path, &Environment::default()).expect("it loads").warnings;
        let codes: Vec<&str> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, expected, "{mode:o}");
    }
}

#[test]
fn a_secret_that_is_too_short_rejects_the_file_unless_secrets_are_left_alone() {
    let (folder, path) = files();
    std::fs::write(folder.path().join("secret"), "horse").expect("a file");
    let rejected = load(&path, &Environment::default()).expect_err("too short");
    assert!(rejected.problems.iter().any(|problem| problem.code == "bad-secret"));
    assert_eq!(load_without_secrets(&path).expect("it loads").warnings, []);
}

#[test]
fn secrets_are_unreadable_for_the_jobs_that_are_about_to_run_only() {
    let off = r#"[credentials.d]
bearer = { env = "GONE" }
[apis.b]
base_url = "https://b.example.com"
credential = "d"
headers = { x-api-key = { env = "GONE2" } }
[jobs.off]
api = "b"
enabled = false
[[jobs.off.calls]]
get = "/"
"#;
    let text = format!("{GOOD}{off}");
    let jobs = loaded(&text).jobs;
    let environment = Environment::fixed([("SECRET", "correct horse")]);
    let unreadable = |only: Option<&[Name]>, environment: &Environment| -> Vec<String> {
        unreadable_secrets(&jobs, environment, only).iter().map(ToString::to_string).collect()
    };
    assert!(unreadable(None, &environment).is_empty());
    let off = [Name::new("off").expect("a name")];
    let both = ["environment variable GONE is not set", "environment variable GONE2 is not set"];
    assert_eq!(unreadable(Some(&off), &environment), both);
    let none = Environment::fixed([("", "")]);
    assert_eq!(unreadable(None, &none), ["environment variable SECRET is not set"]);
}

/// [`GOOD`] with a next secret in the file `next`.
fn rotating(folder: &std::path::Path, optional: bool) -> std::path::PathBuf {
    let next = format!("next_client_secret = {{ file = \"next\", optional = {optional} }}\nclient_id =");
    let path = folder.join("jobs.toml");
    std::fs::write(&path, GOOD.replace("client_id =", &next)).expect("a file");
    path
}

#[test]
fn an_absent_next_secret_is_a_warning_and_stops_a_start_unless_it_is_optional() {
    let folder = tempfile::tempdir().expect("a folder");
    let environment = Environment::fixed([("SECRET", "correct horse")]);
    let sentence = format!("file {} does not exist", folder.path().join("next").display());
    for (optional, said) in [(false, vec![sentence]), (true, vec![])] {
        let loaded = load(&rotating(folder.path(), optional), &environment).expect("it loads");
        let warnings: Vec<String> = loaded.warnings.into_iter().map(|warning| warning.message).collect();
        let unreadable = unreadable_secrets(&loaded.jobs, &environment, None);
        let unreadable: Vec<String> = unreadable.iter().map(ToString::to_string).collect();
        assert_eq!((&warnings, &unreadable), (&said, &said), "{optional}");
    }
}

#[test]
fn an_optional_next_secret_that_is_there_and_cannot_be_one_is_a_problem_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let environment = Environment::fixed([("SECRET", "correct horse")]);
    std::fs::write(folder.path().join("next"), "horse").expect("a file");
    let path = rotating(folder.path(), true);
    let rejected = load(&path, &environment).expect_err("too short");
    assert!(rejected.problems.iter().any(|problem| problem.code == "bad-secret"));
    let jobs = load_without_secrets(&path).expect("it loads").jobs;
    assert_eq!(unreadable_secrets(&jobs, &environment, None).len(), 1);
}

#[test]
fn the_heartbeat_needs_its_address_to_be_served_and_not_for_a_single_run() {
    let jobs = loaded(&format!("[heartbeat]\nurl = {{ env = \"PING_URL\" }}\n{GOOD}")).jobs;
    let environment = Environment::fixed([("SECRET", "correct horse")]);
    let unreadable = |only: Option<&[Name]>| -> Vec<String> {
        unreadable_secrets(&jobs, &environment, only).iter().map(ToString::to_string).collect()
    };
    assert_eq!(unreadable(None), ["environment variable PING_URL is not set"]);
    assert!(unreadable(Some(&[Name::new("x").expect("a name")])).is_empty());
}

#[test]
fn an_address_that_will_not_be_called_is_a_warning_that_does_not_show_it() {
    let file = format!("[heartbeat]\nurl = {{ env = \"PING_URL\" }}\n{GOOD}");
    let warned = |address: &str| {
        let environment = Environment::fixed([("SECRET", "correct horse"), ("PING_URL", address)]);
        let warnings = parse(std::path::Path::new("jobs.toml"), &file, &environment).expect("it loads").warnings;
        assert!(!format!("{warnings:?}").contains("hunter2"), "{warnings:?}");
        warnings.iter().map(|warning| (warning.code, warning.line)).collect::<Vec<_>>()
    };
    for right in ["https://ping.example.com/hunter2", "http://127.0.0.1:9/hunter2", "http://localhost/hunter2"] {
        assert_eq!(warned(right), [], "{right}");
    }
    for wrong in
        ["hunter2-hunter2", "http://ping.example.com/hunter2", "https://169.254.169.254/hunter2", "ftp://x/hunter2"]
    {
        assert_eq!(warned(wrong), [("bad-url", 2)], "{wrong}");
    }
}

#[test]
fn no_problem_and_no_text_of_a_problem_holds_a_literal_secret() {
    for text in [
        GOOD.replace("{ env = \"SECRET\" }", "\"hunter2-hunter2\""),
        GOOD.replace("client_id =", "next_client_secret = \"hunter2-hunter2\"\nclient_id ="),
        GOOD.replace("client_id =", "next_client_secret = { optional = \"hunter2-hunter2\" }\nclient_id ="),
        GOOD.replace("{ env = \"SECRET\" }", "[\"hunter2-hunter2\"]"),
        GOOD.replace("{ env = \"SECRET\" }", "{ value = \"hunter2-hunter2\" }"),
        GOOD.replace("{ env = \"SECRET\" }", "{ env = \"hunter2-hunter2\" }"),
        GOOD.replace("{ env = \"SECRET\" }", "hunter2-hunter2"),
        GOOD.replace("https://auth", "https://me:hunter2-hunter2@auth"),
        GOOD.replace("https://auth.example.com/token", "//me:hunter2-hunter2@auth"),
        GOOD.replace("https://auth.example.com/token", "me:hunter2-hunter2@auth"),
        GOOD.replace("get =", "headers = { Authorization = \"Bearer hunter2-hunter2\" }\nget ="),
        GOOD.replace("com/v1\"", "com/v1?token=hunter2\""),
        GOOD.replace("com/v1\"", "com/v1?token=hunter2"),
        GOOD.replace("\"/usage\"", "\"/usage?token=hunter2\""),
        GOOD.replace("\"/usage\"", "\"usage?token=hunter2\""),
        GOOD.replace("\"/usage\"", "\"usage?x=1#token=hunter2\""),
        format!("API_SECRET = hunter2hunter2\n{GOOD}"),
        format!("API_SECRET = \"hunter2hunter2\"\n{GOOD}"),
        format!("API_SECRET=\"hunter2\nhunter2\"\n{GOOD}"),
        "API_SECRET hunter2hunter2\n".to_owned(),
        "{\"client_secret\": \"hunter2\"}\n".to_owned(),
        format!("{GOOD}[heartbeat]\nurl = \"https://ping.example.com/hunter2-hunter2\"\n"),
        format!("{GOOD}[heartbeat]\nurl = \"https://ping.example.com/hunter2-hunter2\n"),
        format!("heartbeat.url = \"https://ping.example.com/hunter2-hunter2\"\n{GOOD}"),
        format!("{GOOD}[channels.ops]\nslack = \"https://hunter2-hunter2\"\n"),
    ] {
        let rejected = parse(std::path::Path::new("jobs.toml"), &text, &Environment::default()).expect_err("wrong");
        let shown = format!("{rejected:?}");
        assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        assert!(!problems(&text).is_empty());
    }
}
