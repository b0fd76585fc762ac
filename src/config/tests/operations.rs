//! What operations need, and what jobs ask for.

use super::included::load_files;
use super::{GOOD, check, loaded, problems};
use crate::job::Jobs;

/// [`GOOD`] with operations of its API.
fn with(operations: &str) -> String {
    GOOD.replace("credential = \"c\"\n", &format!("credential = \"c\"\noperations = [{operations}]\n"))
}

const USAGE: &str = "\n  { method = \"GET\", path = \"/usage\", scope = \"usage:read\" },";
const FILES: &str = r#"
  { method = "GET", path = "/health" },
  { method = "GET", path = "/files", scope = "files:read" },
  { method = "GET", path = "/files/{file_id}", scope = "files:read" },
  { method = "POST", path = "/files", scope = "files:read files:write" },
"#;

fn known() -> String {
    with(&format!("{USAGE}{FILES}"))
}

fn asks(scopes: &str) -> String {
    known().replace("[\"usage:read\"]", scopes)
}

fn and(calls: &str) -> String {
    known() + calls
}

fn operations(jobs: &Jobs) -> Vec<(&str, &str, String)> {
    let api = jobs.apis.values().next().expect("an API");
    let told = api.operations.iter();
    told.map(|operation| (operation.method.as_str(), operation.path.text(), operation.scopes.to_string())).collect()
}

#[test]
fn an_api_has_its_operations() {
    let jobs = loaded(&known()).jobs;
    let expected = [
        ("GET", "/usage", "usage:read"),
        ("GET", "/health", ""),
        ("GET", "/files", "files:read"),
        ("GET", "/files/{file_id}", "files:read"),
        ("POST", "/files", "files:read files:write"),
    ];
    assert_eq!(operations(&jobs), expected.map(|(method, path, scope)| (method, path, scope.to_owned())));
}

#[test]
fn wrong_operations() {
    let one = |keys: &str| with(&format!("{{ {keys} }}"));
    check(
        "wrong_operations",
        &[
            (
                "no list",
                GOOD.replace("credential = \"c\"\n", "credential = \"c\"\noperations = { method = \"GET\" }\n"),
            ),
            ("nothing in it", one("")),
            ("an unknown method", one("method = \"HEAD\", path = \"/usage\"")),
            ("a method in small letters", one("method = \"get\", path = \"/usage\"")),
            ("a number for a method", one("method = 1, path = \"/usage\"")),
            ("a misspelled key", one("method = \"GET\", path = \"/usage\", scopes = \"usage:read\"")),
            ("a path without a slash", one("method = \"GET\", path = \"usage\"")),
            ("a whole URL", one("method = \"GET\", path = \"https://api.example.com/v1/usage\"")),
            ("a query", one("method = \"GET\", path = \"/usage?from=1\"")),
            ("two names in one segment", one("method = \"GET\", path = \"/usage/{from}{to}\"")),
            ("a template", one("method = \"GET\", path = \"/usage/{{id}}\"")),
            ("an empty scope", one("method = \"GET\", path = \"/usage\", scope = \" \"")),
            ("a scope that is none", one("method = \"GET\", path = \"/usage\", scope = \"usage:\\\\read\"")),
            ("a list of scopes", one("method = \"GET\", path = \"/usage\", scope = [\"a\", \"b\"]")),
            (
                "one twice",
                with(
                    "\n  { method = \"GET\", path = \"/a/{b}\" },\n  { method = \"GET\", path = \"/a/{c}\", scope = \"d\" },\n",
                ),
            ),
            (
                "the base again",
                with("\n  { method = \"GET\", path = \"/v1/usage\" },\n  { method = \"GET\", path = \"/v1/a\" },\n"),
            ),
            (
                "a key of an operation at its API",
                GOOD.replace("credential = \"c\"\n", "credential = \"c\"\npath = \"/usage\"\n"),
            ),
        ],
    );
}

