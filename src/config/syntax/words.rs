//! Plain words for what the parser says most, and what to do about it.

use std::ops::Range;

use super::Said;

/// What people read.
pub(super) struct Words {
    pub said: String,
    pub help: Option<String>,
}

impl Words {
    fn new(said: impl Into<String>, help: impl Into<String>) -> Words {
        Words { said: said.into(), help: Some(help.into()) }
    }
}

const NO_TOML: &str = "a job file is TOML: `key = value` below `[table]`; `apicron init` writes one to begin with";

/// The parser's words, or plainer ones. `shown` is the text with its secrets hidden.
pub(super) fn of(text: &str, shown: &str, said: &Said<'_>) -> Words {
    let Said { span, message } = said;
    let found = text.get(span.start..).unwrap_or_default();
    match *message {
        _ if is_mark_of_a_conflict(line(text, span)) => {
            Words::new("this is the mark of a merge conflict", "keep one of the two sides, and delete the marks")
        }
        _ if is_about_depth(message) => {
            Words::new("this is nested too deeply", "write tables and lists inside each other with fewer levels")
        }
        _ if message.contains("escape") => Words::new(
            "this escape does not exist in TOML",
            "filters with quotes or backslashes, and paths with backslashes, go in single-quoted TOML: `'…'`",
        ),
        _ if is_bare_word(message, found) => bare_word(text, shown, span),
        _ if said.is_overflow() => too_large(found),
        _ if message.starts_with("invalid unquoted key") => unquoted_key(found),
        _ if message.starts_with("key with no value") && found.starts_with(':') => {
            Words::new("after a key comes `=`", "write `=` in the place of `:`")
        }
        _ if message.starts_with("key with no value") || message.starts_with("invalid key-value pair") => {
            Words::new("this is neither a key with a value nor a table", NO_TOML)
        }
        _ => known(message).unwrap_or_else(|| Words { said: (*message).to_owned(), help: None }),
    }
}

/// What the parser cannot read as a whole number: one that is large, or an octal one of other languages.
fn too_large(found: &str) -> Words {
    let second = found.chars().nth(1);
    match found.starts_with('0') && second.is_some_and(|second| second.is_ascii_digit()) {
        true => Words::new("a number has no leading zero", "leave the zero out, or put a text into quotes"),
        false => Words::new(
            "this whole number is too large",
            "9223372036854775807 is the largest; write a smaller one, or put a text into quotes",
        ),
    }
}

/// What needs no look at the text.
fn known(message: &str) -> Option<Words> {
    let (_, said, help) = KNOWN.iter().find(|(begin, ..)| message.starts_with(begin))?;
    Some(Words::new(if said.is_empty() { message } else { said }, *help))
}

/// How a message begins, what is said in its place (nothing: itself), and what to do.
const KNOWN: &[(&str, &str, &str)] = &[
    ("invalid basic string, expected `\"`", "this text is never closed", "write `\"` at its end"),
    (
        "invalid literal string, expected `'`",
        "this text is never closed",
        "write `'` at its end, the sign that it begins with",
    ),
    (
        "invalid basic string, expected non",
        "a text holds no control characters",
        "leave it out, or write it as `\\uXXXX`",
    ),
    (
        "invalid literal string, expected non",
        "a text holds no control characters",
        "leave it out, or write it as `\\uXXXX` in double quotes",
    ),
    ("missing comma between", "", "write a comma between the two"),
    ("unexpected key or value", "a line has one key", "begin a new line here"),
    ("unexpected leading zero", "a number has no leading zero", "leave the zero out, or put a text into quotes"),
    (
        "carriage return must",
        "this line ends in a carriage return alone",
        "save the file with the line ends of Unix or of Windows",
    ),
    ("unclosed array,", "this list is never closed", "write `]` where it ends"),
    ("unclosed inline table", "this table is never closed", "write `}` where it ends"),
    ("unclosed table", "this header is never closed", "write `]` at its end"),
    ("unclosed array table", "this header is never closed", "write `]]` at its end"),
];

/// A value that the parser takes for a text without quotes, or for a misspelled `true`, `nan` or `inf`.
fn is_bare_word(message: &str, found: &str) -> bool {
    message.starts_with("string values must be quoted")
        || ((message.starts_with("invalid float") || message.starts_with("invalid boolean"))
            && found.starts_with(char::is_alphabetic))
}

fn bare_word(text: &str, shown: &str, span: &Range<usize>) -> Words {
    let value = text.get(span.clone()).unwrap_or_default();
    if value.is_empty() {
        return Words::new("there is no value", "write one after the `=`");
    }
    let lower = value.to_ascii_lowercase();
    if lower == "true" || lower == "false" {
        return Words::new("`true` and `false` are written in small letters", format!("write `{lower}`"));
    }
    if value.starts_with(['“', '”', '„', '‘', '’', '«']) {
        return Words::new("a text needs straight quotes", "write `\"` on both sides");
    }
    // What is hidden, or has signs of its own, is not repeated.
    let shown = shown.get(span.clone()).unwrap_or_default();
    let is_plain = shown.chars().all(|c| c.is_ascii_alphanumeric() || "._-/: ".contains(c));
    let help = if is_plain { format!("write `\"{shown}\"`") } else { "write `\"` on both sides".to_owned() };
    Words::new("a text needs quotes", help)
}

fn unquoted_key(found: &str) -> Words {
    match found.chars().next() {
        Some(':') => Words::new("after a key comes `=`", "write `=` in the place of `:`"),
        Some(c) if !c.is_ascii() && (c.is_whitespace() || c.is_control() || c == '\u{200b}' || c == '\u{feff}') => {
            let code = u32::from(c);
            Words::new(
                format!("U+{code:04X} stands here, which looks like a space or like nothing"),
                "write a space, or delete it",
            )
        }
        _ => Words::new(
            "this cannot be in a key without quotes",
            format!("a key has letters, digits, `-` and `_`; {NO_TOML}"),
        ),
    }
}

/// "recursion limit" for dotted keys, "cannot recurse further; …" for brackets.
pub(super) fn is_about_depth(message: &str) -> bool {
    message.contains("recurs")
}

pub(super) fn is_mark_of_a_conflict(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark))
}

fn line<'t>(text: &'t str, span: &Range<usize>) -> &'t str {
    let before = text.get(..span.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
}
