//! What is kept of alerts: how they stand, who is to be told, and what they are judged by.

mod judging;
mod outbox;
mod readings;
mod runs;
mod senders;
mod silences;

/// Statements that are run often or over long histories.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 11] = [
    judging::JUDGE,
    judging::TELL,
    judging::FORGET,
    outbox::WAITING,
    outbox::ARE_OURS,
    outbox::TOGETHER,
    outbox::AGAIN,
    readings::NEWEST,
    readings::SINCE,
    readings::OF_NEWEST_RUN,
    runs::NEWS,
];
