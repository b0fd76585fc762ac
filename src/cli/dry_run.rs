//! `apicron run --dry-run`: what would be sent, as the job file has it. Templates stay templates,
//! since only a run gives them values.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::job::{Body, Call, Header, HeaderText, Job, Jobs, JsonBody};
use crate::run::{Name, Scopes};

#[derive(Serialize)]
struct Line<'a> {
    job: &'a Name,
    call: &'a str,
    method: &'static str,
    url: String,
    headers: Map<String, Value>,
    json: Option<Value>,
    credential: Option<&'a Name>,
    scopes: &'a Scopes,
}

/// Prints each call of the jobs, and sends nothing.
pub(super) fn dry_run(context: &Context, jobs: &Jobs, names: &[Name]) -> Result<Exit, CliError> {
    for job in names.iter().filter_map(|name| jobs.jobs.get(name)) {
        for call in &job.calls {
            let line = line(job, call);
            if context.is_json() {
                context.screen.json(&line)?;
            } else {
                print(context, &line)?;
            }
        }
    }
    Ok(Exit::Done)
}

fn line<'a>(job: &'a Job, call: &'a Call) -> Line<'a> {
    let credential = job.api.credential.as_ref().map(|credential| &credential.name);
    Line {
        job: &job.name,
        call: &call.name,
        method: call.method.as_str(),
        url: url(job, call),
        headers: job.api.headers.iter().chain(&call.headers).map(header).collect(),
        json: match &call.body {
            Some(Body::Json(json)) => Some(body(json)),
            Some(Body::Form(_) | Body::Text { .. } | Body::Upload { .. }) | None => None,
        },
        credential,
        scopes: &job.scopes,
    }
}

fn url(job: &Job, call: &Call) -> String {
    let base = job.api.base_url.as_str().trim_end_matches('/');
    let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={}", value.text())).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{base}{}{query}", call.path.text())
}

/// A secret is named by its source.
fn header(header: &Header) -> (String, Value) {
    let value = match &header.value {
        HeaderText::Template(template) => template.text().to_owned(),
        HeaderText::Secret(source) => format!("({source})"),
    };
    (header.name.clone(), Value::String(value))
}

fn body(json: &JsonBody) -> Value {
    match json {
        JsonBody::Text(template) => Value::from(template.text()),
        JsonBody::Literal(value) => value.clone(),
        JsonBody::Array(elements) => elements.iter().map(body).collect(),
        JsonBody::Object(members) => members.iter().map(|(name, member)| (name.clone(), body(member))).collect(),
    }
}

fn print(context: &Context, line: &Line) -> Result<(), CliError> {
    let screen = &context.screen;
    screen.line(&format!("{}, call {}: {} {}", line.job, line.call, line.method, line.url))?;
    if let Some(credential) = line.credential {
        let scopes = if line.scopes.is_empty() { "no scope asked for".to_owned() } else { line.scopes.to_string() };
        screen.line(&format!("  Authorization: a bearer of `{credential}` ({scopes})"))?;
    }
    for (name, value) in &line.headers {
        screen.line(&format!("  {name}: {}", value.as_str().unwrap_or_default()))?;
    }
    if let Some(json) = &line.json {
        screen.line(&format!("  {json}"))?;
    }
    Ok(())
}
