//! Secrets in what the parser did not understand, line by line.

use std::ops::Range;

use super::words::{is_secret_key, may_be_secret, names_a_place};
use crate::config::keys;
use crate::config::problem::floor;

/// A key is no longer than this. It bounds the work on a line of nothing but `=`.
const LONGEST_KEY: usize = 128;

/// Whether the value of a secret key may go on in the next line.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    No,
    Value,
    /// After a `{` that has no end yet.
    Table,
}

/// The bytes of all that follows `client_secret =` and the like, up to the next key or header.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut open = Open::No;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let said = line.trim_end();
        if let Some(from) = secret_in(said) {
            spans.push(start + from..start + said.len());
            let value = said.get(from..).unwrap_or_default();
            open = if value.starts_with('{') && !value.contains('}') { Open::Table } else { Open::Value };
        } else if ends(open, said) {
            open = Open::No;
        } else if !(open == Open::Table && is_place(said)) {
            spans.push(start..start + said.len());
        }
        start += line.len();
    }
    spans
}

/// Where the secret of a line begins.
fn secret_in(line: &str) -> Option<usize> {
    let mut key_from = 0;
    let mut has_separator = false;
    for (at, c) in line.char_indices() {
        let after = line.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            ',' | '{' => key_from = at + 1,
            '=' => {}
            // As in YAML and JSON, but not as in `https://`.
            ':' if after.starts_with([' ', '\t', '"', '\'']) => {}
            _ => continue,
        }
        if matches!(c, ',' | '{') {
            continue;
        }
        has_separator = true;
        let value = after.trim_start();
        let key = line.get(key_from.max(floor(line, at.saturating_sub(LONGEST_KEY)))..at).unwrap_or_default();
        if is_secret(key, value) && !is_source(value) {
            return Some(line.len() - value.len());
        }
    }
    // `API_SECRET value`
    let (first, _) = line.trim_start().split_once(char::is_whitespace).filter(|_| !has_separator)?;
    let indent = line.len() - line.trim_start().len();
    (may_be_secret(first) && !first.starts_with(['[', '#'])).then_some(indent + first.len())
}

/// Whether the value of a key, dotted or quoted as it may be, is not to be seen.
fn is_secret(key: &str, value: &str) -> bool {
    let parts = || key.split('.').map(|part| part.trim().trim_matches(['"', '\'']));
    let last = parts().next_back().unwrap_or_default();
    if parts().any(is_secret_key) {
        return !names_a_place(last, Some(unquoted(value))) || parts().count() == 1;
    }
    may_be_secret(last) || (parts().any(may_be_secret) && !keys::is_known(last))
}

/// Whether a value is a whole `{ env = "NAME" }`, or one with `file`.
fn is_source(value: &str) -> bool {
    let inner = value.strip_prefix('{').and_then(|inner| inner.split_once('}'));
    inner.is_some_and(|(inner, _)| !inner.trim().is_empty() && inner.split(',').all(is_place))
}

/// Whether a text is `env = "NAME"` and the like.
fn is_place(text: &str) -> bool {
    let text = text.trim().trim_end_matches(',');
    let Some((key, value)) = text.split_once('=') else { return text.is_empty() };
    let value = value.trim();
    let is_one_value = matches!(value, "true" | "false") || unquoted(value).len() + 2 == value.len();
    is_one_value && names_a_place(key.trim(), Some(unquoted(value)))
}

/// What stands in the quotes with which a text begins.
fn unquoted(text: &str) -> &str {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else { return text };
    text.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default()
}

/// Whether a line cannot belong to the value before it.
fn ends(open: Open, line: &str) -> bool {
    let line = line.trim_start();
    match open {
        Open::No => true,
        Open::Value => is_header(line) || is_key_and_value(line),
        Open::Table => is_header(line) || line.starts_with('}'),
    }
}

/// `[jobs.x]`, but no list of texts.
fn is_header(line: &str) -> bool {
    line.starts_with('[') && line.trim_start_matches('[').starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// `key = value`, but not the last line of a Base64 text.
fn is_key_and_value(line: &str) -> bool {
    let Some((key, value)) = line.split_once('=') else { return false };
    let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ');
    let value = value.trim();
    !key.trim().is_empty() && key.chars().all(is_key) && !value.is_empty() && !value.starts_with('=')
}
