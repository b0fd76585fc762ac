//! The token endpoint's answer: text → token and life, or why not (RFC 6749 sections 5.1 and 5.2).

use std::time::Duration;

use serde_json::{Map, Value};

use super::claims;
use super::grant::{Answer, Cut, LONGEST_REPLY};
use super::life::LONGEST;
use crate::run::Scopes;
use crate::secret::{Redactor, SHORTEST, Secret};

/// The longest part of a server's words that a sentence repeats.
const LONGEST_WORDS: usize = 200;

/// A token as it was given. It cannot be printed.
#[derive(Debug)]
pub struct Granted {
    /// The token.
    pub token: Secret,
    /// The scopes that the reply names.
    pub scope: Option<Scopes>,
    /// The claims of a token that is a JWT, unverified.
    pub claims: Option<Value>,
    /// How long it lives.
    pub life: Life,
}

/// How long a token lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// How long it may be used; `None` for a token to be used once.
    pub usable: Option<Duration>,
    /// What `expires_in` said.
    pub promised: Option<i64>,
    /// Why the two differ.
    pub remark: Option<String>,
}

/// Reads an answer. A token in it is learnt before a word of it is repeated.
///
/// # Errors
/// In a few words why it gives no token that can be used. What they repeat of the server's is scrubbed.
pub(super) fn read(answer: &Answer, default_life: Duration, redactor: &Redactor) -> Result<Granted, String> {
    let fields = serde_json::from_str::<Map<String, Value>>(answer.body.expose());
    let status = answer.status;
    learn(fields.as_ref().ok(), redactor);
    if !(200..300).contains(&status) {
        return Err(refusal(status, fields.as_ref().ok(), redactor));
    }
    let mut fields = fields.map_err(|_| no_object(answer))?;
    let token = match fields.remove("access_token") {
        Some(Value::String(token)) if is_sendable(&token) => Secret::new(token),
        Some(Value::String(_)) => return Err(format!("{status} with an `access_token` that fits no header")),
        Some(_) => return Err(format!("{status} with an `access_token` that is no text")),
        None => return Err(format!("{status} without `access_token`")),
    };
    if let Some(other) = other_type(fields.get("token_type")) {
        let other = shortened(&other, redactor);
        return Err(format!("{status} with `token_type` {other}, and only bearer tokens can be used"));
    }
    let claims = claims::claims(token.expose());
    let scope = fields.get("scope").and_then(Value::as_str).map(Scopes::parse);
    let life = Life::read(fields.get("expires_in"), default_life);
    Ok(Granted { token, scope, claims, life })
}

fn no_object(answer: &Answer) -> String {
    match answer.cut {
        Cut::Whole => format!("{} with a body that is no JSON object", answer.status),
        Cut::Cut => format!("{} with a body of more than {} KiB", answer.status, LONGEST_REPLY / 1024),
    }
}

/// The type of a token that is no bearer token. A reply that does not say is taken for one that is.
fn other_type(token_type: Option<&Value>) -> Option<String> {
    match token_type {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => (!text.eq_ignore_ascii_case("bearer")).then(|| text.clone()),
        Some(other) => Some(other.to_string()),
    }
}

/// Also the token of an answer that is refused: its other fields may repeat it, and they are kept.
fn learn(fields: Option<&Map<String, Value>>, redactor: &Redactor) {
    let token = fields.and_then(|fields| fields.get("access_token")?.as_str());
    if let Some(token) = token.filter(|token| token.len() >= SHORTEST) {
        redactor.learn_token(&Secret::new(token.to_owned()));
    }
}

/// RFC 6750 section 2.1 allows these characters and fewer; anything else would break the header.
pub(super) fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn refusal(status: u16, fields: Option<&Map<String, Value>>, redactor: &Redactor) -> String {
    let text = |names: &[&str]| {
        let said = names.iter().find_map(|name| fields?.get(*name)?.as_str()).filter(|text| !text.is_empty());
        said.map(|text| shortened(text, redactor))
    };
    // The second names are those that Stytch uses outside its OAuth endpoints.
    let error = text(&["error", "error_type"]).map(|error| format!(" {error}")).unwrap_or_default();
    let description = text(&["error_description", "error_message"]).map(|words| format!(" ({words})"));
    format!("{status}{error}{}", description.unwrap_or_default())
}

