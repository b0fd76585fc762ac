//! Replies: JSON, problems (RFC 9457), the two error shapes of the token endpoint, gateway pages.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::knobs::Knobs;
use crate::clock::Time;

/// What the API says when the credits are used up; the numbers are examples.
pub(super) const OUT_OF_CREDITS: &str = "Insufficient credits. Required: 75 credits. Available: 50 credits.";

/// A refusal or failure of the API, with the members that its documentation names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub(super) status: u16,
    /// A text, or for validation possibly an array.
    pub(super) detail: Value,
}

impl Problem {
    pub(super) fn new(status: u16, detail: impl Into<Value>) -> Problem {
        Problem { status, detail: detail.into() }
    }

    /// The problem with the text that the API usually has for `status`.
    pub(super) fn usual(status: u16) -> Problem {
        Problem::new(status, usual_detail(status, None))
    }

    /// 422 in the array form of validation errors.
    pub(super) fn invalid(place: [&str; 2], message: &str) -> Problem {
        Problem::new(422, json!([{ "loc": place, "msg": message, "type": "value_error" }]))
    }

    pub(super) fn reply(self, knobs: &Knobs) -> Response {
        let mut members = json!({ "title": title(self.status), "status": self.status, "detail": self.detail });
        if let (true, Some(members)) = (knobs.problem_type, members.as_object_mut()) {
            members.shift_insert(0, "type".to_owned(), "about:blank".into());
        }
        build(self.status, "application/problem+json", members.to_string())
    }
}

/// A JSON reply.
pub(super) fn json(status: u16, body: &impl Serialize) -> Response {
    // What the stand-in says are plain values, which always have a JSON form.
    build(status, "application/json", serde_json::to_string(body).unwrap_or_default())
}

pub(super) fn text(status: u16, body: String) -> Response {
    build(status, "text/plain; charset=utf-8", body)
}

pub(super) fn html(status: u16, body: String) -> Response {
    build(status, "text/html", body)
}

/// What a gateway in front of the API answers.
pub(super) fn gateway_page(status: u16) -> Response {
    let title = format!("{status} {}", title(status));
    let body = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
    html(status, body)
}

/// The OAuth error shape of the token endpoint (RFC 6749 section 5.2, with Stytch's additions).
pub(super) fn oauth_error(status: u16, request_id: &str, error: &str, description: &str) -> Response {
    let body = json!({
        "status_code": status,
        "request_id": request_id,
        "error": error,
        "error_description": description,
        "error_uri": format!("https://stand-in.invalid/errors/{error}"),
    });
    json(status, &body)
}

/// The other error shape of the token endpoint, for what OAuth does not cover.
pub(super) fn stytch_error(status: u16, request_id: &str, message: Option<Value>) -> Response {
    let (error_type, usual) = match status {
        429 => ("too_many_requests", "Too many requests have been made."),
        500.. => ("internal_server_error", "An internal server error occurred."),
        _ => ("bad_request", "The request could not be carried out."),
    };
    let body = json!({
        "status_code": status,
        "request_id": request_id,
        "error_type": error_type,
        "error_message": message.unwrap_or_else(|| usual.into()),
        "error_url": format!("https://stand-in.invalid/errors/{error_type}"),
    });
    json(status, &body)
}

/// Sets a header; a value that no header can hold is left out.
pub(super) fn set(reply: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// A time as HTTP headers spell it.
pub(super) fn http_date(at: Time) -> String {
    // The format ends with the year 9999 and the library panics beyond; no header needs more.
    let seconds = at.timestamp().clamp(0, 253_402_300_799).unsigned_abs();
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
}

/// The `detail` that the API has for a status, as far as it is documented.
pub(super) fn usual_detail(status: u16, retry_after: Option<u64>) -> String {
    match (status, retry_after) {
        (400, _) => "The request could not be understood.".to_owned(),
        (401, _) => "Invalid or expired token.".to_owned(),
        (402, _) => OUT_OF_CREDITS.to_owned(),
        (403, _) => "Insufficient permissions".to_owned(),
        (404, _) => "Not found.".to_owned(),
        (409, _) => "The resource already exists.".to_owned(),
        (429, Some(seconds)) => format!("Rate limit exceeded. Retry after {seconds} seconds."),
        (429, None) => "Rate limit exceeded.".to_owned(),
        (500.., _) => "An unexpected error occurred.".to_owned(),
        _ => title(status).to_owned(),
    }
}

fn title(status: u16) -> &'static str {
    if status == 402 {
        return "Insufficient Credits";
    }
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

fn build(status: u16, content_type: &'static str, body: String) -> Response {
    let mut reply = bare(status, Body::from(body));
    set(&mut reply, "content-type", content_type);
    reply
}

/// A reply without headers.
pub(super) fn bare(status: u16, body: Body) -> Response {
    let mut reply = Response::new(body);
    // 1xx is not a final answer and nothing below 100 is a status: such a knob reads as a failure.
    let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
    *reply.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_http_cannot_spell_is_clamped() {
        assert_eq!(http_date("2026-11-24T12:00:00Z".parse().expect("a time")), "Tue, 24 Nov 2026 12:00:00 GMT");
        assert_eq!(http_date(Time::MAX_UTC), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(http_date(Time::MIN_UTC), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_status_that_cannot_be_sent_becomes_500() {
        for status in [0, 42, 101, 1000] {
            assert_eq!(text(status, String::new()).status(), StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    #[test]
    fn a_header_value_that_cannot_be_sent_is_left_out() {
        let mut reply = text(302, String::new());
        set(&mut reply, "location", "/a\r\nb");
        assert!(reply.headers().get("location").is_none());
    }
}
