//! Evidence as one line of text.

use serde::Deserialize;
use serde_json::Value;

use super::json;
use crate::run::Evidence;

/// Why a text is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// It ends before its JSON does, as a line of an object that is printed over several does.
    #[error("ends in the middle of its JSON; a case takes one line (`jq -c .` makes it one)")]
    Cut,
    /// It is not JSON.
    #[error("is not JSON, from column {column} on")]
    NotJson {
        /// Where, counted from 1 in bytes.
        column: usize,
    },
    /// It is JSON, but no object.
    #[error("is JSON, but no object: {hint}")]
    NoObject {
        /// What it is, and what to do with that.
        hint: &'static str,
    },
    /// It is an object without the one member that no evidence is without.
    #[error("has no `response.status`")]
    NoStatus,
}

/// Reads one piece of evidence: a JSON object with a `response.status`. What else is absent or absurd in it is not
/// known, and
/// members that are none of evidence's, such as the `expected` of a test case, are passed over.
///
/// # Errors
/// [`EvidenceError`] when the text is no JSON object, or tells of no answer.
///
/// ```
/// use apicron::diagnose::read_evidence;
///
/// let evidence = read_evidence(r#"{"name": "a case", "response": {"status": 403}}"#)?;
/// assert_eq!(evidence.response.status, 403);
/// assert!(read_evidence("[]").is_err());
/// # Ok::<(), apicron::diagnose::EvidenceError>(())
/// ```
pub fn read_evidence(text: &str) -> Result<Evidence, EvidenceError> {
    let value = json::read(text).map_err(|error| {
        if error.is_eof() { EvidenceError::Cut } else { EvidenceError::NotJson { column: error.column() } }
    })?;
    let hint = match &value {
        Value::Object(_) if value.pointer("/response/status").is_none() => return Err(EvidenceError::NoStatus),
        Value::Object(_) => return Evidence::deserialize(value).map_err(|_| EvidenceError::NotJson { column: 1 }),
        Value::Array(_) => "an array (`jq -c '.[]'` makes each of its elements a line)",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) | Value::Null => "a literal",
    };
    Err(EvidenceError::NoObject { hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_told_apart() {
        let why = |text: &str| read_evidence(text).expect_err(text).to_string();
        assert!(why("{").contains("one line"), "{}", why("{"));
        assert!(why("[{}]").contains("jq -c '.[]'"));
        assert!(why("7").contains("a number"));
        assert_eq!(why(r#"{"response": {}}"#), "has no `response.status`");
        assert_eq!(why("{} x"), "is not JSON, from column 4 on");
    }

    #[test]
    fn what_is_absurd_in_it_does_not_lose_the_rest() {
        let deep = "[".repeat(4000) + &"]".repeat(4000);
        let text = format!(
            r#"{{"name":"x","name":"y","token":{{"age_s":1e999,"jwt_claims":{deep}}},"response":{{"status":401}}}}"#
        );
        let evidence = read_evidence(&text).expect("evidence");
        assert_eq!((evidence.name.as_deref(), evidence.response.status), (Some("y"), 401));
        assert_eq!(evidence.token.age_s, Some(i64::MAX));
    }
}
