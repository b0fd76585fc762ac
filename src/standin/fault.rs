//! Things that go wrong on request.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::knobs::Knobs;
use super::reply::{self, Problem};
use super::visit::Visit;
use crate::clock::{self, Time};

/// Something that goes wrong with requests to a path.
///
/// With a `status` the request is answered so and does nothing else. Without, it is carried out,
/// and only its reply is slow or cut: that is how a POST takes effect whose answer is never seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Path it applies to, as in `/v1/usage`; with `*` at its end every path that begins so.
    pub path: String,
    /// Only requests with this method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests that bear a token of this client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Spares so many requests first.
    #[serde(skip_serializing_if = "is_zero")]
    pub after: u32,
    /// How many requests it applies to; absent means every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Answers with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Adds `Retry-After`: this many seconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// How `Retry-After` is spelt.
    pub retry_after_as: RetryAfterAs,
    /// Adds `Location`, for a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The `detail` of the problem body (the message, at the token endpoint) instead of the usual text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The whole body instead of a problem: a text goes out as it is, anything else as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Whether the body is a page of HTML, as from a gateway.
    pub html: bool,
    /// Sends half of the body, and the rest only after so many milliseconds.
    pub delay_ms: u64,
    /// Cuts the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How `Retry-After` is spelt (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfterAs {
    /// `7`
    #[default]
    Seconds,
    /// `Tue, 24 Nov 2026 12:00:07 GMT`
    Date,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Before the first byte of the reply.
    Reply,
    /// In the middle of the body.
    Body,
}

impl Fault {
    /// Every request to `path` is answered with `status`.
    pub fn status(path: &str, status: u16) -> Fault {
        Fault { status: Some(status), ..Fault::on(path) }
    }

    /// Every request to `path` is refused for want of credits: with 402, or with 403 as the API sometimes does.
    pub fn out_of_credits(path: &str, status: u16) -> Fault {
        Fault { detail: Some(reply::OUT_OF_CREDITS.into()), ..Fault::status(path, status) }
    }

    /// Every request to `path` is carried out, and the connection is cut.
    pub fn cut(path: &str, at: Cut) -> Fault {
        Fault { cut: Some(at), ..Fault::on(path) }
    }

    /// Every request to `path` is carried out, and half of the body comes `ms` milliseconds late.
    pub fn slow(path: &str, ms: u64) -> Fault {
        Fault { delay_ms: ms, ..Fault::on(path) }
    }

    /// The same for the next `times` requests only.
    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }

    /// The same, but the next `spared` requests are spared first.
    pub fn after(self, spared: u32) -> Fault {
        Fault { after: spared, ..self }
    }

    /// The same with `Retry-After` in seconds.
    pub fn retry_after(self, seconds: u64) -> Fault {
        Fault { retry_after: Some(seconds), ..self }
    }

    /// The same for tokens of one client only.
    pub fn of_client(self, id: &str) -> Fault {
        Fault { client: Some(id.to_owned()), ..self }
    }

    fn on(path: &str) -> Fault {
        Fault { path: path.to_owned(), ..Fault::default() }
    }

    /// Whether it is about this request.
    pub(super) fn fits(&self, visit: &Visit, client: Option<&str>) -> bool {
        let path = visit.path();
        let path_fits = match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        };
        path_fits
            && self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(visit.method.as_str()))
            && self.client.as_deref().is_none_or(|id| Some(id) == client)
    }

    /// Its reply; none when the request is to be carried out.
    pub(super) fn reply(&self, knobs: &Knobs, visit: &Visit) -> Option<Response> {
        let mut reply = self.body(knobs, visit, self.status?);
        if let Some(seconds) = self.retry_after {
            reply::set(&mut reply, "retry-after", &self.spell(seconds, visit.at));
        }
        if let Some(location) = &self.location {
            reply::set(&mut reply, "location", location);
        }
        if self.status == Some(429) {
            reply::set(&mut reply, "x-ratelimit-remaining", "0");
        }
        Some(reply)
    }

    fn body(&self, knobs: &Knobs, visit: &Visit, status: u16) -> Response {
        match (&self.body, self.html) {
            (Some(Value::String(text)), true) => reply::html(status, text.clone()),
            (_, true) => reply::gateway_page(status),
            (Some(Value::String(text)), false) => reply::text(status, text.clone()),
            (Some(body), false) => reply::json(status, body),
            (None, false) if visit.is_token_request() => reply::stytch_error(status, &visit.id, self.detail.clone()),
            (None, false) => {
                let usual = || reply::usual_detail(status, self.retry_after).into();
                Problem { status, detail: self.detail.clone().unwrap_or_else(usual) }.reply(knobs)
            }
        }
    }

    fn spell(&self, seconds: u64, now: Time) -> String {
        let until = clock::add(now, std::time::Duration::from_secs(seconds));
        match self.retry_after_as {
            RetryAfterAs::Date => reply::http_date(until),
            RetryAfterAs::Seconds => seconds.to_string(),
        }
    }
}
