//! Keys and tables that come twice.

use std::ops::Range;

use crate::config::place::{Draft, Parsed, place};
use crate::config::problem::Severity;
use crate::config::spans::{self, Step};

/// A key or table that comes twice, with the place of the first.
pub(super) fn report(file: &Parsed<'_>, shown: &str, span: Range<usize>) {
    let key = shown.get(span.clone()).unwrap_or_default();
    let help = match line_of(file, span.start).trim_start().starts_with('[') {
        true => format!("write all of `{key}` in one place, or give one of the two another name"),
        false => "keep one of the two".to_owned(),
    };
    let mut draft = Draft::new(file, Severity::Error, "duplicate-name", span.clone(), format!("`{key}` comes twice"));
    if let Some(first) = first_of(file, key, span.start) {
        draft = draft.related(place(file, first, "first here"));
    }
    draft.help(help).report();
}

fn line_of<'t>(file: &Parsed<'t>, at: usize) -> &'t str {
    file.text.get(file.lines.around(file.text, &(at..at))).unwrap_or_default()
}

fn first_of(file: &Parsed<'_>, key: &str, at: usize) -> Option<Range<usize>> {
    line_before(file, key, at).or_else(|| in_document(file, at))
}

/// The line before `at` that says the same: the same header, or the same key under the same header.
fn line_before(file: &Parsed<'_>, key: &str, at: usize) -> Option<Range<usize>> {
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

/// What the parser found first under the name of a header.
fn in_document(file: &Parsed<'_>, at: usize) -> Option<Range<usize>> {
    let line = file.lines.around(file.text, &(at..at));
    let header = file.text.get(line.start..)?.lines().next()?;
    let names = header.trim().trim_start_matches('[').split(']').next()?;
    let path: Vec<Step> = names.split('.').map(|name| Step::Key(name.trim().to_owned())).collect();
    let key = spans::locate(&file.root, &path).key?;
    (key.end <= line.start).then_some(key)
}
