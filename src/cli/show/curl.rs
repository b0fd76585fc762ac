//! The calls of a run as command lines of curl that a person can paste.

use serde::Serialize;
use url::form_urlencoded::Serializer;

use super::quoted::{header_from, variable, word};
use super::unkept;
use crate::cli::Context;
use crate::cli::dry_run;
use crate::cli::error::CliError;
use crate::cli::screen::clean_line;
use crate::filter::Template;
use crate::job::{Body, Call, Credential, Grant, Header, HeaderText, Job, Jobs};
use crate::run::CallState;
use crate::secret::Source;
use crate::store::{CallRow, RunDetail};

/// A call as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    seq: u32,
    call: &'a str,
    element: Option<&'a str>,
    /// `null` for a call that was never sent.
    curl: Option<String>,
}

/// Prints the calls of a run.
pub(super) fn print(context: &Context, jobs: &Jobs, detail: &RunDetail) -> Result<(), CliError> {
    let screen = &context.screen;
    let job = jobs.jobs.get(&detail.run.job).map(|job| &**job);
    let calls: Vec<&CallRow> = detail.calls.iter().filter(|call| call.state != CallState::Skipped).collect();
    if calls.is_empty() {
        let run = &detail.run;
        return Err(CliError::Failed(format!("run {} of `{}` ({}) made no call", run.id, run.job, run.state)));
    }
    if !context.is_json() {
        for line in head(job, detail) {
            screen.line(&format!("# {}", clean_line(&line)))?;
        }
    }
    for call in calls {
        let written =
            job.and_then(|job| job.calls.iter().find(|written| written.name == call.name)).map(|call| &**call);
        let own = headers(job, written);
        let unkept = unkept::parts(written, &own);
        let line = (call.attempts > 0).then(|| match unkept.is_empty() {
            true => command(job, written, call, detail),
            // Without its values it is another request, which nobody may send by accident.
            false => format!("# {}", command(job, written, &nameless(call), detail)),
        });
        if context.is_json() {
            let (seq, element) = (call.seq, call.element.as_deref());
            screen.json(&Line { seq, call: &call.name, element, curl: line })?;
            continue;
        }
        let element = call.element.as_deref().map(|element| format!(" for {element}")).unwrap_or_default();
        screen.line(&clean_line(&format!("# call {}{element}", call.name)))?;
        for left_out in left_out(written) {
            screen.line(&clean_line(&format!("# {left_out}")))?;
        }
        if call.attempts > 0 && !unkept.is_empty() {
            let parts = unkept.join(" and ");
            screen.line(&format!("# its {parts} had values of the run that are not kept: fill them in to send it"))?;
        }
        screen.line(line.as_deref().unwrap_or("# it was never sent"))?;
    }
    Ok(())
}

/// The call without its key, by which a server would take another request for this one.
fn nameless(call: &CallRow) -> CallRow {
    CallRow { idempotency_key: None, ..call.clone() }
}

/// What there is to know before a line is pasted.
fn head(job: Option<&Job>, detail: &RunDetail) -> Vec<String> {
    let Some(job) = job else {
        let job = &detail.run.job;
        return vec![format!("the job file has no job `{job}` any more: queries, headers and bodies are left out")];
    };
    let mut lines = Vec::new();
    if job.config_hash != detail.run.config_hash {
        lines.push(format!(
            "job `{}` has changed since this run: queries, headers and bodies are those of now",
            job.name
        ));
    }
    lines.extend(job.api.credential.as_ref().map(|credential| token_hint(job, credential)));
    lines
}

fn token_hint(job: &Job, credential: &Credential) -> String {
    let client = match &credential.grant {
        Grant::Bearer(source) => return format!("TOKEN=…: what {source} holds"),
        Grant::ClientCredentials(client) => client,
    };
    let scopes = if job.scopes.is_empty() { String::new() } else { format!(" with scopes \"{}\"", job.scopes) };
    format!(
        "TOKEN=…: apicron never prints a token; ask {} for one{scopes} as credential `{}` does",
        client.token_url, credential.name
    )
}

