//! Headers.

use super::filters;
use super::source;
use crate::config::file::{Entries, Field, Secret, TextOr};
use crate::config::mask::is_secret_key;
use crate::config::place::{At, SecretUse};
use crate::filter::Variable;
use crate::job::{Header, HeaderText};

/// What the API of some headers has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    WithCredential,
    WithoutCredential,
}

/// Headers that the connection or apicron itself makes.
const NOT_OURS_TO_SET: &[(&str, &str)] = &[
    ("host", "it comes from `base_url`"),
    ("content-length", "it comes from the body"),
    ("transfer-encoding", "it comes from the body"),
    ("connection", "it is about the connection, not the call"),
    ("keep-alive", "it is about the connection, not the call"),
    ("proxy-connection", "it is about the connection, not the call"),
    ("upgrade", "it is about the connection, not the call"),
    ("te", "it is about the connection, not the call"),
    ("trailer", "it is about the connection, not the call"),
    ("expect", "what the answer has to be stands in `expect`"),
    ("accept-encoding", "compressed answers are asked for and read anyway"),
    ("idempotency-key", "each call that changes something has one; `idempotency_key = false` leaves it out"),
];

/// The headers under the key `headers`.
pub(super) fn lower(
    at: &At<'_>,
    field: &Field<Entries<TextOr<Secret>>>,
    owner: Owner,
    allowed: &'static [Variable],
) -> Vec<Header> {
    let Some(entries) = at.get("headers", field) else { return Vec::new() };
    let at = at.key("headers");
    let mut headers: Vec<Header> = Vec::new();
    for (name, value) in &entries.0 {
        let here = at.key(name);
        let is_right = is_right_name(&here, name, owner);
        let value = here.value(value).and_then(|value| lower_value(&here, name, value, allowed));
        if let Some(first) = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)) {
            here.key_error("duplicate-name", format!("`{name}` comes twice: capitals do not matter in headers"))
                .related(at.key(&first.name).as_related("first here"))
                .help("keep one of the two")
                .report();
        } else if let (true, Some(value)) = (is_right, value) {
            headers.push(Header { name: name.clone(), value });
        }
    }
    headers
}

fn is_right_name(at: &At<'_>, name: &str, owner: Owner) -> bool {
    if !is_token(name) {
        at.key_error("bad-header", format!("`{}` cannot be the name of a header", name.escape_default()))
            .help("a name has letters, digits and `-`, such as `X-Request-Id`")
            .report();
        return false;
    }
    if let Some((_, reason)) = NOT_OURS_TO_SET.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)) {
        at.key_error("bad-header", format!("header `{name}` cannot be set")).help(*reason).report();
        return false;
    }
    if owner == Owner::WithCredential && name.eq_ignore_ascii_case("authorization") {
        at.key_error("bad-header", "header `authorization` cannot be set: the API's credential makes it")
            .help("for another scheme, leave `credential` out of the API")
            .report();
        return false;
    }
    true
}

/// A token of RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_tchar)
}

fn lower_value(at: &At<'_>, name: &str, value: &TextOr<Secret>, allowed: &'static [Variable]) -> Option<HeaderText> {
    match value {
        TextOr::Table(table) => source::of_table(at, table, SecretUse::Secret).map(HeaderText::Secret),
        TextOr::Text(_) if is_secret_key(name) => {
            source::literal(at);
            None
        }
        TextOr::Text(text) if text.chars().any(char::is_control) => {
            at.error("bad-header", "a header cannot hold control characters")
                .help("write it on one line, without tabs")
                .report();
            None
        }
        TextOr::Text(text) => filters::template(at, text, allowed).map(HeaderText::Template),
    }
}
