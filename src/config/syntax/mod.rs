//! What the TOML parser says, as problems.

mod duplicate;
mod unclosed;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use super::place::{Draft, Parsed};
use super::problem::Severity;
use unclosed::Unclosed;

/// More than these come from a file that is no TOML at all.
const SHOWN_AT_MOST: usize = 50;

/// Reports what is wrong with the syntax of a file, and gives the lines of which the parser made something else
/// than was meant.
///
/// `shown` is its text with secrets hidden; only that is repeated.
pub(in crate::config) fn report(file: &Parsed<'_>, shown: &str, errors: &[toml::de::Error]) -> BTreeSet<u32> {
    let unclosed = unclosed::find(file, errors);
    let mut said: Vec<Said<'_>> = errors.iter().map(Said::of).collect();
    if let Some(Unclosed { from }) = &unclosed {
        // What comes after it was read as part of it, and all that is wrong with that follows.
        said.retain(|said| said.span.start <= *from);
        unclosed::report(file, *from);
    }
    let others: BTreeSet<usize> = said.iter().filter(|said| !said.is_overflow()).map(|said| said.span.start).collect();
    // A number that is wrong in its form is not too large.
    said.retain(|said| !said.is_overflow() || !others.contains(&said.span.start));
    said.dedup_by(|next, first| follows(file, first, next));
    for said in said.iter().take(SHOWN_AT_MOST) {
        if said.message == "duplicate key" {
            duplicate::report(file, shown, said.span.clone());
            continue;
        }
        let words = words::of(file.text, shown, said);
        let draft = Draft::new(file, Severity::Error, "syntax", said.span.clone(), words.said);
        draft.maybe_help(words.help).report();
    }
    if let Some(first) = said.get(SHOWN_AT_MOST) {
        let message = format!("and {} more such errors from here on", said.len() - SHOWN_AT_MOST);
        let draft = Draft::new(file, Severity::Error, "syntax", first.span.clone(), message);
        draft.help("mend the first ones and check again").report();
    }
    broken_lines(file, unclosed)
}

/// Reports a value that has the form of TOML and cannot be read, unless something was said of its line.
pub(in crate::config) fn report_unread(file: &Parsed<'_>, shown: &str, error: &toml::de::Error, told: &BTreeSet<u32>) {
    let said = Said::of(error);
    if told.contains(&file.lines.position(file.text, said.span.start).0) {
        return;
    }
    let words = words::of(file.text, shown, &said);
    Draft::new(file, Severity::Error, "syntax", said.span, words.said).maybe_help(words.help).report();
}

/// What the parser says, and of which bytes.
#[derive(Debug)]
struct Said<'e> {
    span: Range<usize>,
    message: &'e str,
}

impl Said<'_> {
    fn of(error: &toml::de::Error) -> Said<'_> {
        Said { span: error.span().unwrap_or_default(), message: error.message() }
    }

    fn is_overflow(&self) -> bool {
        self.message.contains("overflowed")
    }

    /// The text of its line.
    fn line<'t>(&self, file: &Parsed<'t>) -> &'t str {
        file.text.get(file.lines.around(file.text, &(self.span.start..self.span.start))).unwrap_or_default()
    }
}

/// Whether an error is there only because of the one before it.
fn follows(file: &Parsed<'_>, first: &Said<'_>, next: &Said<'_>) -> bool {
    let is_same = first.message == next.message;
    // One bracket, or one stray sign, after the other is one mistake.
    let is_beside = next.span.start <= first.span.end;
    let line = |said: &Said<'_>| file.lines.position(file.text, said.span.start).0;
    let is_on_line = line(first) == line(next);
    let is_key = first.message.starts_with("invalid unquoted key") && next.message.starts_with("key with no value");
    (is_same && is_beside) || (is_on_line && (is_key || words::is_mark_of_a_conflict(first.line(file))))
}

/// The lines of the problems so far, and those that only make sense with them.
fn broken_lines(file: &Parsed<'_>, unclosed: Option<Unclosed>) -> BTreeSet<u32> {
    let mut lines: BTreeSet<u32> = file.problems.borrow().iter().map(|problem| problem.line).collect();
    let last = file.lines.position(file.text, file.text.len()).0;
    if let Some(Unclosed { from }) = unclosed {
        lines.extend(file.lines.position(file.text, from).0..=last);
    }
    // Below a header that is none, keys seem to be those of the table before it.
    let mut is_below = false;
    for (number, line) in (1..=last).zip(file.text.lines()) {
        if line.trim_start().starts_with('[') {
            is_below = lines.contains(&number);
        } else if is_below {
            lines.insert(number);
        }
    }
    lines
}
