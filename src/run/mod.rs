//! What happened, as plain data: ticks, runs, calls, attempts, samples, evidence, diagnoses.
//!
//! Everything here is a fact that the store can keep. Nothing here decides anything.

mod call;
mod diagnosis;
mod incident;
mod lenient;
mod listing;
mod message;
mod sample;
mod state;
mod token;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Time;

pub use call::{Attempt, CallRecord, StoredBody};
pub use diagnosis::{
    Confidence, Context, Diagnosis, Evidence, HeaderValue, Phase, ResponseEvidence, TokenEvidence, Verdict, is_remark,
};
pub use incident::{Hold, Incident, IncidentId, Novelty, Released, Span, Waiting};
pub use listing::{
    Completed, Gone, Listing, ListingId, Opened, Page, Progress, Reading, Record, Remembered, Stored, Tally, Uploaded,
};
pub use message::{Message, What};
pub use sample::{MetricKind, Number, Sample};
pub use state::{CallState, Kind, RunState, Trigger};
pub use token::{TokenEvent, TokenEventKind};

/// A name of the job file: `[a-z0-9][a-z0-9_-]{0,63}`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as a checked type; `None` when it does not have the form of a name.
    ///
    /// ```
    /// use apicron::run::Name;
    /// assert!(Name::new("credit-balance").is_some());
    /// assert!(Name::new("Credit Balance").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Name> {
        let mut bytes = text.bytes();
        let first = bytes.next()?;
        let is_head = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits =
            is_head(first) && bytes.all(|byte| is_head(byte) || byte == b'_' || byte == b'-') && text.len() <= 64;
        fits.then(|| Name(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// OAuth 2.0 scopes: sorted, unique, case-sensitive (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// The scopes of a space-separated text.
    pub fn parse(text: &str) -> Scopes {
        text.split_ascii_whitespace().map(str::to_owned).collect()
    }

    /// Whether there is no scope at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `scope` is among them, by itself or under a wildcard: `a:*` covers `a:b`.
    pub fn cover(&self, scope: &str) -> bool {
        let wildcard = scope.split_once(':').map(|(head, _)| format!("{head}:*"));
        self.0.contains(scope) || wildcard.is_some_and(|wildcard| self.0.contains(&wildcard))
    }

    /// Those of `self` that `granted` does not cover.
    pub fn without(&self, granted: &Scopes) -> Scopes {
        self.iter().filter(|scope| !granted.cover(scope)).map(str::to_owned).collect()
    }
}

impl FromIterator<String> for Scopes {
    fn from_iter<I: IntoIterator<Item = String>>(scopes: I) -> Scopes {
        Scopes(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, scope) in self.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { " " })?;
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// A moment at which a job is due.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tick {
    /// The job that is due.
    pub job: Name,
    /// When it is due. For a manual start, when it was asked for.
    pub scheduled_for: Time,
}

/// A run's number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A tick (or a manual start) that was claimed and is now a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its row.
    pub id: RunId,
    /// What is due.
    pub tick: Tick,
    /// What started it.
    pub trigger: Trigger,
    /// When the claim was handed to the writer.
    pub claimed_at: Time,
    /// What its idempotency keys are made of.
    pub occasion: Occasion,
}

/// What the idempotency keys of a run are made of, beside its job and call: the same for a run and
/// its repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Its tick.
    Tick,
    /// A manual start: the first run of its chain.
    Manual(RunId),
}

/// How a run ended: all that is written when it does.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The run that ended.
    pub run: RunId,
    /// A final state.
    pub state: RunState,
    /// The kind of failure; `None` when it succeeded.
    pub kind: Option<Kind>,
    /// One sentence for a person; `None` when it succeeded.
    pub reason: Option<String>,
    /// When its first call began; `None` when it ended before that.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Time,
    /// Its calls in order.
    pub calls: Vec<CallRecord>,
    /// The numbers it took.
    pub samples: Vec<Sample>,
    /// What later runs see as `$state`; nothing unless it succeeded.
    pub remembered: Vec<Remembered>,
    /// Files that need not be sent again as long as they stay as they are.
    pub uploaded: Vec<Uploaded>,
    /// The credential that was refused itself, by the last diagnosis of the phase `mint`: an incident,
    /// unless one is open for it.
    pub refused_credential: Option<Name>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_a_letter_or_digit_and_has_at_most_64_characters() {
        for good in ["a", "0", "credit-balance", "a_b-c9", &"x".repeat(64)] {
            assert!(Name::new(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a b", "ä", &"x".repeat(65)] {
            assert!(Name::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_covers_the_actions_of_its_resource_and_nothing_else_implies_anything() {
        let granted = Scopes::parse("files:* usage:read");
        assert!(granted.cover("files:write") && granted.cover("usage:read"));
        assert!(!granted.cover("usage:write") && !granted.cover("org:admin") && !granted.cover("Files:read"));
        assert_eq!(Scopes::parse("usage:write files:read").without(&granted).to_string(), "usage:write");
    }
}
