//! Where output goes: what was asked for on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::live::above;

/// How output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Writes output in the form that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) form: Form,
}

/// A word that stands out on a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tone {
    Good,
    Bad,
    Quiet,
    Strong,
}

impl Screen {
    /// Sets up the terminal once for the whole process.
    pub(super) fn new(form: Form, no_color: bool) -> Screen {
        if no_color {
            ColorChoice::Never.write_global();
        }
        Screen { form }
    }

    /// One line of what was asked for.
    pub(super) fn line(&self, text: &str) -> io::Result<()> {
        above(|| writeln!(anstream::stdout().lock(), "{text}"))
    }

    /// A text of what was asked for, as it is.
    pub(super) fn text(&self, text: &str) -> io::Result<()> {
        above(|| write!(anstream::stdout().lock(), "{text}"))
    }

    /// A body from outside, with an end of line after it where it has none.
    pub(super) fn body(&self, text: &str) -> io::Result<()> {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.write_all(end.as_bytes())
    }

    /// One JSON object on a line of its own.
    pub(super) fn json<T: Serialize + ?Sized>(&self, value: &T) -> io::Result<()> {
        let mut line = visible_json(serde_json::to_string(value).map_err(io::Error::other)?);
        line.push('\n');
        above(|| io::stdout().lock().write_all(line.as_bytes()))
    }

    /// One line that nobody asked for, on standard error.
    pub(super) fn note(&self, text: &str) {
        // Whoever closed standard error does not want to know.
        drop(above(|| writeln!(anstream::stderr().lock(), "{text}")));
    }

    /// Rows under a head, as wide as the terminal at most.
    pub(super) fn table(&self, head: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(head.iter().map(|word| paint(Tone::Quiet, word)));
        if io::stdout().is_terminal() {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        table.add_rows(rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.to_string().lines() {
            self.line(line.trim_end())?;
        }
        Ok(())
    }
}

/// Where log lines go: to standard error.
pub(super) struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Whether standard error shows colour.
pub(super) fn stderr_has_colour() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether standard output shows colour.
pub(super) fn stdout_has_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The text in a tone; where colour is off, the codes are taken out again on the way.
pub(super) fn paint(tone: Tone, text: &str) -> String {
    let code = match tone {
        Tone::Good => "32",
        Tone::Bad => "31",
        Tone::Quiet => "2",
        Tone::Strong => "1",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A text from outside of any number of lines with its control characters made visible, so that it can
/// neither drive a terminal nor show itself in another order; line feeds stay.
pub(super) fn clean(text: &str) -> String {
    escaped(text, |c| c != '\n' && is_deceptive(c))
}

/// A text from outside as [`clean`] makes it, and on one line, so that it cannot pass for lines of ours.
pub(super) fn clean_line(text: &str) -> String {
    escaped(text, is_deceptive)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// JSON that says the same, with the characters escaped that drive a terminal or change the order of text and that
/// JSON has no need to escape (RFC 8259 section 7). Beyond ASCII they stand in strings only.
fn visible_json(text: String) -> String {
    let is_visible = |c: char| c < '\u{7f}' || !is_deceptive(c);
    if text.chars().all(is_visible) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_visible(c) {
            shown.push(c);
        } else {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
    }
    shown
}

/// Control characters, separators of lines and paragraphs, and what changes the direction of text (Unicode
/// Standard Annex 9, section 2).
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_drive_a_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc\r"), "a\\u{1b}[2Jb\nc\\u{d}");
        // CSI in one character: many terminals take it.
        assert_eq!(clean("é\u{9b}2J"), "é\\u{9b}2J");
    }

    #[test]
    fn json_cannot_drive_a_terminal_either_and_says_the_same() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b}[2J\u{7f}\u{202e}é\n", "b": 1 });
        let shown = visible_json(value.to_string());
        assert!(!shown.contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown}");
        assert!(shown.contains("é") && shown.contains(r"\u009b"), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }

    #[test]
    fn text_from_outside_cannot_pass_for_another_line_or_another_order() {
        assert_eq!(clean_line("a\nb\u{2028}c\u{2029}d\u{85}\r\n"), "a\\u{a}b\\u{2028}c\\u{2029}d\\u{85}\\u{d}\\u{a}");
        for c in ["\u{61c}", "\u{200e}", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"] {
            let visible = c.escape_unicode().to_string();
            assert_eq!((clean(c), clean_line(c)), (visible.clone(), visible));
        }
        assert_eq!(clean_line("Größe → العربية 100\u{a0}%"), "Größe → العربية 100\u{a0}%");
    }
}
