//! What was gathered for the writer, and writing it as one.

use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::counts::Counts;
use super::names::Names;
use super::prune::{Pruned, Step};
use super::{claim, cover, finish, prune, tokens, versions};
use crate::clock::Time;
use crate::run::{Outcome, RunId, TokenEvent};
use crate::store::{Claim, Claimed, Finish, JobVersion, StoreError, Stretch};

/// Something to write.
#[derive(Debug)]
pub(super) enum Message {
    Claim(Ask<Vec<Claim>, Vec<Claimed>>),
    Cover(Ask<Vec<Stretch>, ()>),
    Finish(Ask<Box<Outcome>, Finish>),
    Prune(Ask<Step, Pruned>),
    Serve(Ask<(Vec<JobVersion>, Time), ()>),
    Started(RunId, Time),
    Token(Box<TokenEvent>),
}

/// Something to write for somebody who waits.
#[derive(Debug)]
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
    pruned: Vec<Pruned>,
}

/// Writes messages with one statement per table, inside the caller's transaction.
///
/// Ends come before claims, so that a tick does not overlap a run that ended before it was claimed.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    messages: &[Message],
) -> Result<Answers, sqlx::Error> {
    let gathered = Gathered::of(messages);
    let mut counts = Counts::default();
    let mut answers = Answers::default();
    finish::started(&mut *connection, process, &gathered.started).await?;
    if !gathered.outcomes.is_empty() {
        answers.finished = finish::finish(&mut *connection, process, names, &mut counts, &gathered.outcomes).await?;
    }
    if !gathered.stretches.is_empty() {
        cover::cover(&mut *connection, process, names, &mut counts, &gathered.stretches).await?;
    }
    if !gathered.claims.is_empty() {
        answers.claimed = claim::claim(&mut *connection, process, names, &mut counts, &gathered.claims).await?;
    }
    tokens::write(&mut *connection, names, &gathered.events).await?;
    counts.write(&mut *connection).await?;
    for (served, now) in gathered.served {
        versions::serve(&mut *connection, names, served, *now).await?;
    }
    for step in gathered.steps {
        answers.pruned.push(prune::prune(&mut *connection, step).await?);
    }
    Ok(answers)
}

/// Hands the answers to those who wait for them.
pub(super) fn deliver(messages: Vec<Message>, answers: Answers) {
    let mut claimed = answers.claimed.into_iter();
    let mut finished = answers.finished.into_iter();
    let mut pruned = answers.pruned.into_iter();
    for message in messages {
        match message {
            Message::Claim(ask) => {
                let mine = claimed.by_ref().take(ask.question.len()).collect();
                ask.answer(Ok(mine));
            }
            Message::Cover(ask) => ask.answer(Ok(())),
            Message::Serve(ask) => ask.answer(Ok(())),
            Message::Finish(ask) => {
                if let Some(mine) = finished.next() {
                    ask.answer(Ok(mine));
                }
            }
            Message::Prune(ask) => {
                if let Some(mine) = pruned.next() {
                    ask.answer(Ok(mine));
                }
            }
            Message::Started(..) | Message::Token(_) => {}
        }
    }
}

/// The messages by kind.
#[derive(Default)]
struct Gathered<'a> {
    claims: Vec<&'a Claim>,
    stretches: Vec<&'a Stretch>,
    outcomes: Vec<&'a Outcome>,
    steps: Vec<Step>,
    served: Vec<&'a (Vec<JobVersion>, Time)>,
    started: Vec<(RunId, Time)>,
    events: Vec<&'a TokenEvent>,
}

impl Gathered<'_> {
    fn of(messages: &[Message]) -> Gathered<'_> {
        let mut gathered = Gathered::default();
        for message in messages {
            match message {
                Message::Claim(ask) => gathered.claims.extend(&ask.question),
                Message::Cover(ask) => gathered.stretches.extend(&ask.question),
                Message::Finish(ask) => gathered.outcomes.push(&ask.question),
                Message::Prune(ask) => gathered.steps.push(ask.question),
                Message::Serve(ask) => gathered.served.push(&ask.question),
                Message::Started(run, at) => gathered.started.push((*run, *at)),
                Message::Token(event) => gathered.events.push(event),
            }
        }
        gathered
    }
}