/// Scrubbed first: of a secret that is cut in two nothing is recognized.
fn shortened(words: &str, redactor: &Redactor) -> String {
    let words: String = redactor.scrub(words).chars().take(LONGEST_WORDS).collect();
    words.replace(char::is_control, " ").trim_end_matches(['.', ' ']).to_owned()
}

impl Life {
    fn read(expires_in: Option<&Value>, default: Duration) -> Life {
        let assumed = |why: &str| Life {
            usable: Some(default),
            promised: None,
            remark: Some(format!("{why}, so a life of {} is assumed", humantime::format_duration(default))),
        };
        let seconds = match expires_in {
            None | Some(Value::Null) => return assumed("the reply has no `expires_in`"),
            Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().map(whole)),
            Some(Value::String(text)) => whole_number(text.trim()),
            Some(_) => None,
        };
        match seconds {
            None => assumed("`expires_in` is no number"),
            Some(seconds) if seconds <= 0 => Life {
                usable: None,
                promised: Some(seconds),
                remark: Some(format!("`expires_in` is {seconds}, so the token is used once")),
            },
            Some(seconds) => Life::promised(seconds),
        }
    }

    fn promised(seconds: i64) -> Life {
        let life = Duration::from_secs(seconds.unsigned_abs());
        let remark = (life > LONGEST).then(|| format!("`expires_in` is {seconds} s, taken as 24 h"));
        Life { usable: Some(life.min(LONGEST)), promised: Some(seconds), remark }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a float casts to the nearest whole number, saturating")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// A text of digits; one beyond 64 bits is as good as the largest number.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEFAULT: Duration = Duration::from_secs(300);

    fn usable(expires_in: &Value) -> Option<u64> {
        Life::read(Some(expires_in), DEFAULT).usable.map(|life| life.as_secs())
    }

    #[test]
    fn expires_in_is_read_in_every_form_that_servers_send() {
        let day = Some(24 * 60 * 60);
        for (expires_in, expected) in [
            (json!(3600), Some(3600)),
            (json!("3600"), Some(3600)),
            (json!(3599.9), Some(3599)),
            (json!(0), None),
            (json!(-1), None),
            (json!("-1"), None),
            (json!(86_401), day),
            (json!(1e300), day),
            (json!("99999999999999999999"), day),
            (json!(null), Some(300)),
            (json!("soon"), Some(300)),
            (json!([1]), Some(300)),
        ] {
            assert_eq!(usable(&expires_in), expected, "{expires_in}");
        }
        assert_eq!(Life::read(None, DEFAULT).usable, Some(DEFAULT));
    }

    #[test]
    fn a_life_that_is_not_what_the_reply_says_is_remarked_on() {
        assert_eq!(Life::read(Some(&json!(3600)), DEFAULT).remark, None);
        for (expires_in, words) in [(json!(null), "5m is assumed"), (json!(0), "used once"), (json!(100_000), "24 h")] {
            let remark = Life::read(Some(&expires_in), DEFAULT).remark.expect("a remark");
            assert!(remark.contains(words), "{remark}");
        }
    }

    #[test]
    fn both_shapes_of_error_are_read() {
        let said = |body: Value| refusal(400, body.as_object(), &Redactor::new());
        assert_eq!(said(json!({"error": "invalid_client", "error_description": "No.\n"})), "400 invalid_client (No)");
        assert_eq!(
            said(json!({"error_type": "too_many_requests", "error_message": "Too many"})),
            "400 too_many_requests (Too many)"
        );
        assert_eq!(refusal(502, None, &Redactor::new()), "502");
    }

    #[test]
    fn no_half_of_a_secret_is_left_where_words_are_cut() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("canary-horse-battery".to_owned()));
        for before in LONGEST_WORDS - 20..LONGEST_WORDS {
            let words = format!("{} canary-horse-battery", "x".repeat(before - 1));
            let body = json!({"error": words, "error_description": words});
            let said = refusal(400, body.as_object(), &redactor);
            assert!(!said.contains("canary"), "{said}");
        }
    }
}
