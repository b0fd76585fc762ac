//! A call, its templates filled → the request that each of its attempts sends.

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use url::Url;
use uuid::Uuid;

use super::failure::Failure;
use super::fill::{Filled, Filling, filled, unfit};
use crate::filter::Variables;
use crate::job::{Call, Job};
use crate::run::{Kind, Occasion, Run};
use crate::secret::{Environment, Redactor, Secret, Source};
use crate::token::Bearer;

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
    pub(super) element: Option<&'a str>,
    pub(super) file: Option<&'a super::files::UploadFile>,
}

impl Prepared {
    pub(super) async fn new(call: &Call, making: &Making<'_>) -> Result<Prepared, Failure> {
        let Filled { url, headers: filled, body } = filled(&making.job.api, call, making.variables).await?;
        let mut headers = headers(filled, making).await?;
        if body.is_some() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        }
        let idempotency_key = idempotency_key(call, making, &mut headers);
        let method = match call.method {
            crate::job::Method::Get => Method::GET,
            crate::job::Method::Post => Method::POST,
            crate::job::Method::Put => Method::PUT,
            crate::job::Method::Patch => Method::PATCH,
            crate::job::Method::Delete => Method::DELETE,
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

/// The API's headers, and the call's, which win.
async fn headers(filled: Vec<(HeaderName, Filling)>, making: &Making<'_>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, filling) in filled {
        let value = match filling {
            Filling::Value(value) => value,
            Filling::Secret(source) => {
                let secret = read(&source, making).await?;
                secret_value(secret.expose()).ok_or_else(|| unfit(&name, &format!("what {source} holds")))?
            }
        };
        headers.insert(name, value);
    }
    Ok(headers)
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
    let key = key(call, making).to_string();
    headers.insert(IDEMPOTENCY_KEY, HeaderValue::try_from(&key).ok()?);
    Some(key)
}

/// The same for every attempt and repeat of a tick, also in another process on the same store, and
/// another one for each tick, manual start, call and element.
fn key(call: &Call, making: &Making<'_>) -> Uuid {
    let (job, run, store_id) = (making.job, making.run, &making.store_id);
    let occasion = match run.occasion {
        Occasion::Manual(first) => first.to_string(),
        Occasion::Tick => run.tick.scheduled_for.to_rfc3339(),
    };
    let element = making.element.unwrap_or_default();
    Uuid::new_v5(store_id, format!("{}/{occasion}/{}/{element}", job.name, call.name).as_bytes())
}
