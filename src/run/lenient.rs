//! Reading evidence that somebody wrote by hand, or that a hostile answer ended up in.
//!
//! A field that cannot be read is a field that is not known: a failure must not be lost because
//! one of its numbers is absurd. Only what is not JSON at all is an error.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{HeaderValue, Scopes};

/// A part of the evidence, empty when it is not an object.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(from: D) -> Result<T, D::Error> {
    Value::deserialize(from).map(|value| T::deserialize(value).unwrap_or_default())
}

/// A part that may be absent; absent as well when it is not an object.
pub(super) fn or_none<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| value.is_object().then(|| T::deserialize(value).ok()).flatten())
}

/// A status; 0 when it is none.
pub(super) fn status<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    optional_status(from).map(Option::unwrap_or_default)
}

/// A status; `None` for null, 0 for what can be no status.
pub(super) fn optional_status<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    let status = |number: i64| u16::try_from(number).ok().filter(|status| *status <= 999);
    Value::deserialize(from).map(|value| (!value.is_null()).then(|| whole(&value).and_then(status).unwrap_or_default()))
}

/// A whole number; `None` for what is none, the nearest one for what is too large.
pub(super) fn optional_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(from).map(|value| whole(&value))
}

/// A token's age; `None` for null alone, since that says that there is no token.
pub(super) fn optional_age<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(from).map(|value| (!value.is_null()).then(|| whole(&value).unwrap_or_default()))
}

/// A flag; off for what is none.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Value::deserialize(from).map(|value| value == Value::Bool(true))
}

/// A count; `None` for what is none.
pub(super) fn optional_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Value::deserialize(from).map(|value| whole(&value).and_then(|number| u64::try_from(number).ok()))
}

/// Text; a number or a truth value becomes its text, null and what is nested become `None`.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Value::deserialize(from).map(scalar)
}

/// A list of texts; a lone text is a list of one.
pub(super) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Value::deserialize(from).map(several)
}

/// A body: text, or JSON that was not put into quotes.
pub(super) fn body<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Value::deserialize(from).map(|value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        nested => nested.to_string(),
    })
}

/// Scopes as a list or as a space-separated text.
pub(super) fn scopes<'de, D: Deserializer<'de>>(from: D) -> Result<Scopes, D::Error> {
    optional_scopes(from).map(Option::unwrap_or_default)
}

/// Scopes; `None` for null and for what names none.
pub(super) fn optional_scopes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Scopes>, D::Error> {
    let words = |text: &String| Scopes::parse(text).iter().map(str::to_owned).collect::<Vec<_>>();
    Value::deserialize(from).map(|value| match value {
        Value::String(_) | Value::Array(_) => Some(several(value).iter().flat_map(words).collect()),
        _ => None,
    })
}

/// Headers by lower-case name; a value is a text or a list of texts.
pub(super) fn headers<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, HeaderValue>, D::Error> {
    let Value::Object(members) = Value::deserialize(from)? else { return Ok(BTreeMap::new()) };
    let mut headers = BTreeMap::<String, HeaderValue>::new();
    for (name, value) in members {
        let value = match value {
            Value::Array(_) => HeaderValue::Several(several(value)),
            value => match scalar(value) {
                Some(line) => HeaderValue::One(line),
                None => continue,
            },
        };
        let name = name.to_ascii_lowercase();
        // Two spellings of one name are two lines of one header.
        let value = match headers.remove(&name) {
            Some(before) => HeaderValue::Several([before.lines(), value.lines()].concat()),
            None => value,
        };
        headers.insert(name, value);
    }
    Ok(headers)
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        // A cast of a float saturates and takes NaN for 0, as is wanted here.
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.trim().parse().ok().or_else(|| finite(text.trim())),
        _ => None,
    }
}

/// A whole number that is written with a fraction, cut down.
fn finite(text: &str) -> Option<i64> {
    text.parse::<f64>().ok().filter(|float| float.is_finite()).map(|float| float as i64)
}

fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn several(value: Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.into_iter().filter_map(scalar).collect(),
        value => scalar(value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Evidence;
    use super::*;

    fn read(evidence: Value) -> Evidence {
        Evidence::deserialize(evidence).expect("evidence can be read")
    }

    #[test]
    fn scopes_come_as_null_list_or_text_and_an_empty_list_is_not_null() {
        let granted = |value: Value| read(json!({"token": {"granted_scopes": value}})).token.granted_scopes;
        assert_eq!(granted(json!(null)), None);
        assert_eq!(granted(json!(5)), None);
        assert_eq!(granted(json!([])), Some(Scopes::default()));
        assert_eq!(granted(json!("")), Some(Scopes::default()));
        assert_eq!(granted(json!("b:x a:y")), Some(Scopes::parse("a:y b:x")));
        assert_eq!(granted(json!(["b:x a:y", null, {"c": 1}])), Some(Scopes::parse("a:y b:x")));
    }

    #[test]
    fn a_number_that_is_absurd_does_not_lose_the_rest() {
        let evidence = read(json!({
            "token": {"age_s": 1e300, "expires_in_s": "3600"},
            "response": {"status": -4, "headers": {"WWW-Authenticate": ["Bearer", 7, null]}, "body": {"a": 1}, "truncated": 1},
            "second_attempt_status": 99999, "server_date_skew_s": "soon", "unknown": [],
        }));
        assert_eq!((evidence.token.age_s, evidence.token.expires_in_s), (Some(i64::MAX), Some(3600)));
        assert_eq!((evidence.response.status, evidence.second_attempt_status), (0, Some(0)));
        assert_eq!(evidence.server_date_skew_s, None);
        assert_eq!(evidence.response.headers["www-authenticate"].lines(), ["Bearer", "7"]);
        assert_eq!(evidence.response.body, r#"{"a":1}"#);
    }

    #[test]
    fn two_spellings_of_a_header_are_two_lines_of_it() {
        let headers =
            read(json!({"response": {"headers": {"X-A": "1", "x-a": ["2", "3"], "X-a": null}}})).response.headers;
        assert_eq!(headers["x-a"].lines(), ["1", "2", "3"]);
    }

    #[test]
    fn a_number_in_a_text_is_that_number() {
        let life = |text: &str| read(json!({"token": {"expires_in_s": text}})).token.expires_in_s;
        assert_eq!(
            [life(" 3600 "), life("3600.5"), life("1e3"), life("-1")],
            [Some(3600), Some(3600), Some(1000), Some(-1)]
        );
        assert_eq!([life("inf"), life("NaN"), life("an hour"), life("")], [None; 4]);
    }

    #[test]
    fn an_age_that_is_no_number_still_says_that_there_is_a_token() {
        assert_eq!(read(json!({"token": {"age_s": "old"}})).token.age_s, Some(0));
        assert_eq!(read(json!({"token": {"age_s": null}})).token.age_s, None);
    }

    #[test]
    fn parts_that_are_no_objects_are_empty() {
        let evidence = read(json!({"name": 7, "token": 5, "response": null, "context": "none"}));
        assert_eq!(evidence, Evidence { name: Some("7".into()), ..Evidence::default() });
    }

    #[test]
    fn stored_evidence_reads_back_as_it_was() {
        let evidence = read(json!({
            "token": {"requested_scopes": ["a"], "age_s": 4, "jwt_claims": {"scope": "a"}},
            "response": {"status": 401, "headers": {"x": "1", "y": ["1", "2"]}, "body": "no", "truncated": true},
            "context": {"job": "j", "redirects": ["a.test"], "waiting_jobs": 3},
        }));
        assert_eq!(read(serde_json::to_value(&evidence).expect("evidence can be written")), evidence);
    }
}
