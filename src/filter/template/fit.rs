//! Where a filled template may stand.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::TemplateFailure;
use crate::filter::Filter;
use crate::filter::json::Clipped;

/// All but what RFC 3986 section 2.3 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters of a value that a message shows.
const SHOWN: usize = 60;

/// A value as a part of one path segment.
pub(super) fn segment(filter: &Filter, text: &str) -> Result<String, TemplateFailure> {
    let unfit = |reason: &str| {
        let shown = Clipped::of(SHOWN, &text.escape_debug());
        let filter = filter.text();
        Err(TemplateFailure::Unfit(format!("`{{{{ {filter} }}}}` gives \"{shown}\", which {reason} a path")))
    };
    match text {
        "" => unfit("is empty and leaves a hole in"),
        text if text.contains(['/', '\\']) => unfit("would add a segment to"),
        text if text.contains(char::is_control) => unfit("has control characters, which may not stand in"),
        text => Ok(utf8_percent_encode(text, RESERVED).to_string()),
    }
}

/// Whether a segment of a path is one that means another place (RFC 3986 section 5.2.4), also where it is
/// percent-encoded: URL parsers read `%2e` as a dot, and some servers `%2f` as a slash.
pub(super) fn walks(path: &str) -> bool {
    let decoded = percent_decode_str(path).collect::<Vec<u8>>();
    decoded.split(|byte| matches!(byte, b'/' | b'\\')).any(|segment| matches!(segment, b"." | b".."))
}

/// A whole path: no segment may mean another place, also where text and value make it up together.
pub(super) fn path(template: &str, path: String) -> Result<String, TemplateFailure> {
    let end = path.find(['?', '#']).unwrap_or(path.len());
    if walks(path.get(..end).unwrap_or_default()) {
        return Err(TemplateFailure::Unfit(format!("`{template}` becomes {path}, whose dots lead to another path")));
    }
    Ok(path)
}

/// A header's value.
pub(super) fn header(template: &str, text: String) -> Result<String, TemplateFailure> {
    match text.chars().find(|char| !matches!(char, ' '..='~')) {
        None => Ok(text),
        Some(char) => Err(TemplateFailure::Unfit(format!(
            "`{template}` gives a text with the character U+{:04X}, and a header holds printable ASCII only",
            u32::from(char)
        ))),
    }
}
