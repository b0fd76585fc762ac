//! One API call of a job.

use std::fmt;
use std::time::Duration;

use super::{Each, Header, OnError, Pages, Period, Poll, Records, Remember, Retry};
use crate::filter::{Filter, Template};
use crate::run::MetricKind;

/// One API call of a job; under `for_each` and for an upload one for each element.
#[derive(Clone, Debug)]
pub struct Call {
    /// Unique in its job; `call1`, `call2`, … when the file does not say.
    pub name: String,
    /// GET, POST, …
    pub method: Method,
    /// The path below the API's base, beginning with `/`, maybe with `{{ … }}`.
    pub path: Template,
    /// Query parameters in order.
    pub query: Vec<(String, Template)>,
    /// Its own headers; they win over those of the API.
    pub headers: Vec<Header>,
    /// What is sent.
    pub body: Option<Body>,
    /// Whether a method that changes something carries an Idempotency-Key.
    pub idempotency_key: bool,
    /// How long one attempt may take: its own, or the job's.
    pub timeout: Duration,
    /// When an attempt is made again: its own, or the job's.
    pub retry: Retry,
    /// Makes it only if this gives neither `false` nor `null`.
    pub when: Option<Filter>,
    /// Makes it once for each of these.
    pub each: Option<Each>,
    /// What a failure of it means for what comes after.
    pub on_error: OnError,
    /// Makes it again and again until the answer says that it is done.
    pub poll: Option<Poll>,
    /// How its answer goes on; `None` for an answer that is whole.
    pub pages: Option<Pages>,
    /// Where the items of its answer are kept.
    pub records: Option<Records>,
    /// The numbers to take from the answer.
    pub metrics: Vec<Metric>,
    /// The values to keep for later runs of the job.
    pub remember: Vec<Remember>,
    /// What the answer has to be.
    pub expect: Expect,
    /// Whether a later call of the job reads its body as `$calls.NAME`.
    pub kept_for_later: bool,
}

impl Call {
    /// A call that sends no body and takes nothing from the answer.
    pub fn new(name: &str, method: Method, path: Template, timeout: Duration, retry: Retry) -> Call {
        Call {
            name: name.to_owned(),
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            idempotency_key: true,
            timeout,
            retry,
            when: None,
            each: None,
            on_error: OnError::Fail,
            poll: None,
            pages: None,
            records: None,
            metrics: Vec::new(),
            remember: Vec::new(),
            expect: Expect::default(),
            kept_for_later: false,
        }
    }

    /// Whether the items of all pages are needed at once, in memory. Otherwise they stream.
    pub fn keeps_items(&self) -> bool {
        let filters = self.metrics.iter().flat_map(Metric::filters);
        let mut filters = filters.chain(self.remember.iter().map(|remember| &remember.value));
        self.kept_for_later || filters.any(Filter::uses_input)
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether sending it twice is harmless by itself (RFC 9110 section 9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// `application/json`.
    Json(JsonBody),
    /// `application/x-www-form-urlencoded`: fields in order.
    Form(Vec<(String, Template)>),
    /// A text as it is.
    Text {
        /// The text.
        text: Template,
        /// What it is: `text/plain; charset=utf-8` when the file does not say.
        content_type: String,
    },
    /// `multipart/form-data` (RFC 7578) with the element's file. The call goes over [`Elements::Files`](super::Elements::Files).
    Upload {
        /// The field that the file goes in.
        field: String,
        /// Further fields, before it, in order.
        fields: Vec<(String, Template)>,
    },
}

/// A JSON body with templates in its strings.
#[derive(Clone, Debug)]
pub enum JsonBody {
    /// A string, maybe with `{{ … }}`.
    Text(Template),
    /// A number, a boolean or null.
    Literal(serde_json::Value),
    /// Elements in order.
    Array(Vec<JsonBody>),
    /// Members in order.
    Object(Vec<(String, JsonBody)>),
}

/// A number to take from an answer.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Unique in its job.
    pub name: String,
    /// Gives a number, or an object of numbers: one series per key.
    pub value: Filter,
    /// How it moves.
    pub kind: MetricKind,
    /// What it counts, for people.
    pub unit: Option<String>,
    /// Gives the number it may not pass.
    pub limit: Option<Filter>,
    /// The period it counts in.
    pub period: Option<Period>,
}

impl Metric {
    /// All filters of the metric.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        let period = self.period.iter().flat_map(Period::filters);
        [&self.value].into_iter().chain(&self.limit).chain(period)
    }
}

/// What an answer has to be.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The statuses that are right; empty for any 2xx.
    pub status: Vec<u16>,
    /// Must give `true`.
    pub that: Option<Filter>,
}

impl Expect {
    /// Whether a status is right.
    pub fn accepts(&self, status: u16) -> bool {
        if self.status.is_empty() { (200..300).contains(&status) } else { self.status.contains(&status) }
    }
}
