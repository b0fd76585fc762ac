//! What is kept of alerts.

mod judging;
mod outbox;
mod readings;
mod runs;
mod senders;
mod silences;

use crate::clock::Time;
use crate::job::Severity;
use crate::run::{Message, What};
use crate::store::fixture::*;
use crate::store::*;
use crate::watch::{Budget, Key, Memory, Standing, State};

/// An instance of `credits-low` that has just begun to fire.
fn row(revision: i64) -> AlertRow {
    AlertRow {
        key: Key { alert: name("credits-low"), series: "usage.credits{a}".to_owned(), step: "80%".to_owned() },
        kind: "below".to_owned(),
        standing: Standing {
            state: State::Firing,
            since: minute(1),
            severity: Severity::Page,
            value: Some(0.1 + 0.2),
            threshold: Some(5_000.0),
            reason: "credits are \"low\"\u{2028}".to_owned(),
            memory: Memory {
                readings: 2,
                read_at: Some(minute(1)),
                holds_since: Some(minute(0)),
                is_on: true,
                is_told: true,
                is_lost: false,
                told_for: Some(Budget { period: minute(0), limit: Some(9e15 + 1.0) }),
            },
        },
        why: vec!["R = 4,200 is left".to_owned(), String::new()],
        unit: Some("credits".to_owned()),
        judged_at: minute(2),
        silenced_until: None,
        revision,
    }
}

fn message(key: &str, at: Time) -> Message {
    Message {
        key: key.to_owned(),
        alert: name("credits-low"),
        series: "usage.credits{a}".to_owned(),
        step: "80%".to_owned(),
        job: Some(name("usage")),
        kind: "below".to_owned(),
        severity: "page".to_owned(),
        what: What::Firing,
        value: Some(4_200.5),
        threshold: Some(5_000.0),
        unit: None,
        reason: "credits are low".to_owned(),
        why: Vec::new(),
        remedy: None,
        since: at,
        at,
        host: "ops-1".to_owned(),
    }
}

/// A judgement by the row with that revision, which tells `keys` through `ops`.
fn verdict(revision: i64, keys: &[&str]) -> Verdict {
    let messages = keys.iter().map(|key| (name("ops"), message(key, minute(2)))).collect();
    Verdict { row: row(revision), messages }
}

async fn judged(store: &Store, verdicts: Vec<Verdict>) -> Vec<Judging> {
    store.judged(verdicts, minute(2)).await.expect("an answer")
}

/// The keys of what goes next through `ops`.
async fn next(store: &Store, most: usize) -> Vec<String> {
    let waiting = store.outbox(&name("ops"), most).await.expect("read");
    waiting.into_iter().map(|waiting| waiting.message.key).collect()
}
