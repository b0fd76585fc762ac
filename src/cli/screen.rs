//! Where output goes: what was asked for on standard output, everything else on standard error.

use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::live::above;
use crate::telemetry::clean_json;
pub(super) use crate::telemetry::{clean, clean_line};

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

    /// One JSON object on a line of its own. What could drive a terminal is escaped in it.
    pub(super) fn json<T: Serialize + ?Sized>(&self, value: &T) -> io::Result<()> {
        let line = clean_json(serde_json::to_string(value).map_err(io::Error::other)?) + "\n";
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
