//! Logs. They go to standard error, and no secret has a way into them.
//!
//! A message reads alone and has fields to filter by: `job.name`, `run.id`, `attempt`,
//! `duration_ms`. A failure is logged once, where it is handled.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::secret::Redactor;

/// Directives that keep the libraries quiet while apicron speaks: `info`, `debug`, `apicron=trace`.
pub const DEFAULT_DIRECTIVES: &str = "warn,apicron=info";

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The directives are not in the form that tracing-subscriber knows.
    #[error("`{directives}` is no log filter: write `debug`, or `warn,apicron=trace`")]
    Directives {
        /// As given.
        directives: String,
        /// What is wrong with them.
        #[source]
        cause: tracing_subscriber::filter::ParseError,
    },
}

/// Whether log lines carry colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    On,
    /// For a file or a pipe.
    Off,
}

/// Begins to log to standard error. The first call in a process counts; later ones do nothing.
///
/// # Errors
/// [`TelemetryError`] when `directives` cannot be read.
pub fn begin(directives: &str, colour: Colour, redactor: Redactor) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(directives)
        .map_err(|cause| TelemetryError::Directives { directives: directives.to_owned(), cause })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour == Colour::On)
        .with_target(false)
        .with_writer(Scrubbed(redactor));
    // A second subscriber is refused, which only tests that share a process can meet.
    drop(subscriber.try_init());
    Ok(())
}

/// An error with all its causes, each said once: `could not X: Y: Z`.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

/// Writes each log line to standard error, known secrets removed.
struct Scrubbed(Redactor);

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = ScrubbedLine;

    fn make_writer(&'a self) -> ScrubbedLine {
        ScrubbedLine { redactor: self.0.clone(), line: Vec::new() }
    }
}

/// One log line, gathered whole so that a secret cannot hide across two writes.
struct ScrubbedLine {
    redactor: Redactor,
    line: Vec<u8>,
}

impl Write for ScrubbedLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ScrubbedLine {
    fn drop(&mut self) {
        let line = self.redactor.scrub_owned(String::from_utf8_lossy(&self.line).into_owned());
        // A closed standard error is no reason to stop working.
        drop(io::stderr().lock().write_all(line.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not open the door")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_chain_says_each_cause_once() {
        let error = Outer(io::Error::other("it is locked"));
        assert_eq!(chain(&error), "could not open the door: it is locked");
    }
}
