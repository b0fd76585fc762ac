//! Cron texts: text → pattern → instants in a zone.

use chrono_tz::Tz;

use crate::clock::Time;

/// A checked cron text. Cheap to clone: equal texts may share one parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// An instant at which a pattern fires in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The instant.
    pub at: Time,
    /// Whether a change of the zone's offset moved it.
    pub moved: Option<Moved>,
}

/// How a change of offset moved a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Its wall-clock time does not exist that day: it fires at the first instant after the gap.
    Gap,
    /// Its wall-clock time comes twice: it fires the first time.
    Fold,
}

impl Pattern {
    /// Reads a cron text.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        Ok(Pattern { text: text.to_owned() })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first instant strictly after `after`.
    pub fn next_after(&self, _after: Time, _zone: Tz) -> Option<Occurrence> {
        None
    }

    /// The last instant strictly before `before`.
    pub fn last_before(&self, _before: Time, _zone: Tz) -> Option<Occurrence> {
        None
    }

    /// The schedule in a sentence for people: "at 05:00 every day".
    pub fn describe(&self) -> String {
        String::new()
    }
}
