//! TOML 1.1 syntax, which this program reads and most editors still underline in red.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::place::{Draft, Parsed};
use super::problem::Severity;

/// Warns about each place that TOML 1.0 does not know.
pub(in crate::config) fn warn(file: &Parsed<'_>) {
    for (_, value) in &file.root {
        in_value(file, value.get_ref(), value.span());
    }
}

fn in_value(file: &Parsed<'_>, value: &DeValue<'_>, span: Range<usize>) {
    match value {
        DeValue::Table(table) => {
            in_inline_table(file, table, span);
            for (_, value) in table {
                in_value(file, value.get_ref(), value.span());
            }
        }
        DeValue::Array(list) => {
            for element in list.iter() {
                in_value(file, element.get_ref(), element.span());
            }
        }
        DeValue::String(_) => in_string(file, span),
        _ => {}
    }
}

/// Looks at what is between the values of an inline table: there a line end or a last comma is new.
fn in_inline_table(file: &Parsed<'_>, table: &DeTable<'_>, span: Range<usize>) {
    let Some(text) = file.text.get(span.clone()) else { return };
    if !text.starts_with('{') {
        return;
    }
    let mut values = Vec::new();
    innermost_values(table, &mut values);
    values.sort_by_key(|value| value.start);
    let mut between = String::new();
    let mut from = span.start;
    for value in values {
        between.push_str(file.text.get(from..value.start).unwrap_or_default());
        from = from.max(value.end);
    }
    between.push_str(file.text.get(from..span.end).unwrap_or_default());
    if between.contains('\n') {
        report(
            file,
            span.start..span.start + 1,
            "an inline table over several lines",
            "write it on one line, or as a `[table]`",
        );
    } else if between.trim_end_matches('}').trim_end().ends_with(',') {
        report(file, span.end.saturating_sub(1)..span.end, "a comma before this `}`", "leave it out");
    }
}

/// The values of an inline table, through its dotted keys.
fn innermost_values(table: &DeTable<'_>, values: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        match value.get_ref() {
            // A table that a dotted key made has the place of that key.
            DeValue::Table(inner) if value.span() == key.span() => innermost_values(inner, values),
            _ => values.push(value.span()),
        }
    }
}

/// `\e` and `\xHH` in a basic string.
fn in_string(file: &Parsed<'_>, span: Range<usize>) {
    let Some(text) = file.text.get(span.clone()).filter(|text| text.starts_with('"')) else { return };
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        if let Some((_, new @ ('e' | 'x'))) = escaped {
            let place = span.start + at..span.start + at + 2;
            return report(file, place, &format!("the escape `\\{new}`"), "write `\\uXXXX` with four hex digits");
        }
    }
}

fn report(file: &Parsed<'_>, span: Range<usize>, what: &str, help: &str) {
    let message = format!("{what} is TOML 1.1, which many editors refuse");
    Draft::new(file, Severity::Warning, "toml-1.1", span, message).help(help).report();
}
