//! A command line → the call that it asks for, in a job of its own.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use serde_json::Value;
use url::form_urlencoded;

use crate::cli::args;
use crate::cli::error::CliError;
use crate::filter::{FilterError, Json, Template, Variable};
use crate::job::{
    Api, Body, Call, CatchUp, Header, HeaderText, Job, Jobs, JsonBody, Method, Overlap, Redirects, Retry,
};
use crate::run::{Name, Scopes};

/// What diagnoses call the job.
pub(super) const JOB: &str = "api";

/// The filters of templates may name this.
const ALLOWED: &[Variable] = &[Variable::Run];

/// One request: what fails is shown at once.
const ONCE: Retry = Retry { attempts: NonZeroU32::MIN, backoff: Duration::ZERO, max_backoff: Duration::ZERO };

/// Headers that the connection, the body or the credential makes.
const NOT_OURS_TO_SET: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect"];

/// A call, and the job that it is the call of.
pub(super) struct Asked {
    pub(super) job: Job,
    pub(super) call: Call,
}

/// What the command line asks for.
pub(super) fn asked(jobs: &Jobs, args: &args::Api) -> Result<Asked, CliError> {
    let api = find_api(jobs, &args.name)?;
    let (path, more) = split(&args.path)?;
    let mut call = Call::new("api", args.method, template("the path", path)?, args.timeout, ONCE);
    let more = more.map(|(name, value)| (name.into_owned(), value.into_owned()));
    call.query = query(more.chain(args.query.iter().cloned()))?;
    call.headers = headers(api, &args.header)?;
    call.body = body(args)?;
    call.kept_for_later = true;
    let job = job(api, jobs.settings.redirects, args, call.clone())?;
    Ok(Asked { job, call })
}

fn find_api<'a>(jobs: &'a Jobs, name: &str) -> Result<&'a Arc<Api>, CliError> {
    jobs.apis.get(name).ok_or_else(|| {
        let known: Vec<&str> = jobs.apis.keys().map(Name::as_str).take(20).collect();
        CliError::Usage(format!("the job file has no API `{name}`: it has {}", known.join(", ")))
    })
}

/// The path without its query, and the query.
fn split(path: &str) -> Result<(&str, form_urlencoded::Parse<'_>), CliError> {
    if !path.starts_with('/') || path.starts_with("//") {
        let why = "a path begins with one `/`: the API's `base_url` has what comes before it";
        return Err(CliError::Usage(why.to_owned()));
    }
    if path.contains(['#', '\\']) || path.chars().any(char::is_control) {
        return Err(CliError::Usage("a path holds no control characters, `#` or `\\`".to_owned()));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if Template::has_dots(path) {
        return Err(CliError::Usage("a path holds no `.` or `..`, percent-encoded or not".to_owned()));
    }
    Ok((path, form_urlencoded::parse(query.as_bytes())))
}

fn query(pairs: impl Iterator<Item = (String, String)>) -> Result<Vec<(String, Template)>, CliError> {
    pairs.map(|(name, value)| Ok((name, template("the query", &value)?))).collect()
}

fn headers(api: &Api, written: &[(String, String)]) -> Result<Vec<Header>, CliError> {
    let mut headers = Vec::with_capacity(written.len());
    for (name, value) in written {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if NOT_OURS_TO_SET.iter().any(|known| is(known)) {
            return Err(CliError::Usage(format!("header `{name}` cannot be set: apicron makes it")));
        }
        if api.credential.is_some() && is("authorization") {
            let why = "header `authorization` cannot be set: the API's credential makes it";
            return Err(CliError::Usage(why.to_owned()));
        }
        headers.push(Header { name: name.clone(), value: HeaderText::Template(template("a header", value)?) });
    }
    Ok(headers)
}

fn body(args: &args::Api) -> Result<Option<Body>, CliError> {
    let Some(value) = &args.body else { return Ok(None) };
    if args.method == Method::Get {
        return Err(CliError::Usage("a GET has no body: leave --data out, or use --query".to_owned()));
    }
    Ok(Some(Body::Json(json(value)?)))
}

fn json(value: &Json) -> Result<JsonBody, CliError> {
    if let Some(text) = value.as_str() {
        return Ok(JsonBody::Text(template("the body", text)?));
    }
    if let Some(elements) = value.elements() {
        return Ok(JsonBody::Array(elements.map(|element| json(&element)).collect::<Result<_, _>>()?));
    }
    if let Some(members) = value.members() {
        let members = members.map(|(name, member)| Ok((name, json(&member)?)));
        return Ok(JsonBody::Object(members.collect::<Result<_, CliError>>()?));
    }
    if value.is_null() || value.as_bool().is_some() || value.to_string().parse::<i64>().is_ok() {
        return Ok(JsonBody::Literal(Value::from(value)));
    }
    // A literal has no more digits than a float; what a filter gives keeps them.
    let digits = format!("{{{{ \"{value}\" | fromjson }}}}");
    Ok(JsonBody::Text(template("the body", &digits)?))
}

fn template(place: &str, text: &str) -> Result<Template, CliError> {
    Template::compile(text, ALLOWED).map_err(|FilterError { message, help, .. }| {
        let help = help.map(|help| format!("; {help}")).unwrap_or_default();
        CliError::Usage(format!("{place}: {message}{help}"))
    })
}

fn job(api: &Arc<Api>, redirects: Redirects, args: &args::Api, call: Call) -> Result<Job, CliError> {
    let name = Name::new(JOB).ok_or_else(|| CliError::Failed("could not name the request".to_owned()))?;
    if api.credential.is_none() && !args.scopes.is_empty() {
        return Err(CliError::Usage(format!("API `{}` has no credential, so scopes mean nothing to it", api.name)));
    }
    Ok(Job {
        name,
        description: None,
        schedule: None,
        timezone: Tz::UTC,
        enabled: true,
        scopes: args
            .scopes
            .iter()
            .flat_map(|scopes| scopes.split_ascii_whitespace())
            .map(str::to_owned)
            .collect::<Scopes>(),
        api: Arc::clone(api),
        calls: vec![Arc::new(call)],
        timeout: args.timeout,
        // One token, one request, and both once more where the first token is refused.
        deadline: args.timeout.saturating_mul(4),
        retry: ONCE,
        overlap: Overlap::Allow,
        catch_up: CatchUp::None,
        catch_up_window: Duration::ZERO,
        jitter: Duration::ZERO,
        redirects,
        after: None,
        config_hash: String::new(),
    })
}
