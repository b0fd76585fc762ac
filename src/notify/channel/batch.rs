//! Messages as a channel may show them: without secrets, without what drives a terminal, and of a bounded length.

use uuid::Uuid;

use crate::job::Channel;
use crate::run::{Message, Name};
use crate::secret::Redactor;
use crate::telemetry::clean_line;
use crate::token::cut;

/// What the keys are made in, so that they are those of no one else.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f3b_0c1e_7a54_4d9b_9c58_1f2e_a7d0_43b6);

/// The longest text of a message, in bytes.
const LONGEST: usize = 2_000;

/// The most lines of a formula.
const MOST_LINES: usize = 20;

/// What goes out at once.
pub(super) struct Batch<'a> {
    /// The channel.
    pub(super) channel: &'a Name,
    /// The same for the same messages on the same channel.
    pub(super) key: String,
    /// At least one. Their keys are opaque, since what they are made of may hold a label from outside.
    pub(super) messages: Vec<Message>,
}

impl Batch<'_> {
    pub(super) fn new<'a>(channel: &'a Channel, messages: &[Message], redactor: &Redactor) -> Batch<'a> {
        let messages: Vec<Message> = messages.iter().map(|message| fit(message, redactor)).collect();
        let keys = messages.iter().map(|message| message.key.as_str());
        let names: Vec<&str> = std::iter::once(channel.name.as_str()).chain(keys).collect();
        Batch { channel: &channel.name, key: key(&names.join("\n")), messages }
    }
}

fn fit(message: &Message, redactor: &Redactor) -> Message {
    let line = |text: &String| cut(clean_line(&redactor.scrub(text)), LONGEST).0;
    Message {
        // The same news of two hosts is two messages.
        key: key(&format!("{}\n{}", message.host, message.key)),
        alert: message.alert.clone(),
        series: line(&message.series),
        step: line(&message.step),
        job: message.job.clone(),
        kind: line(&message.kind),
        severity: line(&message.severity),
        what: message.what,
        value: message.value,
        threshold: message.threshold,
        unit: message.unit.as_ref().map(line),
        reason: line(&message.reason),
        why: message.why.iter().take(MOST_LINES).map(line).collect(),
        remedy: message.remedy.as_ref().map(line),
        since: message.since,
        at: message.at,
        host: line(&message.host),
    }
}

fn key(text: &str) -> String {
    Uuid::new_v5(&NAMESPACE, text.as_bytes()).to_string()
}
