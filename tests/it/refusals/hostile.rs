//! Whatever a server sends: a verdict, and nothing of it that a terminal would obey.

use apicron::standin::{Fault, Knobs, OPS};
use serde_json::{Value, json};

use super::told::told;
use crate::support::jobs::usage_job;

const SECRETS: [(&str, &str); 2] = [("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)];

/// Characters that a terminal obeys, or that turn the order of others around.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

async fn obeyed(path: &str, status: u16, body: Value) -> Vec<(String, char)> {
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
    let found = said.iter().flat_map(|(verb, text)| text.chars().filter(|c| is_obeyed(*c)).map(|c| (verb.clone(), c)));
    found.take(5).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_server_says_reaches_a_terminal_as_it_came() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{202e}gpj.exe\u{9b}31m scope \u{0}";
    let problem = json!({ "title": hostile, "detail": hostile, "error": hostile, "error_description": hostile });
    for (path, status, body) in [
        ("/v1/usage", 401, problem.clone()),
        ("/v1/usage", 403, json!([hostile])),
        ("/v1/usage", 402, problem.clone()),
        ("/v1/usage", 404, hostile.into()),
        ("/v1/oauth2/token", 400, problem.clone()),
        ("/v1/oauth2/token", 401, hostile.into()),
    ] {
        assert_eq!(obeyed(path, status, body.clone()).await, [], "{path} {status} {body}");
    }
}
