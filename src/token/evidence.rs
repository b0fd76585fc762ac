//! The token endpoint's answer as evidence: what is kept of it, and what is not.

use serde_json::{Map, Value};

use super::ask::Ask;
use super::grant::{Answer, Cut, cut, header_lines};
use super::reply::is_sendable;
use super::retry_after::date_skew;
use crate::clock::Time;
use crate::run::{Evidence, ResponseEvidence, TokenEvidence};
use crate::secret::Redactor;

/// How much of a body is kept.
pub const LONGEST_BODY: usize = 64 * 1024;

/// The evidence of an answer that gave no usable token.
pub(super) fn evidence(ask: &Ask, answer: &Answer, redactor: &Redactor, now: Time) -> Evidence {
    let headers = header_lines(&answer.headers, redactor);
    let is_success = (200..300).contains(&answer.status);
    let body = if is_success { outline(answer.body.expose()) } else { answer.body.expose().to_owned() };
    let body = match answer.cut {
        Cut::Whole => redactor.scrub_owned(body),
        Cut::Cut => redactor.scrub_broken_off(body),
    };
    let (body, end) = cut(body, LONGEST_BODY);
    let request_id = request_id(|name| answer.header(name).map(str::to_owned), &body);
    Evidence {
        name: None,
        token: TokenEvidence { requested_scopes: ask.scopes.clone(), ..TokenEvidence::default() },
        response: ResponseEvidence {
            status: answer.status,
            headers,
            body,
            truncated: end == Cut::Cut || answer.cut == Cut::Cut,
        },
        second_attempt_status: None,
        server_date_skew_s: answer.header("date").and_then(|date| date_skew(date, now)),
        context: Some(crate::run::Context {
            request_id: request_id.map(|id| redactor.scrub_owned(id)),
            ..ask.context()
        }),
    }
}

/// The id under which the server knows the request: from a header, or the `request_id` of a body.
pub fn request_id(header: impl Fn(&str) -> Option<String>, body: &str) -> Option<String> {
    ["x-request-id", "x-correlation-id", "traceparent", "cf-ray"].iter().find_map(|name| header(name)).or_else(|| {
        let body: Map<String, Value> = serde_json::from_str(body).ok()?;
        body.get("request_id")?.as_str().map(str::to_owned)
    })
}

/// A reply that may hold a token, without it: the names and types of its fields, and the values
/// of those that hold no secret by their meaning.
fn outline(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(fields)) => {
            let outlined = fields.into_iter().map(|(name, value)| {
                let kept = kept(&name, value);
                (name, kept)
            });
            Value::Object(outlined.collect()).to_string()
        }
        Ok(other) => type_of(&other).to_string(),
        Err(_) => format!("(no JSON, {} bytes)", body.len()),
    }
}

/// What stays of a field. Of a token also whether it could be used, since the diagnosis asks.
fn kept(name: &str, value: Value) -> Value {
    match &value {
        Value::String(token) if name == "access_token" && !is_sendable(token) => "(unusable text)".into(),
        Value::Object(_) | Value::Array(_) => type_of(&value),
        _ if is_harmless(name) => value,
        _ => type_of(&value),
    }
}

fn is_harmless(name: &str) -> bool {
    matches!(name, "token_type" | "expires_in" | "scope") || name.starts_with("error")
}

fn type_of(value: &Value) -> Value {
    match value {
        Value::Null => return Value::Null,
        Value::Bool(_) => "(boolean)",
        Value::Number(_) => "(number)",
        Value::String(_) => "(string)",
        Value::Array(_) => "(array)",
        Value::Object(_) => "(object)",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_successful_reply_only_names_types_and_harmless_values_are_kept() {
        let body = r#"{"refresh_token":"canary","token_type":"mac","expires_in":60,"scope":{"a":"canary"},"error":null,"n":1}"#;
        assert_eq!(
            outline(body),
            r#"{"refresh_token":"(string)","token_type":"mac","expires_in":60,"scope":"(object)","error":null,"n":"(number)"}"#
        );
        for (token, mark) in [
            (r#""canary""#, r#""(string)""#),
            (r#""can\nary""#, r#""(unusable text)""#),
            (r#""""#, r#""(unusable text)""#),
            ("5", r#""(number)""#),
        ] {
            assert_eq!(outline(&format!(r#"{{"access_token":{token}}}"#)), format!(r#"{{"access_token":{mark}}}"#));
        }
        assert_eq!(outline("canary"), "(no JSON, 6 bytes)");
        assert_eq!(outline(r#"["canary"]"#), r#""(array)""#);
    }

    #[test]
    fn a_request_id_is_taken_from_headers_first() {
        let header = |name: &str| (name == "cf-ray").then(|| "ray-1".to_owned());
        assert_eq!(request_id(header, r#"{"request_id": "body-1"}"#).as_deref(), Some("ray-1"));
        assert_eq!(request_id(|_| None, r#"{"request_id": "body-1"}"#).as_deref(), Some("body-1"));
        assert_eq!(request_id(|_| None, "<html>"), None);
    }
}
