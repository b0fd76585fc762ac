//! The job file as a whole.

mod ahead;
mod alerts;
mod cases;
mod chains;
mod collections;
mod compiled;
mod documented;
mod explain;
mod hash;
mod included;
mod lists;
mod long_lines;
mod lowered;
mod next_secret;
mod operations;
mod periods;
mod property;
mod rates;
mod rotation;
mod secrets;
mod shipped;

use std::path::Path;

use super::{Colour, Loaded, Problem, Rejected, parse, render};
use crate::secret::Environment;

/// A file without a problem, to which tests add one.
const GOOD: &str = r#"[credentials.c]
token_url = "https://auth.example.com/token"
client_id = "id"
client_secret = { env = "SECRET" }
[apis.a]
base_url = "https://api.example.com/v1"
credential = "c"
[jobs.x]
schedule = "*/5 * * * *"
scopes = ["usage:read"]
api = "a"
[[jobs.x.calls]]
get = "/usage"
"#;

fn environment() -> Environment {
    Environment::fixed([
        ("SECRET", "correct horse"),
        ("SHORT", "horse"),
        ("CUADRA_CLIENT_ID", "id"),
        ("CUADRA_CLIENT_SECRET", "correct horse"),
        ("OPS_WEBHOOK_URL", "https://hooks.example.com/correct-horse"),
        ("OPS_SLACK_URL", "https://hooks.example.com/battery-staple"),
        ("SMTP_URL", "smtps://me:correct-horse@mail.example.com"),
    ])
}

fn read(text: &str) -> Result<Loaded, Rejected> {
    parse(Path::new("jobs.toml"), text, &environment())
}

fn loaded(text: &str) -> Loaded {
    read(text).unwrap_or_else(|rejected| panic!("{}", render(&rejected.problems, &rejected.documents, Colour::None)))
}

/// All that is said about a file, as people see it.
fn said(text: &str) -> String {
    let (problems, documents) = match read(text) {
        Ok(Loaded { warnings, documents, .. }) => (warnings, documents),
        Err(Rejected { problems, documents }) => (problems, documents),
    };
    render(&problems, &documents, Colour::None)
}

fn problems(text: &str) -> Vec<Problem> {
    match read(text) {
        Ok(loaded) => loaded.warnings,
        Err(rejected) => rejected.problems,
    }
}

/// A case: the rule, and a file that breaks it.
type Case<'c> = (&'c str, String);

fn check(name: &str, cases: &[Case<'_>]) {
    let shown: String = cases.iter().map(|(rule, text)| format!("# {rule}\n\n{}", said(text))).collect();
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, shown) });
}
