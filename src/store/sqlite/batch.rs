//! What was gathered for the writer, and writing it as one.

use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::counts::Counts;
use super::errand::{At, Queued};
use super::names::Names;
use super::{claim, cover, finish, samples, sending, tokens};
use crate::clock::Time;
use crate::run::{CallRecord, Outcome, RunId, Sample, TokenEvent};
use crate::store::{Claim, Claimed, Finish, StoreError, Stretch};

pub(super) const CLAIM: &str = "claim ticks";
pub(super) const COVER: &str = "cover ticks";
pub(super) const FINISH: &str = "record the end of a run";

/// Something to write.
pub(super) enum Message {
    Claim(Ask<Vec<Claim>, Vec<Claimed>>),
    Cover(Ask<Vec<Stretch>, ()>),
    Finish(Ask<Box<Outcome>, Finish>),
    Sending(Ask<Box<(RunId, CallRecord)>, Finish>),
    Errand(Box<dyn Queued>),
    Started(RunId, Time),
    Token(Box<TokenEvent>),
    Samples(Vec<Sample>),
}

impl Message {
    /// What is being done, for errors.
    pub(super) fn doing(&self) -> &'static str {
        match self {
            Message::Claim(_) => CLAIM,
            Message::Cover(_) => COVER,
            Message::Finish(_) => FINISH,
            Message::Sending(_) => sending::DOING,
            Message::Errand(errand) => errand.doing(),
            Message::Started(..) | Message::Token(_) | Message::Samples(_) => "write a note",
        }
    }
}

/// Something to write for somebody who waits.
pub(super) struct Ask<Q, A> {
    pub(super) question: Q,
    pub(super) answer: oneshot::Sender<Result<A, StoreError>>,
    /// A place in the queue, given back with the answer.
    pub(super) _place: OwnedSemaphorePermit,
}

impl<Q, A> Ask<Q, A> {
    /// Nobody minds if the one who asked has stopped waiting.
    pub(super) fn answer(self, answer: Result<A, StoreError>) {
        drop(self.answer.send(answer));
    }
}

/// Answers to the messages of a batch, in order, by kind.
#[derive(Default)]
pub(super) struct Answers {
    claimed: Vec<Claimed>,
    finished: Vec<Finish>,
    sending: Vec<Finish>,
}

/// Whose batch it is, and when.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) process: i64,
    pub(super) now: Time,
}

/// Writes messages with one statement per table, inside the caller's transaction.
///
/// Ends come before claims, so that a tick does not overlap a run that ended before it was claimed.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    Stamp { process, now }: Stamp,
    names: &mut Names,
    messages: &mut [Message],
) -> Result<Answers, sqlx::Error> {
    let gathered = Gathered::of(messages);
    let mut counts = Counts::default();
    let mut answers = Answers::default();
    finish::started(&mut *connection, process, &gathered.started).await?;
    if !gathered.outcomes.is_empty() {
        answers.finished = finish::finish(&mut *connection, process, names, &mut counts, &gathered.outcomes).await?;
    }
    if !gathered.sending.is_empty() {
        answers.sending = sending::write(&mut *connection, process, names, &gathered.sending).await?;
    }
    if !gathered.stretches.is_empty() {
        cover::cover(&mut *connection, process, names, &mut counts, &gathered.stretches).await?;
    }
    if !gathered.claims.is_empty() {
        answers.claimed = claim::claim(&mut *connection, process, names, &mut counts, &gathered.claims).await?;
    }
    tokens::write(&mut *connection, names, &gathered.events).await?;
    samples::write(&mut *connection, names, &gathered.samples).await?;
    counts.write(&mut *connection).await?;
    for message in messages {
        if let Message::Errand(errand) = message {
            errand.run(At { connection: &mut *connection, names: &mut *names, process, now }).await?;
        }
    }
    Ok(answers)
}

/// Hands the answers to those who wait for them.
pub(super) fn deliver(messages: Vec<Message>, answers: Answers) {
    let mut claimed = answers.claimed.into_iter();
    let mut finished = answers.finished.into_iter();
    let mut sending = answers.sending.into_iter();
    for message in messages {
        match message {
            Message::Claim(ask) => {
                let mine = claimed.by_ref().take(ask.question.len()).collect();
                ask.answer(Ok(mine));
            }
            Message::Cover(ask) => ask.answer(Ok(())),
            Message::Errand(errand) => errand.done(),
            Message::Finish(ask) => {
                if let Some(mine) = finished.next() {
                    ask.answer(Ok(mine));
                }
            }
            Message::Sending(ask) => {
                if let Some(mine) = sending.next() {
                    ask.answer(Ok(mine));
                }
            }
            Message::Started(..) | Message::Token(_) | Message::Samples(_) => {}
        }
    }
}

/// The messages by kind.
#[derive(Default)]
struct Gathered<'a> {
    claims: Vec<&'a Claim>,
    stretches: Vec<&'a Stretch>,
    outcomes: Vec<&'a Outcome>,
    sending: Vec<&'a (RunId, CallRecord)>,
    started: Vec<(RunId, Time)>,
    events: Vec<&'a TokenEvent>,
    samples: Vec<(Option<RunId>, &'a Sample)>,
}

impl Gathered<'_> {
    fn of(messages: &[Message]) -> Gathered<'_> {
        let mut gathered = Gathered::default();
        for message in messages {
            match message {
                Message::Claim(ask) => gathered.claims.extend(&ask.question),
                Message::Cover(ask) => gathered.stretches.extend(&ask.question),
                Message::Finish(ask) => gathered.outcomes.push(&ask.question),
                Message::Sending(ask) => gathered.sending.push(&ask.question),
                Message::Errand(_) => {} // done after the rest
                Message::Started(run, at) => gathered.started.push((*run, *at)),
                Message::Token(event) => gathered.events.push(event),
                Message::Samples(samples) => gathered.samples.extend(samples.iter().map(|sample| (None, sample))),
            }
        }
        gathered
    }
}
