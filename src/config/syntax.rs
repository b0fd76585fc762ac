//! What the TOML parser says, as problems.

use std::ops::Range;

use super::place::{Draft, Parsed, place};
use super::problem::Severity;

/// More than these come from a file that is no TOML at all.
const SHOWN_AT_MOST: usize = 50;

/// Reports what is wrong with the syntax of a file.
///
/// `shown` is its text with secrets hidden; only that is repeated.
pub(in crate::config) fn report(file: &Parsed<'_>, shown: &str, errors: &[toml::de::Error]) {
    // One bracket after the other that has no end is one mistake.
    let mut errors: Vec<_> = errors.iter().collect();
    errors.dedup_by_key(|error| (error.span(), error.message()));
    for error in errors.iter().take(SHOWN_AT_MOST) {
        let span = error.span().unwrap_or_default();
        match error.message() {
            "duplicate key" => duplicate(file, shown, span),
            message => {
                let said = in_other_words(file.text, &span, message).to_owned();
                let draft = Draft::new(file, Severity::Error, "syntax", span.clone(), said);
                draft.maybe_help(help(shown, &span, message)).report();
            }
        }
    }
    if let Some(first) = errors.get(SHOWN_AT_MOST) {
        let message = format!("and {} more such errors from here on", errors.len() - SHOWN_AT_MOST);
        Draft::new(file, Severity::Error, "syntax", first.span().unwrap_or_default(), message).report();
    }
}

/// The parser's words, or plainer ones for what happens most.
fn in_other_words<'m>(text: &str, span: &Range<usize>, message: &'m str) -> &'m str {
    match message {
        "string values must be quoted, expected literal string" if text.get(span.clone()) == Some("") => {
            "there is no value"
        }
        "string values must be quoted, expected literal string" => "a text needs quotes",
        _ if is_about_depth(message) => "this is nested too deeply",
        _ if message.contains("escape") => "this escape does not exist in TOML",
        _ => message,
    }
}

/// Help where the cause is surely known.
fn help(shown: &str, span: &Range<usize>, message: &str) -> Option<String> {
    if message.contains("escape") {
        return Some("filters with quotes or backslashes go in single-quoted TOML: `'…'`".to_owned());
    }
    if is_about_depth(message) {
        return Some("write tables and lists inside each other with fewer levels".to_owned());
    }
    if message.starts_with("string values must be quoted") {
        let value = shown.get(span.clone()).filter(|value| !value.is_empty())?;
        let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/: ".contains(c));
        return is_plain.then(|| format!("write `\"{value}\"`"));
    }
    None
}

/// "recursion limit" for dotted keys, "cannot recurse further; …" for brackets.
fn is_about_depth(message: &str) -> bool {
    message.contains("recurs")
}

/// A key or table that comes twice, with the place of the first.
fn duplicate(file: &Parsed<'_>, shown: &str, span: Range<usize>) {
    let key = shown.get(span.clone()).unwrap_or_default();
    let mut draft = Draft::new(file, Severity::Error, "duplicate-name", span.clone(), format!("`{key}` comes twice"));
    if let Some(first) = first_of(file, key, span.start) {
        draft = draft.related(place(file, first, "first here"));
    }
    draft.report();
}

/// The line before `at` that says the same: the same header, or the same key under the same header.
fn first_of(file: &Parsed<'_>, key: &str, at: usize) -> Option<Range<usize>> {
    let line = file.lines.around(file.text, &(at..at));
    let said = file.text.get(line.clone())?.trim();
    let before = file.text.get(..line.start)?;
    let mut end = before.len();
    for earlier in before.split_inclusive('\n').rev() {
        let start = end - earlier.len();
        end = start;
        let indent = earlier.len() - earlier.trim_start().len();
        let earlier = earlier.trim();
        let is_same = match said.starts_with('[') {
            true => earlier == said,
            false => earlier.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')),
        };
        if is_same {
            let length = if said.starts_with('[') { earlier.len() } else { key.len() };
            return Some(start + indent..start + indent + length);
        }
        if earlier.starts_with('[') && !said.starts_with('[') {
            return None;
        }
    }
    None
}
