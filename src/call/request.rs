//! A call, its templates filled → the request that each of its attempts sends.

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use url::Url;
use uuid::Uuid;

use super::failure::Failure;
use super::files::UploadFile;
use super::fill::{Content, Filled, Filling, filled, unfit};
use super::multipart::{FilePart, Multipart};
use super::upload::Upload;
use crate::filter::Variables;
use crate::job::{Call, Job};
use crate::run::{Kind, Occasion, Run};
use crate::secret::{Environment, Redactor, Secret, Source};
use crate::token::Bearer;

/// Where a repeat is told from a new request, as APIs commonly name it.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Made once per call, so that all attempts send the same but for the bearer.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: Url,
    headers: HeaderMap,
    payload: Payload,
    pub(super) idempotency_key: Option<String>,
}

/// What each attempt sends.
enum Payload {
    Nothing,
    Whole(Bytes),
    Upload(Box<Upload>),
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
    /// The key of the element that the call is made for, if it is made for one.
    pub(super) element: Option<&'a str>,
    pub(super) environment: &'a Environment,
    pub(super) redactor: &'a Redactor,
}

impl Prepared {
    /// Prepares a call; `file` is the element of an upload.
    pub(super) async fn new(call: &Call, making: &Making<'_>, file: Option<&UploadFile>) -> Result<Prepared, Failure> {
        let Filled { url, headers: filled, body } = filled(&making.job.api, call, making.variables).await?;
        let mut headers = headers(filled, making).await?;
        let key = key(call, making, file);
        let payload = payload(body, key, file, &mut headers)?;
        let idempotency_key = idempotency_key(call, key, &mut headers);
        let method = match call.method {
            crate::job::Method::Get => Method::GET,
            crate::job::Method::Post => Method::POST,
            crate::job::Method::Put => Method::PUT,
            crate::job::Method::Patch => Method::PATCH,
            crate::job::Method::Delete => Method::DELETE,
        };
        Ok(Prepared { method, url, headers, payload, idempotency_key })
    }

    pub(super) fn repeatable(&self) -> Repeatable {
        if self.method.is_safe() || self.idempotency_key.is_some() { Repeatable::Yes } else { Repeatable::No }
    }

    /// The request of one attempt, to the call's own address or where that redirects. A bearer goes only here, so that no attempt carries a former one.
    ///
    /// # Errors
    /// [`Kind::Token`] for a bearer that fits no header, [`Kind::Upload`] for a file that is not as it was.
    pub(super) async fn to(&self, url: &Url, bearer: Option<&Bearer>) -> Result<Request, Failure> {
        let mut request = Request::new(self.method.clone(), url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = match &self.payload {
            Payload::Nothing => None,
            Payload::Whole(bytes) => Some(bytes.clone().into()),
            Payload::Upload(upload) => Some(upload.open().await?),
        };
        if let Some(bearer) = bearer {
            let value = secret_value(&format!("Bearer {}", bearer.value().expose()))
                .ok_or_else(|| Failure::new(Kind::Token, "the bearer holds characters that fit no header"))?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

/// What is sent, and the headers that go with it.
fn payload(
    body: Option<Content>,
    key: Uuid,
    file: Option<&UploadFile>,
    headers: &mut HeaderMap,
) -> Result<Payload, Failure> {
    match body {
        None => Ok(Payload::Nothing),
        Some(Content::Whole { bytes, content_type }) => {
            headers.entry(CONTENT_TYPE).or_insert(content_type);
            Ok(Payload::Whole(bytes))
        }
        Some(Content::Upload { field, fields }) => {
            let file = file.ok_or_else(|| {
                Failure::new(Kind::Panic, "an upload was begun without a file, a fault of apicron; please report it")
            })?;
            // Nobody outside knows the store's id, so nobody can write a file with the boundary in it.
            let boundary = Uuid::new_v5(&key, b"boundary");
            let frame = Multipart::new(boundary, &fields, FilePart { field: &field, name: &file.name });
            let upload = Upload { frame, file: file.clone() };
            // Without the boundary the body cannot be read, so this one wins over the job file's.
            let content_type = HeaderValue::try_from(&upload.frame.content_type);
            headers.insert(CONTENT_TYPE, content_type.map_err(|_| unfit(&CONTENT_TYPE, "the boundary"))?);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(upload.length()));
            Ok(Payload::Upload(Box::new(upload)))
        }
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
    making.redactor.learn_header(&secret);
    Ok(secret)
}

fn secret_value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The key under which the API knows a repeat of this call. One that the job file sets is kept.
fn idempotency_key(call: &Call, key: Uuid, headers: &mut HeaderMap) -> Option<String> {
    if call.method.is_safe() {
        return None;
    }
    if let Some(own) = headers.get(IDEMPOTENCY_KEY) {
        return own.to_str().ok().map(str::to_owned);
    }
    if !call.idempotency_key {
        return None;
    }
    let key = key.to_string();
    headers.insert(IDEMPOTENCY_KEY, HeaderValue::try_from(&key).ok()?);
    Some(key)
}

/// The same for every attempt and repeat of a tick, also in another process on the same store, and
/// another one for each tick, manual start, call and element. A file that has changed since is another
/// element: an API that knows the key would answer as to the former one, and never take the new one in.
fn key(call: &Call, making: &Making<'_>, file: Option<&UploadFile>) -> Uuid {
    let Making { job, run, .. } = making;
    let occasion = match run.occasion {
        Occasion::Manual(first) => first.to_string(),
        Occasion::Tick => run.tick.scheduled_for.to_rfc3339(),
    };
    let element = making.element.unwrap_or_default();
    let content = file.map(|file| format!("/{}", file.sha256)).unwrap_or_default();
    let name = format!("{}/{occasion}/{}/{element}{content}", job.name, call.name);
    Uuid::new_v5(&making.store_id, name.as_bytes())
}
