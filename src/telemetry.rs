//! Logs. They go to standard error, and no secret has a way into them.
//!
//! A message reads alone and has fields to filter by: `job.name`, `run.id`, `attempt`,
//! `duration_ms`. A failure is logged once, where it is handled.

mod visible;

use std::io::{self, Write};

use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::secret::Redactor;
pub use visible::{clean, clean_json, clean_line};

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

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: time, level, message, fields.
    Text,
    /// For programs: one JSON object a line, with `timestamp`, `level`, `message` and the fields
    /// beside them. It has no colour.
    Json,
}

/// Begins to log to what `sink` gives, one write a line. The first call in a process counts; later ones do
/// nothing.
///
/// # Errors
/// [`TelemetryError`] when `directives` cannot be read.
pub fn begin<W: Write + 'static>(
    directives: &str,
    format: Format,
    colour: Colour,
    redactor: Redactor,
    sink: fn() -> W,
) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(directives)
        .map_err(|cause| TelemetryError::Directives { directives: directives.to_owned(), cause })?;
    let subscriber = subscriber(filter, colour, Scrubbed { redactor, format, sink });
    // A second subscriber is refused, which only tests that share a process can meet.
    drop(tracing::subscriber::set_global_default(subscriber));
    Ok(())
}

fn subscriber<S, W>(filter: EnvFilter, colour: Colour, writer: Scrubbed<S>) -> Subscriber
where
    S: Fn() -> W + Send + Sync + 'static,
    W: Write + 'static,
{
    let format = writer.format;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(writer);
    match format {
        Format::Text => Box::new(builder.with_ansi(colour == Colour::On).finish()),
        Format::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

type Subscriber = Box<dyn tracing::Subscriber + Send + Sync>;

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

/// Writes each log line to where it goes, known secrets removed.
struct Scrubbed<S> {
    redactor: Redactor,
    format: Format,
    sink: S,
}

impl<'a, S: Fn() -> W, W: Write> MakeWriter<'a> for Scrubbed<S> {
    type Writer = ScrubbedLine<W>;

    fn make_writer(&'a self) -> ScrubbedLine<W> {
        ScrubbedLine { redactor: self.redactor.clone(), format: self.format, sink: (self.sink)(), line: Vec::new() }
    }
}

/// One log line, gathered whole so that a secret cannot hide across two writes.
struct ScrubbedLine<W: Write> {
    redactor: Redactor,
    format: Format,
    sink: W,
    line: Vec<u8>,
}

impl<W: Write> Write for ScrubbedLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for ScrubbedLine<W> {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        let line = match self.format {
            Format::Text => visible::clean_log(self.redactor.scrub_owned(line)),
            Format::Json => clean_json(scrub_object(&self.redactor, line).trim_end().to_owned()) + "\n",
        };
        // A closed standard error is no reason to stop working.
        drop(self.sink.write_all(line.as_bytes()));
    }
}

/// Scrubs value by value: what was quoted once for a message is quoted again for JSON, a spelling
/// that the redactor does not know, and a line that lost a piece of its syntax would be no JSON.
fn scrub_object(redactor: &Redactor, line: String) -> String {
    let Ok(mut object) = serde_json::from_str::<serde_json::Map<String, Value>>(&line) else {
        return redactor.scrub_owned(line);
    };
    for value in object.values_mut() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let scrubbed = redactor.scrub(&text);
        if scrubbed != text {
            *value = Value::String(scrubbed);
        }
    }
    format!("{}\n", Value::Object(object))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::secret::Secret;

    const SECRET: &str = "correct \"horse\" battery";

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("the lines").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written when `log` logs.
    fn logged(format: Format, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new(SECRET.to_owned()));
        let sink = kept.clone();
        redactor.learn_secret(&Secret::new("12345678".to_owned()));
        let scrubbed = Scrubbed { redactor, format, sink: move || sink.clone() };
        let filter = EnvFilter::new(DEFAULT_DIRECTIVES);
        tracing::subscriber::with_default(subscriber(filter, Colour::Off, scrubbed), log);
        let lines = kept.0.lock().expect("the lines");
        String::from_utf8(lines.clone()).expect("UTF-8")
    }

    #[test]
    fn a_json_line_is_one_object_with_its_fields_beside_the_message() {
        let text = logged(Format::Json, || {
            tracing::warn!(job.name = "x", duration_ms = 3, "run 1 of `x` failed:\nit said \"no\"");
            tracing::info!("ready");
        });
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [failed, ready] = lines.as_slice() else { panic!("{text}") };
        assert_eq!(failed["level"], "WARN");
        assert_eq!(failed["message"], "run 1 of `x` failed:\nit said \"no\"");
        assert_eq!((&failed["job.name"], &failed["duration_ms"]), (&"x".into(), &3.into()));
        let at = failed["timestamp"].as_str().expect("a text");
        assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
        let keys: Vec<&str> = ready.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["timestamp", "level", "message"]);
    }

    #[test]
    fn a_secret_is_removed_from_messages_and_fields_of_either_format() {
        for format in [Format::Text, Format::Json] {
            let text = logged(format, || {
                tracing::warn!(url = SECRET, said = ?SECRET, number = 12_345_678, "it was {SECRET}");
            });
            assert!(!text.contains("horse"), "{text}");
            assert_eq!(text.matches("[redacted]").count(), 4, "{text}");
            let is_json = serde_json::from_str::<Value>(&text).is_ok();
            assert_eq!(is_json, format == Format::Json, "{text}");
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("could not open the door")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_chain_says_each_cause_once() {
        let error = Outer(io::Error::other("it is locked"));
        assert_eq!(chain(&error), "could not open the door: it is locked");
    }
}
