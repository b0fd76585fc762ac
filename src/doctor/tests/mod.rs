//! The doctor against a real server on loopback.

mod asking;
mod walking;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::config;
use crate::job::{Job, Jobs};
use crate::token::testing::{SECRET, Server, answer, json_answer, noon};
use serde_json::json;

/// A job file against a server; `jobs` are its jobs.
fn jobs(server: &Server, text: &str) -> Jobs {
    let url = server.url.as_str().trim_end_matches('/');
    let head = format!(
        "[credentials.c]\ntoken_url = \"{url}/token\"\nclient_id = \"client-1\"\n\
         client_secret = {{ env = \"SECRET\" }}\n[credentials.session]\nbearer = {{ env = \"SESSION\" }}\n\
         [apis.a]\nbase_url = \"{url}/v1\"\ncredential = \"c\"\n\
         [apis.s]\nbase_url = \"{url}/v1\"\ncredential = \"session\"\n[apis.open]\nbase_url = \"{url}/v1\"\n"
    );
    config::parse(Path::new("jobs.toml"), &(head + text), &environment()).expect("jobs").jobs
}

fn job(name: &str, keys: &str, calls: &str) -> String {
    format!("[jobs.{name}]\napi = \"a\"\n{keys}\ncalls = [{calls}]\n")
}

fn environment() -> Environment {
    Environment::fixed([("SECRET", SECRET)])
}

fn doctor_with(environment: Environment) -> Doctor {
    let (clock, _) = Clock::manual(noon());
    Doctor::new(clock, environment, Redactor::new(), limits()).expect("a doctor")
}

fn doctor() -> Doctor {
    doctor_with(environment())
}

fn limits() -> Limits {
    let text = "[apis.a]\nbase_url = \"https://api.example.com\"\n";
    config::parse(Path::new("jobs.toml"), text, &Environment::default()).expect("jobs").jobs.settings.limits
}

fn of<'a>(jobs: &'a Jobs, name: &str) -> &'a Arc<Job> {
    &jobs.jobs[name]
}

/// A line for each finding: mark, step, detail, remedy.
fn told(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let mark = match finding.condition {
            Condition::Well => '+',
            Condition::Wrong => '!',
            Condition::NotLookedAt => '-',
        };
        let remedy = finding.remedy.as_ref().map(|remedy| format!(" → {remedy}")).unwrap_or_default();
        format!("{mark} {} {}{remedy}", finding.step.as_str(), finding.detail)
    };
    findings.iter().map(line).collect()
}

/// The steps up to the one that is wrong, and that one's line; "" where none is.
fn wrong(findings: &[Finding]) -> String {
    told(findings).into_iter().find(|line| line.starts_with('!')).unwrap_or_default()
}

/// An answer by the clock of the doctor.
fn ok() -> axum::response::Response {
    answer(200, &[("date", "Tue, 24 Nov 2026 12:00:00 GMT")], r#"{"data": []}"#)
}
