//! What an API says about its refusal, in a few words.

use serde_json::Value;

/// Words are short; what is longer is no problem body, and would take many times its length of memory.
const LONGEST: usize = 64 * 1024;

/// The words of a problem body (RFC 9457) or of what other APIs send instead; `None` for a body
/// without any, such as HTML. Whole, and not scrubbed: of a secret that is cut, half would stay.
pub(super) fn words(body: &[u8]) -> Option<String> {
    if body.len() > LONGEST {
        return None;
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let found = ["detail", "message", "error_description", "error", "title"].iter().find_map(|name| {
        body.get(*name).filter(|words| !words.is_null()).map(|words| match words {
            Value::String(text) => text.clone(),
            Value::Object(fields) => match fields.get("message").and_then(Value::as_str) {
                Some(message) => message.to_owned(),
                None => words.to_string(),
            },
            _ => words.to_string(),
        })
    })?;
    let found = found.replace(char::is_control, " ");
    let found = found.trim().trim_end_matches('.');
    (!found.is_empty()).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_in_the_shapes_that_apis_send() {
        for (body, expected) in [
            (r#"{"title": "Not Found", "detail": "No such file."}"#, Some("No such file")),
            (r#"{"title": "Not Found", "detail": null}"#, Some("Not Found")),
            (r#"{"detail": [{"loc": ["a"]}]}"#, Some(r#"[{"loc":["a"]}]"#)),
            (r#"{"error": {"message": "no\nway", "code": 7}}"#, Some("no way")),
            (r#"{"error": "bad"}"#, Some("bad")),
            ("<html>", None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(words(body.as_bytes()).as_deref(), expected, "{body}");
        }
        let long = format!(r#"{{"detail": "no", "trace": "{}"}}"#, "x".repeat(LONGEST));
        assert_eq!(words(long.as_bytes()), None);
    }
}
