//! Messages in words that every channel for people uses.

use std::collections::BTreeSet;

use crate::clock::Time;
use crate::run::{Message, What};

/// What became of an alert: `credits-low is firing (page)`.
pub(super) fn title(message: &Message) -> String {
    let Message { alert, severity, .. } = message;
    match message.what {
        What::Firing => format!("{alert} is firing ({severity})"),
        What::Resolved => format!("{alert} is resolved"),
        What::Unknown => format!("{alert} is unknown ({severity})"),
    }
}

/// Messages on one line.
pub(super) fn subject(messages: &[Message]) -> String {
    match messages {
        [message] => format!("{}: {}", title(message), message.reason),
        _ => {
            let alerts: BTreeSet<&str> = messages.iter().map(|message| message.alert.as_str()).collect();
            let alerts = alerts.into_iter().collect::<Vec<_>>().join(", ");
            format!("{} messages, {}: {alerts}", messages.len(), counts(messages))
        }
    }
}

fn counts(messages: &[Message]) -> String {
    let count = |what: What| messages.iter().filter(|message| message.what == what).count();
    let counts = What::ALL.iter().map(|what| (count(*what), what)).filter(|(count, _)| *count > 0);
    counts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

/// Where and when: what is looked at, since when it is so, and who says it.
pub(super) fn circumstances(message: &Message) -> Vec<String> {
    let what = [&message.series, &message.step].into_iter().filter(|text| !text.is_empty());
    let what = what.map(String::as_str).collect::<Vec<_>>().join(", ");
    let since = format!("{} since {}", message.what, moment(message.since));
    let told = format!("found at {}", moment(message.at));
    let host = format!("apicron on {}", message.host);
    [what, since, told, host].into_iter().filter(|text| !text.is_empty()).collect()
}

fn moment(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A text of at most so many characters, its last one `…` where it was cut.
pub(super) fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}
