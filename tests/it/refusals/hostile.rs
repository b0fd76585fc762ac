//! Whatever a server sends: a verdict, and nothing of it that a terminal would obey.

use apicron::standin::{Fault, Knobs, OPS};
use serde_json::{Value, json};

use super::told::told;
use crate::support::jobs::usage_job;
use crate::support::terminal::{printed_on_terminal, seen_on_terminal};

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

/// Characters that a terminal obeys, or that turn the order of others around.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What apicron says of an answer, verb by verb.
async fn said(path: &str, status: u16, body: Value) -> Vec<(String, String)> {
    let told = told(
        Knobs { faults: vec![Fault { body: Some(body), ..Fault::status(path, status) }], ..Knobs::default() },
        SECRETS,
        &usage_job("balance", ""),
    )
    .await;
    assert!(matches!(told.code, 1 | 4), "{}", told.stderr);
    let mut said = vec![("run, stderr".to_owned(), told.stderr.clone())];
    for line in [
        &["run", "balance"][..],
        &["run", "balance", "--json"],
        &["run", "balance", "--log", "trace"],
        &["run", "balance", "--log", "trace", "--log-format", "json"],
        &["status"],
        &["runs"],
        &["show", "1"],
        &["show", "1", "--evidence"],
        &["show", "1", "--curl"],
        &["doctor", "balance"],
        &["doctor", "--json"],
        &["check", "--online"],
        &["token", "--fetch"],
        &["api", "standin", "GET", "/usage", "--scopes", "usage:read"],
    ] {
        let ended = told.folder.run(line);
        // What `api` brings through a pipe is for programs, as it came.
        let stdout = if line[0] == "api" { String::new() } else { ended.stdout };
        said.push((line.join(" "), stdout + &ended.stderr));
    }
    said
}

fn obeyed(said: &[(String, String)]) -> Vec<(&str, char)> {
    let obeyed = |text: &str| text.chars().filter(|c| is_obeyed(*c)).collect::<Vec<_>>();
    let found = said.iter().flat_map(|(verb, text)| obeyed(text).into_iter().map(|c| (verb.as_str(), c)));
    found.take(5).collect()
}

/// Lines that a server made up.
fn forged(said: &[(String, String)]) -> Vec<(&str, &str)> {
    let lines = said.iter().flat_map(|(verb, text)| text.lines().map(|line| (verb.as_str(), line)));
    lines.filter(|(_, line)| line.trim_start().starts_with("FORGED")).take(5).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_says_reaches_a_terminal_as_it_came() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{202e}gpj.exe\u{9b}31m scope \u{0}\nFORGED line\r\nFORGED too";
    let problem = json!({ "title": hostile, "detail": hostile, "error": hostile, "error_description": hostile });
    let mut is_told_on_a_line = false;
    for (path, status, body) in [
        ("/v1/usage", 401, problem.clone()),
        ("/v1/usage", 403, json!([hostile])),
        ("/v1/usage", 402, problem.clone()),
        ("/v1/usage", 404, hostile.into()),
        ("/v1/oauth2/token", 400, problem.clone()),
        ("/v1/oauth2/token", 401, hostile.into()),
    ] {
        let said = said(path, status, body.clone()).await;
        assert_eq!(obeyed(&said), [], "{path} {status} {body}");
        assert_eq!(forged(&said), [], "{path} {status} {body}");
        is_told_on_a_line |= said.iter().any(|(_, text)| text.contains("scope FORGED line FORGED too)"));
    }
    assert!(is_told_on_a_line, "none of it was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_was_kept_reaches_a_terminal_as_it_came() {
    let hostile = "kept\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{202e}gpj\u{9b}31m\u{200f}\u{7f}\u{0}\nFORGED line";
    let body = json!([{ "id": hostile, "text": hostile, hostile: hostile, "label": { hostile: 1 } }]);
    let fault = Fault { body: Some(body), ..Fault::status("/v1/usage", 200) };
    let keys = "metrics = { used = 'map(.label) | add' }\nremember = { first = \".[0].id\" }\n\
                records = { into = \"kept\", key = \".id\", columns = { id = \".id\", text = \".text\" } }";
    let job = usage_job("balance", "").replace("metrics = { credits_used = \".credits.used\" }", keys);
    let mut told = told(Knobs { faults: vec![fault], ..Knobs::default() }, SECRETS, &job).await;
    assert_eq!(told.code, 0, "{}", told.stderr);
    told.folder = told.folder.env("NO_COLOR", "1");
    let mut said = Vec::new();
    for line in [
        &["status"][..],
        &["runs"],
        &["show", "1"],
        &["show", "1", "--evidence"],
        &["show", "1", "--json"],
        &["export", "records", "--format", "csv"],
        &["export", "samples", "--format", "csv"],
        &["export", "results", "--format", "csv"],
        &["export", "records"],
        &["audit"],
        &["api", "standin", "GET", "/usage", "--scopes", "usage:read"],
        &["api", "standin", "GET", "/usage", "--scopes", "usage:read", "--include"],
        &["api", "standin", "GET", "/usage", "--scopes", "usage:read", "--jq", ".[0].id", "--raw"],
    ] {
        // The terminal makes `\r\n` of the end of a line.
        let printed = printed_on_terminal(&told.folder, line) + &seen_on_terminal(&told.folder, line);
        said.push((line.join(" "), printed.replace("\r\n", "\n")));
    }
    assert_eq!(obeyed(&said), []);
    // In CSV a value in quotes may go on in the next line, and with `--raw` it is what was asked for.
    let is_free = |verb: &str| verb.ends_with("csv") || verb.ends_with("--raw");
    let lines: Vec<_> = said.iter().filter(|(verb, _)| !is_free(verb)).cloned().collect();
    assert_eq!(forged(&lines), []);
    let tells = said.iter().filter(|(_, text)| text.contains("kept\\u")).count();
    assert!(tells >= 6, "of {tells} verbs alone it was told: {said:#?}");
}
