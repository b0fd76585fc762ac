//! What is wrong with a job file, and where.

use std::ops::Range;
use std::path::PathBuf;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but hardly means what it says.
    Warning,
}

impl Severity {
    /// The word for people and for `--json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that is wrong. It never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A short stable name of this kind of problem, such as `unknown-key`.
    pub code: &'static str,
    /// The file that has it.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// Its bytes in the file; `None` for a file that could not be read.
    pub span: Option<Range<usize>>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What stands beside the caret.
    pub label: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that have to do with it.
    pub related: Vec<Place>,
}

/// A second place of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// What is there: "first defined here".
    pub label: String,
}

/// Bytes of a text after which its characters are counted once and for all: no place takes longer to find than so many.
const STRIDE: usize = 256;

/// Where the lines of a text begin, and how many characters come before them.
#[derive(Clone, Debug)]
pub(in crate::config) struct Lines {
    starts: Vec<usize>,
    /// Characters that begin before every [`STRIDE`]th byte. A line may be as long as the file, and have as many
    /// problems as it has bytes.
    characters: Vec<usize>,
}

impl Lines {
    pub(in crate::config) fn new(text: &str) -> Lines {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let strides = text.as_bytes().chunks(STRIDE).scan(0, |before, stride| {
            let so_far = *before;
            *before += characters(stride);
            Some(so_far)
        });
        Lines { starts, characters: strides.collect() }
    }

    /// The line and the column of a byte offset, both from 1, the column in characters.
    pub(in crate::config) fn position(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = floor(text, offset);
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = self.characters_before(text, offset) - self.characters_before(text, start) + 1;
        (count(line), count(column))
    }

    fn characters_before(&self, text: &str, offset: usize) -> usize {
        let stride = (offset / STRIDE).min(self.characters.len().saturating_sub(1));
        let rest = text.as_bytes().get(stride * STRIDE..offset).unwrap_or_default();
        self.characters.get(stride).copied().unwrap_or_default() + characters(rest)
    }

    /// The bytes of the whole lines that a span touches, without the last line end.
    pub(in crate::config) fn around(&self, text: &str, span: &Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let start = self.starts.get(first).copied().unwrap_or_default();
        let next = self.starts.partition_point(|start| *start <= floor(text, span.end));
        start..self.starts.get(next).map_or(text.len(), |next| next - 1)
    }
}

/// Characters that begin in the bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count()
}

/// The nearest boundary of a character at or before `offset`, and within the text.
pub(in crate::config) fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let text = "a = 1\nü = \"ä\"\n";
        let lines = Lines::new(text);
        let position = |offset| lines.position(text, offset);
        assert_eq!(position(0), (1, 1));
        assert_eq!(position(text.find('=').expect("there")), (1, 3));
        assert_eq!(position(text.find('"').expect("there")), (2, 5));
        assert_eq!(position(text.len() + 9), (3, 1));
        assert_eq!(&text[lines.around(text, &(7..9))], "ü = \"ä\"");
        assert_eq!(&text[lines.around(text, &(2..5))], "a = 1");
    }

    #[test]
    fn columns_of_a_long_line_count_its_characters() {
        let text = format!("\n{}", "aü€𝄞".repeat(STRIDE));
        let lines = Lines::new(&text);
        for (column, (at, _)) in (1..).zip(text[1..].char_indices()) {
            assert_eq!(lines.position(&text, 1 + at), (2, column));
        }
        assert_eq!(lines.position(&text, text.len()), (2, 4 * 256 + 1));
        assert_eq!(Lines::new("").position("", 0), (1, 1));
    }
}