/// Query parameters that only a run gives values.
fn left_out(call: Option<&Call>) -> Vec<String> {
    let filled = call.iter().flat_map(|call| &call.query).filter(|(_, value)| !value.is_literal());
    filled.map(|(name, value)| format!("left out of the query: {name}={}", value.text())).collect()
}

fn command(job: Option<&Job>, written: Option<&Call>, call: &CallRow, detail: &RunDetail) -> String {
    let mut words = vec!["curl".to_owned()];
    let url = format!("{}{}", call.url, written.map(query).unwrap_or_default());
    // Curl would take them for patterns.
    if url.contains(['[', ']', '{', '}']) {
        words.push("--globoff".to_owned());
    }
    if call.method != "GET" || written.is_some_and(|written| written.body.is_some()) {
        words.extend(["-X".to_owned(), word(&call.method)]);
    }
    let with_token = match job {
        Some(job) => job.api.credential.is_some(),
        None => detail.attempts.iter().any(|attempt| attempt.seq == call.seq && attempt.token_generation.is_some()),
    };
    let mut header = |text: String| words.extend(["-H".to_owned(), text]);
    if with_token {
        header(header_from("Authorization", "Bearer ", "TOKEN"));
    }
    for own in headers(job, written) {
        let is_ours = own.name.eq_ignore_ascii_case("authorization") && with_token
            || own.name.eq_ignore_ascii_case("idempotency-key") && call.idempotency_key.is_some();
        if !is_ours {
            header(header_text(own));
        }
    }
    if let Some(key) = &call.idempotency_key {
        header(word(&format!("Idempotency-Key: {key}")));
    }
    words.extend(written.and_then(|written| written.body.as_ref()).map(body).unwrap_or_default());
    words.push(word(&url));
    words.join(" ")
}

/// The parameters that stand in the job file as they are sent.
fn query(call: &Call) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in call.query.iter().filter(|(_, value)| value.is_literal()) {
        query.append_pair(name, value.text());
    }
    if let Some(size) = call.pages.as_ref().and_then(|pages| pages.size.as_ref()) {
        query.append_pair(&size.param, &size.value.to_string());
    }
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// The API's headers and the call's, which win.
fn headers<'a>(job: Option<&'a Job>, written: Option<&'a Call>) -> Vec<&'a Header> {
    let (api, own) = (job.map(|job| &job.api.headers), written.map(|call| &call.headers));
    let mut headers: Vec<&Header> = Vec::new();
    for header in api.into_iter().chain(own).flatten() {
        headers.retain(|other| !other.name.eq_ignore_ascii_case(&header.name));
        headers.push(header);
    }
    headers
}

/// A header, its value a variable of the shell where it is secret.
fn header_text(header: &Header) -> String {
    match &header.value {
        HeaderText::Template(text) if is_secret_name(&header.name) && text.is_literal() => {
            header_from(&header.name, "", &variable(&header.name))
        }
        HeaderText::Template(text) => word(&format!("{}: {}", header.name, text.text())),
        HeaderText::Secret(Source::Env(name)) if *name == variable(name) => header_from(&header.name, "", name),
        HeaderText::Secret(_) => header_from(&header.name, "", &variable(&header.name)),
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "token", "secret", "key"].iter().any(|part| name.contains(part))
}

/// The options by which a body is sent. Templates stay as they are written.
fn body(body: &Body) -> Vec<String> {
    let option = |option: &str, text: &str| [option.to_owned(), word(text)];
    let pair = |(name, value): &(String, Template)| format!("{name}={}", value.text());
    match body {
        Body::Json(json) => option("--json", &dry_run::body(json).to_string()).into(),
        Body::Form(fields) => fields.iter().flat_map(|field| option("--data-urlencode", &pair(field))).collect(),
        Body::Text { text, content_type } => {
            let header = option("-H", &format!("Content-Type: {content_type}"));
            header.into_iter().chain(option("--data-raw", text.text())).collect()
        }
        Body::Upload { field, fields } => {
            let fields = fields.iter().flat_map(|field| option("--form-string", &pair(field)));
            fields.chain(option("-F", &format!("{field}=@FILE"))).collect()
        }
    }
}
