//! A call's templates → the request that each of its attempts sends.

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::failure::Failure;
use crate::filter::{TemplateFailure, Variables};
use crate::job::{Api, Call, Header, HeaderText, Job, JsonBody};
use crate::run::{Kind, Run, Trigger};
use crate::secret::{Environment, Redactor, Secret, Source};
use crate::token::{self, Bearer};

/// Where a repeat is told from a new request, as APIs commonly name it.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Made once per call, so that all attempts send the same but for the bearer.
pub(super) struct Prepared {
    method: Method,
    pub(super) url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    pub(super) idempotency_key: Option<String>,
}

/// Whether an attempt that may have taken effect can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeatable {
    Yes,
    /// It changes something, and nothing tells the API that it is the same again.
    No,
}

/// What a request is made from, beside the call.
pub(super) struct Making<'a> {
    pub(super) job: &'a Job,
    pub(super) run: &'a Run,
    pub(super) variables: &'a Variables,
    pub(super) store_id: Uuid,
    pub(super) environment: &'a Environment,
    pub(super) redactor: &'a Redactor,
}

impl Prepared {
    pub(super) async fn new(call: &Call, making: &Making<'_>) -> Result<Prepared, Failure> {
        let variables = making.variables;
        let url = url(&making.job.api, call, variables)?;
        token::check_target(&url).map_err(|blocked| Failure::new(Kind::BlockedTarget, blocked.to_string()))?;
        let mut headers = headers(&making.job.api, call, making).await?;
        let body = call.json.as_ref().map(|json| render(json, variables)).transpose()?;
        let body = body.map(|json| Bytes::from(json.to_string()));
        if body.is_some() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let idempotency_key = idempotency_key(call, making, &mut headers);
        let method = match call.method {
            crate::job::Method::Get => Method::GET,
            crate::job::Method::Post => Method::POST,
        };
        Ok(Prepared { method, url, headers, body, idempotency_key })
    }

    pub(super) fn repeatable(&self) -> Repeatable {
        if self.method.is_safe() || self.idempotency_key.is_some() { Repeatable::Yes } else { Repeatable::No }
    }

    /// The request of one attempt. A bearer goes only here, so that no attempt carries a former one.
    pub(super) fn with(&self, bearer: Option<&Bearer>) -> Result<Request, Failure> {
        let mut request = Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Into::into);
        if let Some(bearer) = bearer {
            let value = secret_value(&format!("Bearer {}", bearer.value().expose()))
                .ok_or_else(|| Failure::new(Kind::Token, "the bearer holds characters that fit no header"))?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// The API's base, its path included, and the call's path and query.
fn url(api: &Api, call: &Call, variables: &Variables) -> Result<Url, Failure> {
    let path = call.path.to_path(variables)?;
    let mut url = api.base_url.clone();
    url.set_path(&format!("{}{path}", api.base_url.path().trim_end_matches('/')));
    for (name, value) in &call.query {
        let value = value.to_text(variables)?;
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok(url)
}

/// The API's headers, and the call's, which win.
async fn headers(api: &Api, call: &Call, making: &Making<'_>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for header in api.headers.iter().chain(&call.headers) {
        let name = HeaderName::try_from(&header.name)
            .map_err(|_| Failure::new(Kind::MissingValue, format!("`{}` is no header name", header.name)))?;
        headers.insert(name, header_value(header, making).await?);
    }
    Ok(headers)
}

async fn header_value(header: &Header, making: &Making<'_>) -> Result<HeaderValue, Failure> {
    let unfit = |from: String| Failure::new(Kind::MissingValue, format!("{from} fits no header `{}`", header.name));
    match &header.value {
        HeaderText::Template(template) => {
            let text = template.to_header(making.variables)?;
            HeaderValue::try_from(text).map_err(|_| unfit(format!("`{}`", template.text())))
        }
        HeaderText::Secret(source) => {
            let secret = read(source, making).await?;
            secret_value(secret.expose()).ok_or_else(|| unfit(format!("what {source} holds")))
        }
    }
}

/// Reads a header's secret off the async threads: its file may be on a disk that hangs.
async fn read(source: &Source, making: &Making<'_>) -> Result<Secret, Failure> {
    let (from, environment) = (source.clone(), making.environment.clone());
    let secret = tokio::task::spawn_blocking(move || from.read(&environment)).await;
    let secret = secret.map_err(|_| Failure::new(Kind::Panic, format!("reading {source} was broken off")))?;
    let secret = secret.map_err(|error| Failure::new(Kind::MissingValue, error.to_string()))?;
    making.redactor.learn_secret(&secret);
    Ok(secret)
}

fn secret_value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn render(json: &JsonBody, variables: &Variables) -> Result<Value, TemplateFailure> {
    Ok(match json {
        JsonBody::Text(template) => template.to_json(variables)?,
        JsonBody::Literal(value) => value.clone(),
        JsonBody::Array(elements) => {
            Value::Array(elements.iter().map(|element| render(element, variables)).collect::<Result<_, _>>()?)
        }
        JsonBody::Object(members) => {
            let members = members.iter().map(|(name, member)| Ok((name.clone(), render(member, variables)?)));
            Value::Object(members.collect::<Result<_, TemplateFailure>>()?)
        }
    })
}

/// The key under which the API knows a repeat of this call. One that the job file sets is kept.
fn idempotency_key(call: &Call, making: &Making<'_>, headers: &mut HeaderMap) -> Option<String> {
    if call.method.is_safe() {
        return None;
    }
    if let Some(own) = headers.get(IDEMPOTENCY_KEY) {
        return own.to_str().ok().map(str::to_owned);
    }
    if !call.idempotency_key {
        return None;
    }
    let key = key(call, making.job, making.run, making.store_id).to_string();
    headers.insert(IDEMPOTENCY_KEY, HeaderValue::try_from(&key).ok()?);
    Some(key)
}

/// The same for every attempt of a tick, also in another process on the same store, and another
/// one for each tick, manual run, call and element.
fn key(call: &Call, job: &Job, run: &Run, store_id: Uuid) -> Uuid {
    let occasion = match run.trigger {
        Trigger::Manual => run.id.to_string(),
        Trigger::Schedule | Trigger::CatchUp | Trigger::Repeat => run.tick.scheduled_for.to_rfc3339(),
    };
    let element = "";
    Uuid::new_v5(&store_id, format!("{}/{occasion}/{}/{element}", job.name, call.name).as_bytes())
}
