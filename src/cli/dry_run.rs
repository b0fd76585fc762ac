//! `apicron run --dry-run`: what would be sent, as the job file has it. Templates stay templates,
//! since only a run gives them values.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Context;
use super::error::CliError;
use super::exit::Exit;
use crate::config::values_by_name;
use crate::filter::{Filter, Template};
use crate::job::{Body, Call, Elements, Header, HeaderText, Job, Jobs, JsonBody, PageBy, Pages};
use crate::run::{Name, Scopes};

#[derive(Serialize)]
struct Line<'a> {
    job: &'a Name,
    call: &'a str,
    method: &'static str,
    url: String,
    headers: Map<String, Value>,
    json: Option<Value>,
    form: Option<Value>,
    text: Option<&'a str>,
    content_type: Option<&'a str>,
    upload: Option<Value>,
    when: Option<&'a str>,
    for_each: Option<Value>,
    until: Option<&'a str>,
    pages: Option<Value>,
    records: Option<&'a Name>,
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
        json: if let Some(Body::Json(json)) = &call.body { Some(body(json)) } else { None },
        form: if let Some(Body::Form(fields)) = &call.body { Some(pairs(fields)) } else { None },
        text: if let Some(Body::Text { text, .. }) = &call.body { Some(text.text()) } else { None },
        content_type: if let Some(Body::Text { content_type, .. }) = &call.body { Some(content_type) } else { None },
        upload: upload(call),
        when: call.when.as_ref().map(Filter::text),
        for_each: for_each(call),
        until: call.poll.as_ref().map(|poll| poll.until.text()),
        pages: call.pages.as_ref().map(pages),
        records: call.records.as_ref().map(|records| &records.into),
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

pub(super) fn body(json: &JsonBody) -> Value {
    match json {
        JsonBody::Text(template) => Value::from(template.text()),
        JsonBody::Literal(value) => value.clone(),
        JsonBody::Array(elements) => elements.iter().map(body).collect(),
        JsonBody::Object(members) => members.iter().map(|(name, member)| (name.clone(), body(member))).collect(),
    }
}

/// The value of each name, or the values.
fn pairs(pairs: &[(String, Template)]) -> Value {
    let member = |(name, values): (&str, Vec<&Template>)| {
        let value = match values.as_slice() {
            [only] => Value::from(only.text()),
            several => several.iter().map(|value| value.text()).collect(),
        };
        (name.to_owned(), value)
    };
    Value::Object(values_by_name(pairs).into_iter().map(member).collect())
}

fn upload(call: &Call) -> Option<Value> {
    let Some(Body::Upload { field, fields }) = &call.body else { return None };
    let Some(Elements::Files { glob, .. }) = call.each.as_ref().map(|each| &each.of) else { return None };
    Some(json!({ "files": glob, "field": field, "fields": pairs(fields) }))
}

/// What the call is made for; the files of an upload stand there.
fn for_each(call: &Call) -> Option<Value> {
    match &call.each.as_ref()?.of {
        Elements::Filter(filter) => Some(filter.text().into()),
        Elements::Records(name) => Some(json!({ "records": name })),
        Elements::Files { .. } => None,
    }
}

/// How the pages after the first are asked for.
fn pages(pages: &Pages) -> Value {
    let (by, param) = match &pages.by {
        PageBy::Cursor { param, .. } => ("cursor", Some(param)),
        PageBy::Offset { param } => ("offset", Some(param)),
        PageBy::Number { param, .. } => ("page", Some(param)),
        PageBy::Link { .. } => ("link", None),
    };
    let size = pages.size.as_ref().map(|size| json!({ "param": size.param, "value": size.value }));
    json!({ "by": by, "param": param, "size": size })
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
    if let Some(content_type) = line.content_type {
        screen.line(&format!("  Content-Type: {content_type}"))?;
    }
    if let Some(json) = &line.json {
        screen.line(&format!("  {json}"))?;
    }
    if let Some(text) = line.text {
        text.lines().try_for_each(|text| screen.line(&format!("  {text}")))?;
    }
    let further = [
        ("form", line.form.clone()),
        ("upload", line.upload.clone()),
        ("only when", line.when.map(Value::from)),
        ("for each", line.for_each.clone()),
        ("until", line.until.map(Value::from)),
        ("pages", line.pages.clone()),
        ("records into", line.records.map(|name| Value::from(name.as_str()))),
    ];
    for (what, value) in further.iter().filter_map(|(what, value)| Some((what, value.as_ref()?))) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        screen.line(&format!("  {what}: {value}"))?;
    }
    Ok(())
}
