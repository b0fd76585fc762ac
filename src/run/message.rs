//! A message of an alert: what an outbox keeps, and what a channel sends.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Name;
use super::state::words;
use crate::clock::Time;

words! {
    /// What a message tells of its alert.
    What {
        /// It fires.
        Firing = "firing",
        /// It fired, or it was not known how it stands, and all is well again.
        Resolved = "resolved",
        /// It is not known how it stands. Never taken for well.
        Unknown = "unknown",
    }
}

/// What somebody is to be told of an alert.
///
/// It is kept as JSON: a field that a later version adds has a default, and one that this version does not know is
/// passed over, so that an outbox outlives an update and its undoing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The same for the same news, however often it is sent, and for no other.
    pub key: String,
    /// The alert.
    pub alert: Name,
    /// What the alert looks at: `JOB.METRIC`, `JOB.METRIC{LABEL}`, `JOB` or `credential.NAME`; may be empty.
    #[serde(default)]
    pub series: String,
    /// Which of its steps; empty for a rule without steps.
    #[serde(default)]
    pub step: String,
    /// The job that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Name>,
    /// The word of the job file for what fires: `below`, `runout`, …
    pub kind: String,
    /// How bad it is when it fires: `notice` or `page`.
    pub severity: String,
    /// What it tells.
    pub what: What,
    /// What was measured, where that is a number. Times are in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What it is measured by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What the value counts, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What is the case, in one sentence.
    pub reason: String,
    /// Why that is so: the formulas with their values, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// What to do, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Since when it is as `what` says.
    pub since: Time,
    /// When it was found out.
    pub at: Time,
    /// Which apicron tells it: its host, or another name that people know it by.
    pub host: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn least() -> Value {
        json!({
            "key": "k", "alert": "credits-low", "kind": "below", "severity": "page", "what": "firing",
            "reason": "it is low", "since": "2026-11-24T12:00:00Z", "at": "2026-11-24T12:01:00.250Z", "host": "ops-1",
        })
    }

    fn read(message: Value) -> Message {
        serde_json::from_value(message).expect("a message")
    }

    #[test]
    fn a_message_that_is_kept_reads_back_as_it_was() {
        let full = Message {
            series: "credit-balance.credits_available{a\u{202e}}".to_owned(),
            step: "14d middle".to_owned(),
            job: Name::new("credit-balance"),
            value: Some(4_200.5),
            threshold: Some(5_000.0),
            unit: Some("credits".to_owned()),
            why: vec!["R = 4,200 is left".to_owned()],
            remedy: Some("buy credits".to_owned()),
            ..read(least())
        };
        for message in [full, read(least())] {
            let kept = serde_json::to_string(&message).expect("JSON");
            assert_eq!(serde_json::from_str::<Message>(&kept).expect("a message"), message);
        }
    }

    #[test]
    fn a_message_of_another_version_is_read_without_what_is_not_known_here() {
        let mut newer = least();
        newer["urgency"] = json!({"level": 7});
        assert_eq!(read(newer), read(least()));
    }

    #[test]
    fn a_number_that_json_cannot_hold_is_one_that_is_not_known() {
        let message = Message { value: Some(f64::NAN), threshold: Some(f64::INFINITY), ..read(least()) };
        let kept = read(serde_json::to_value(&message).expect("JSON"));
        assert_eq!((kept.value, kept.threshold), (None, None));
    }
}
