//! What the members of a body say: RFC 9457 problems, OAuth errors (RFC 6749 section 5.2), and the
//! shapes that vendors have of their own.

use serde_json::Value;

/// Members that hold words for people.
const TEXTS: &[&str] = &[
    "title",
    "detail",
    "details",
    "message",
    "messages",
    "msg",
    "error",
    "errors",
    "errordescription",
    "errormessage",
    "errormsg",
    "description",
    "reason",
    "hint",
    "explanation",
    "fault",
    "faultstring",
    "usermessage",
    "developermessage",
    "problem",
    "problems",
    "extensions",
    "info",
];
/// Members that hold a code when their text has no blank.
const CODES: &[&str] = &["error", "errortype", "errorcode", "code", "type", "reason", "status", "faultcode"];
/// Words that make a member whose name speaks of scopes one of scopes that are needed.
const NEEDS: &[&str] = &["required", "missing", "needed", "needs", "expected", "necessary", "insufficient", "accepted"];

const DEEPEST: u8 = 6;
const MOST_TEXTS: usize = 64;
const LONGEST_TEXT: usize = 4096;

/// What a body says, taken from the members whose names are known.
#[derive(Debug, Default)]
pub(super) struct Problem {
    /// Codes as they were written, such as `invalid_client`; of a `type` URI its last segment.
    pub(super) codes: Vec<String>,
    /// Words for people.
    pub(super) texts: Vec<String>,
    /// Values of members that name scopes which are needed: `required_scopes`, `needed`, ….
    pub(super) needed: Vec<String>,
    /// Values of members that may name them: `scope`, `required`, `missing`.
    pub(super) perhaps_needed: Vec<String>,
    /// Those of them from members `scope` and `scopes`.
    pub(super) scopes: Vec<String>,
}

impl Problem {
    /// The problem that a text tells.
    pub(super) fn of_text(text: &str) -> Problem {
        let mut problem = Problem::default();
        problem.add_text(text);
        problem
    }

    /// The problem that JSON tells.
    pub(super) fn of_json(body: &Value) -> Problem {
        let mut problem = Problem::default();
        problem.read(body, 0);
        problem
    }

    fn read(&mut self, value: &Value, depth: u8) {
        match value {
            Value::String(text) => self.add_text(text),
            Value::Array(values) if depth < DEEPEST => {
                values.iter().take(MOST_TEXTS).for_each(|value| self.read(value, depth + 1));
            }
            Value::Object(members) if depth < DEEPEST => {
                members.iter().for_each(|(name, value)| self.read_member(&squeezed(name), value, depth));
            }
            _ => {}
        }
    }

    fn read_member(&mut self, name: &str, value: &Value, depth: u8) {
        let code = value.as_str().filter(|text| CODES.contains(&name) && !text.contains(char::is_whitespace));
        if let Some(code) = code {
            self.add_code(name, code);
        } else if TEXTS.contains(&name) || CODES.contains(&name) {
            self.read(value, depth + 1);
        } else if name == "needed" || name.contains("scope") && NEEDS.iter().any(|need| name.contains(need)) {
            self.needed.extend(names(value));
        } else if name.contains("permission") && NEEDS.iter().any(|need| name.contains(need)) {
            // A permission is a scope where it has the form of one (Auth0), and a role's otherwise.
            self.needed.extend(names(value).into_iter().filter(|name| name.contains(':')));
        }
        if ["scope", "scopes", "required", "missing"].contains(&name) {
            self.perhaps_needed.extend(names(value));
        }
        if ["scope", "scopes"].contains(&name) {
            self.scopes.extend(names(value));
        }
    }

    fn add_code(&mut self, name: &str, code: &str) {
        // RFC 9457 section 3.1.1: a URI, of which the last part tells the problems of an API apart.
        let code = if name == "type" { code.rsplit(['/', '#', ':']).next().unwrap_or_default() } else { code };
        if !code.is_empty() && self.codes.len() < MOST_TEXTS {
            self.codes.push(code.chars().take(LONGEST_TEXT).collect());
        }
    }

    fn add_text(&mut self, text: &str) {
        if !text.is_empty() && self.texts.len() < MOST_TEXTS {
            self.texts.push(text.chars().take(LONGEST_TEXT).collect());
        }
    }
}

/// A name or code without what spellings differ in: `requiredScopes`, `required_scopes` and
/// `REQUIRED-SCOPES` are one.
pub(super) fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The names in a text or a list of texts, divided by blanks (RFC 6749 section 3.3) or commas
/// (Slack, GitHub).
pub(super) fn names(value: &Value) -> Vec<String> {
    let divided = |text: &str| text.split([' ', ',', '\t', '\n', '\r']).map(str::to_owned).collect::<Vec<_>>();
    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    texts.iter().filter_map(Value::as_str).flat_map(divided).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_detail_may_be_a_text_a_list_or_an_object() {
        for detail in [
            json!("no luck"),
            json!(["no luck"]),
            json!([{"loc": ["header"], "msg": "no luck"}]),
            json!({"message": "no luck"}),
        ] {
            assert_eq!(Problem::of_json(&json!({"detail": detail})).texts, ["no luck"], "{detail}");
        }
    }

    #[test]
    fn codes_are_found_in_the_shapes_of_many_vendors() {
        for (body, code) in [
            (json!({"error": "invalid_client"}), "invalid_client"),
            (json!({"status_code": 400, "error_type": "too_many_requests"}), "too_many_requests"),
            (json!({"error": {"code": 403, "status": "PERMISSION_DENIED"}}), "PERMISSION_DENIED"),
            (json!({"errors": [{"code": "insufficient_scope"}]}), "insufficient_scope"),
            (json!({"type": "https://api.test/problems/quota-exceeded"}), "quota-exceeded"),
        ] {
            assert_eq!(Problem::of_json(&body).codes, [code], "{body}");
        }
        assert_eq!(Problem::of_json(&json!({"error": "Access is denied"})).texts, ["Access is denied"]);
    }

    #[test]
    fn members_that_need_scopes_are_known_in_any_spelling() {
        for body in [
            json!({"required_scopes": ["a:b", "c:d"]}),
            json!({"error": {"missingScopes": "a:b c:d"}}),
            json!({"ok": false, "needed": "a:b,c:d"}),
            json!({"detail": {"Required-Scope": ["a:b c:d", 5]}}),
        ] {
            assert_eq!(Problem::of_json(&body).needed, ["a:b", "c:d"], "{body}");
        }
        assert_eq!(Problem::of_json(&json!({"required_permissions": ["a:b", "admin"]})).needed, ["a:b"]);
        for body in [json!({"required_scopes": 5}), json!({"needed": {"a": "b"}}), json!({"data": {"needed": "a:b"}})] {
            assert!(Problem::of_json(&body).needed.is_empty(), "{body}");
        }
    }

    #[test]
    fn members_of_unknown_names_are_not_read() {
        let body = json!({"instance": "/plans/admin", "data": {"message": "role"}, "plan": "gold"});
        assert!(Problem::of_json(&body).texts.is_empty() && Problem::of_json(&body).codes.is_empty());
    }
}