#[test]
fn scopes_and_calls() {
    let call = |get: &str| and(&format!("[[jobs.x.calls]]\nget = {get}\n"));
    check(
        "scopes_and_calls",
        &[
            ("a call that needs more", call("\"/files\"")),
            ("with an id in its path, and a second one with the same need", {
                call("\"/files/{{ $calls.call1.id }}\"") + "[[jobs.x.calls]]\nget = \"/files\"\n"
            }),
            ("two scopes more", and("[[jobs.x.calls]]\npost = \"/files\"\njson = {}\n")),
            ("no scopes at all", known().replace("scopes = [\"usage:read\"]\n", "")),
            ("a scope that no call needs", asks("[\"usage:read\", \"files:read\", \"chat:*\"]")),
            ("another one than is needed", asks("[\"usage:write\"]")),
            ("no credential", known().replace("credential = \"c\"\n", "").replace("scopes = [\"usage:read\"]\n", "")),
        ],
    );
}

#[test]
fn what_is_not_known_or_is_right_is_not_warned_of() {
    let unknown = "[[jobs.x.calls]]\nget = \"/elsewhere\"\n";
    let bearer = known()
        .replace("token_url = \"https://auth.example.com/token\"\nclient_id = \"id\"\nclient_secret =", "bearer =")
        .replace("usage:read\"]", "chat:read\"]");
    for (text, why) in [
        (known(), "it asks for what it needs"),
        (asks("[\"usage:*\"]"), "`a:*` covers `a:b`"),
        (and("[[jobs.x.calls]]\nget = \"/health\"\n"), "it needs none"),
        (asks("[\"usage:read\", \"chat:read\"]") + unknown, "a call of which nothing is known"),
        (GOOD.replace("usage:read", "chat:read"), "no operations at all"),
        (with("").replace("[\"usage:read\"]", "[\"chat:read\"]"), "an empty list of them"),
        (
            asks("[\"usage:read\", \"files:read\"]") + "[[jobs.x.calls]]\nget = \"/files\"\nquery = { a = \"b\" }\n",
            "a query",
        ),
        (bearer, "a bearer that was made with its scopes"),
    ] {
        assert_eq!(problems(&text), [], "{why}");
    }
}

#[test]
fn what_is_said_of_scopes_has_codes() {
    let text = asks("[\"usage:write\"]");
    let found: Vec<_> = problems(&text).iter().map(|problem| (problem.code, problem.line, problem.column)).collect();
    assert_eq!(found, [("unneeded-scope", 17, 11), ("missing-scope", 20, 7)]);
}

#[test]
fn what_scopes_are_asked_for_in_a_wrong_form_is_not_known() {
    let codes = |text: &str| problems(text).iter().map(|problem| problem.code).collect::<Vec<_>>();
    assert_eq!(codes(&asks("\"usage:read\"")), ["wrong-value"]);
    assert_eq!(codes(&known().replace("scopes =", "scoeps =")), ["unknown-key"]);
    assert_eq!(codes(&asks("[\"chat:read\"]").replace("jobs.x", "jobs.X")), ["bad-name"]);
}

#[test]
fn a_thousand_jobs_and_a_thousand_operations_are_compared_at_once() {
    let operations: String = (0..1_000)
        .map(|n| format!("\n  {{ method = \"GET\", path = \"/a{n}/{{id}}/b\", scope = \"a:{n}\" }},"))
        .collect();
    let jobs: String = (0..1_000)
        .map(|n| format!("[jobs.j{n}]\napi = \"a\"\nscopes = [\"a:{n}\"]\ncalls = [{{ get = \"/a{n}/x/b\" }}]\n"))
        .collect();
    assert_eq!(problems(&(with(&operations) + &jobs)), []);
}

#[test]
fn operations_in_an_included_file_are_compared_with_the_jobs_of_another() {
    let file = asks("[\"usage:write\"]");
    let (apis, jobs) = file.split_once("[jobs.x]").expect("a job");
    let main = format!("include = [\"apis.toml\"]\n[jobs.x]{jobs}");
    let (loaded, said) = load_files(&[("jobs.toml", &main), ("apis.toml", apis)]);
    let warnings = loaded.unwrap_or_else(|_| panic!("{said}")).warnings;
    let told: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.line)).collect();
    assert_eq!(told, [("unneeded-scope", 4), ("missing-scope", 7)], "{said}");
    assert!(warnings.iter().all(|warning| warning.file.ends_with("jobs.toml")), "{said}");
}
