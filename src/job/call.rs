//! One API call of a job.

use std::fmt;

use super::Header;
use crate::filter::{Filter, Template};
use crate::run::MetricKind;

/// One API call of a job.
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
    pub json: Option<JsonBody>,
    /// Whether a method that changes something carries an Idempotency-Key.
    pub idempotency_key: bool,
    /// The numbers to take from the answer.
    pub metrics: Vec<Metric>,
    /// What the answer has to be.
    pub expect: Expect,
    /// Whether a later call of the job reads its body as `$calls.NAME`.
    pub kept_for_later: bool,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes.
    Post,
}

impl Method {
    /// The method on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
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
    /// Gives the period it counts in.
    pub period: Option<Period>,
}

/// Filters that give the bounds of a period, RFC 3339 or seconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct Period {
    /// The first instant.
    pub start: Filter,
    /// The last instant.
    pub end: Filter,
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
