//! Brackets that are never closed.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::words;
use crate::config::place::{Draft, Parsed};
use crate::config::problem::Severity;

/// A bracket whose inside goes on to the end of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unclosed {
    /// Where it stands.
    pub from: usize,
}

/// The innermost such bracket.
pub(super) fn find(file: &Parsed<'_>, errors: &[toml::de::Error]) -> Option<Unclosed> {
    let is_unclosed = |error: &toml::de::Error| {
        let message = error.message();
        message.starts_with("unclosed inline table") || message.starts_with("unclosed array,")
    };
    if errors.iter().any(|error| words::is_about_depth(error.message())) {
        return None;
    }
    let end =
        errors.iter().filter(|error| is_unclosed(error)).filter_map(toml::de::Error::span).map(|at| at.start).max()?;
    let mut found = None;
    in_table(file.text, &file.root, end, &mut found);
    found.map(|span| Unclosed { from: span.start })
}

fn in_table(text: &str, table: &DeTable<'_>, end: usize, found: &mut Option<Range<usize>>) {
    for (_, value) in table {
        in_value(text, value.get_ref(), value.span(), end, found);
    }
}

fn in_value(text: &str, value: &DeValue<'_>, span: Range<usize>, end: usize, found: &mut Option<Range<usize>>) {
    let is_open = span.end >= end && text.get(span.clone()).is_some_and(|text| text.starts_with(['[', '{']));
    let is_inner = found.as_ref().is_none_or(|found| span.start >= found.start);
    match value {
        DeValue::Table(table) => {
            if is_open && is_inner {
                *found = Some(span);
            }
            in_table(text, table, end, found);
        }
        DeValue::Array(list) => {
            if is_open && is_inner {
                *found = Some(span);
            }
            for element in list {
                in_value(text, element.get_ref(), element.span(), end, found);
            }
        }
        _ => {}
    }
}

pub(super) fn report(file: &Parsed<'_>, from: usize) {
    let (open, close) =
        if file.text.get(from..).is_some_and(|text| text.starts_with('{')) { ('{', '}') } else { ('[', ']') };
    Draft::new(file, Severity::Error, "syntax", from..from + 1, format!("this `{open}` is never closed"))
        .label("all that follows is read as part of it")
        .help(format!("write `{close}` where it ends, and look whether each text before that has both its quotes"))
        .report();
}
