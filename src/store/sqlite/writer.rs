//! The one task that writes.
//!
//! It takes all messages that gathered while it wrote the batch before, and commits them as one.
//! There is no timer: an idle writer writes at once, a busy one writes much at a time, with some room for others
//! in between.

use std::path::Path;
use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::batch::{self, Answers, Ask, Message, Stamp};
use super::errand::{Asked, Errand};
use super::guard::{Guard, Leave};
use super::lease::{self, Beaten};
use super::names::Names;
use super::room::Room;
use super::trouble::Trouble;
use super::{leave, sending, transaction};
use crate::clock::{Clock, Time};
use crate::crash::{self, Moment};
use crate::run::{CallRecord, Outcome, RunId, Sample, TokenEvent};
use crate::store::{Claim, Claimed, Finish, StoreError, Stretch};
use crate::telemetry::chain;

/// Messages in one commit.
const BATCH: usize = 512;

/// Awaited messages in the queue. Beyond that, callers wait for a place. What is not awaited needs
/// none: there is one start for each claim, which was awaited, one token event with its samples for each
/// request, and a few samples each hour.
const PLACES: usize = 2 * BATCH;

/// What is not awaited and could not be written, kept for the next commit.
const KEPT: usize = 10_000;

/// Where to send what is to be written. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Writer {
    queue: mpsc::UnboundedSender<Order>,
    places: Arc<Semaphore>,
    path: Arc<Path>,
}

enum Order {
    Write(Message),
    /// Write what came before, and stop.
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It ends on [`Writer::close`], or when nobody holds a writer any more.
    pub(super) fn start(connection: SqliteConnection, process: i64, path: Arc<Path>, clock: Clock) -> Writer {
        let (queue, orders) = mpsc::unbounded_channel();
        let (names, guard) = (Names::default(), Guard::of(&path));
        let beaten = Beaten::now(&clock);
        let (path_of_desk, room, kept) = (Arc::clone(&path), Room::of_machine(), Vec::new());
        let desk = Desk { connection, process, path: path_of_desk, clock, names, guard, beaten, room, kept };
        tokio::spawn(desk.work(orders));
        Writer { queue, places: Arc::new(Semaphore::new(PLACES)), path }
    }

    pub(in crate::store) async fn claim(&self, claims: Vec<Claim>) -> Result<Vec<Claimed>, StoreError> {
        self.ask(batch::CLAIM, claims, Message::Claim).await
    }

    pub(in crate::store) async fn cover(&self, stretches: Vec<Stretch>) -> Result<(), StoreError> {
        self.ask(batch::COVER, stretches, Message::Cover).await
    }

    pub(in crate::store) async fn finish(&self, outcome: Outcome) -> Result<Finish, StoreError> {
        self.ask(batch::FINISH, Box::new(outcome), Message::Finish).await
    }

    pub(in crate::store) async fn sending(&self, run: RunId, call: CallRecord) -> Result<Finish, StoreError> {
        self.ask(sending::DOING, Box::new((run, call)), Message::Sending).await
    }

    /// Has something written that comes seldom.
    pub(super) async fn run<E: Errand>(&self, errand: E) -> Result<E::Answer, StoreError> {
        let place = self.place(E::DOING).await?;
        let (answer, answered) = oneshot::channel();
        let asked = Asked { errand, found: None, answer, _place: place };
        self.queue.send(Order::Write(Message::Errand(Box::new(asked)))).map_err(|_| self.closed(E::DOING))?;
        answered.await.map_err(|_| self.closed(E::DOING))?
    }

    pub(in crate::store) fn started(&self, run: RunId, at: Time) {
        self.send(Message::Started(run, at));
    }

    pub(in crate::store) fn token_event(&self, event: TokenEvent) {
        self.send(Message::Token(Box::new(event)));
    }

    pub(in crate::store) fn samples(&self, samples: Vec<Sample>) {
        if !samples.is_empty() {
            self.send(Message::Samples(samples));
        }
    }

    /// Returns once everything sent before is written or refused, and the file is closed.
    pub(super) async fn close(self) {
        let (closed, closing) = oneshot::channel();
        if self.queue.send(Order::Close(closed)).is_ok() {
            drop(closing.await);
        }
    }

    async fn ask<Q, A>(
        &self,
        doing: &'static str,
        question: Q,
        message: impl FnOnce(Ask<Q, A>) -> Message,
    ) -> Result<A, StoreError> {
        let place = self.place(doing).await?;
        let (answer, answered) = oneshot::channel();
        let message = message(Ask { question, answer, _place: place });
        self.queue.send(Order::Write(message)).map_err(|_| self.closed(doing))?;
        answered.await.map_err(|_| self.closed(doing))?
    }

    async fn place(&self, doing: &'static str) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.places).acquire_owned().await.map_err(|_| self.closed(doing))
    }

    fn closed(&self, doing: &'static str) -> StoreError {
        StoreError::Closed { doing, path: Arc::clone(&self.path) }
    }

    fn send(&self, message: Message) {
        if self.queue.send(Order::Write(message)).is_err() {
            tracing::warn!("a note came after {} was closed, and is lost", self.path.display());
        }
    }
}

/// The task's own things.
struct Desk {
    connection: SqliteConnection,
    process: i64,
    path: Arc<Path>,
    clock: Clock,
    names: Names,
    guard: Guard,
    beaten: Beaten,
    room: Room,
    kept: Vec<Message>,
}

impl Desk {
    async fn work(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut gathered = Vec::with_capacity(BATCH);
        let mut closed = None;
        while closed.is_none() && orders.recv_many(&mut gathered, BATCH).await > 0 {
            let mut messages = std::mem::take(&mut self.kept);
            for order in gathered.drain(..) {
                match order {
                    Order::Write(message) if closed.is_none() => messages.push(message),
                    Order::Write(_) => {} // after the close: dropped, which its sender is told
                    Order::Close(reply) => closed = Some(reply),
                }
            }
            self.commit(messages).await;
            self.room.leave().await;
        }
        self.leave().await;
        if let Some(closed) = closed {
            let _ = closed.send(());
        }
    }

    /// Commits messages as one. If rows among them break a rule, halves are tried by themselves,
    /// until the bad one stands alone and only its own sender gets the error. Other trouble, such
    /// as a full disk, would meet each of them, and is everybody's.
    async fn commit(&mut self, messages: Vec<Message>) {
        let mut parts = vec![messages];
        while let Some(mut part) = parts.pop() {
            match self.write(&mut part).await {
                Ok(answers) => batch::deliver(part, answers),
                Err(trouble) if trouble.is_of_rows() && part.len() > 1 => {
                    let later = part.split_off(part.len() / 2);
                    parts.extend([later, part]);
                }
                Err(trouble) => self.refuse(part, &trouble),
            }
        }
    }

    async fn write(&mut self, messages: &mut [Message]) -> Result<Answers, Trouble> {
        if messages.is_empty() {
            return Ok(Answers::default());
        }
        self.guard.check(&mut self.connection).await?;
        self.names.stay_small();
        let written = self.write_in_transaction(messages).await;
        if written.is_err() {
            self.names.forget();
        }
        Ok(written?)
    }

    async fn write_in_transaction(&mut self, messages: &mut [Message]) -> Result<Answers, sqlx::Error> {
        reach(Moment::Before, messages);
        transaction::begin(&mut self.connection).await?;
        let (now, since) = (Beaten::now(&self.clock), self.room.locked());
        let written = self.write_rows(messages, now).await;
        let ended = transaction::end(&mut self.connection, written).await;
        self.room.free(since);
        let answers = ended?;
        reach(Moment::After, messages);
        if self.beaten.is_due(now) {
            self.beaten = now;
        }
        Ok(answers)
    }

    async fn write_rows(&mut self, messages: &mut [Message], now: Beaten) -> Result<Answers, sqlx::Error> {
        if self.beaten.is_due(now) {
            lease::beat(&mut self.connection, self.process, now.wall).await?;
        }
        let stamp = Stamp { process: self.process, now: now.wall };
        let answers = batch::write(&mut self.connection, stamp, &mut self.names, messages).await?;
        reach(Moment::Within, messages);
        Ok(answers)
    }

    /// Tells those who wait, and keeps what nobody waits for until it can be written.
    fn refuse(&mut self, messages: Vec<Message>, trouble: &Trouble) {
        for message in messages {
            let doing = message.doing();
            let error = || trouble.clone().while_doing(doing, &self.path);
            match message {
                Message::Claim(ask) => ask.answer(Err(error())),
                Message::Cover(ask) => ask.answer(Err(error())),
                Message::Finish(ask) => ask.answer(Err(error())),
                Message::Sending(ask) => ask.answer(Err(error())),
                Message::Errand(errand) => errand.failed(trouble, &self.path),
                note @ (Message::Started(..) | Message::Token(_) | Message::Samples(_)) => {
                    if !trouble.is_of_rows() && self.kept.len() < KEPT {
                        self.kept.push(note);
                    } else {
                        tracing::error!(error = %chain(&error()), "a note is lost");
                    }
                }
            }
        }
    }

    /// The last commit and a tidy file. What does not work now is mended when it is opened again.
    async fn leave(mut self) {
        let kept = std::mem::take(&mut self.kept);
        self.commit(kept).await;
        match self.guard.leave(&mut self.connection).await {
            Leave::Tidy => self.close().await,
            Leave::AsItIs => self.abandon(),
        }
    }

    async fn close(mut self) {
        let left = self.mark_gone().await;
        let closed = self.connection.close().await;
        if let Err(error) = left.and(closed) {
            let error = Trouble::from(error).while_doing("close the store", &self.path);
            tracing::warn!(error = %chain(&error), "the store is not left tidy: the next start tidies it");
        }
        self.guard.set_log_aside();
    }

    /// With the last connection SQLite would check the log in: this one stays until the process ends.
    fn abandon(self) {
        std::mem::forget(self.connection);
        self.guard.set_log_aside();
    }

    async fn mark_gone(&mut self) -> Result<(), sqlx::Error> {
        transaction::begin(&mut self.connection).await?;
        let left = leave::leave(&mut self.connection, self.process, self.clock.now()).await;
        transaction::end(&mut self.connection, left).await?;
        crash::reach(Moment::Before, CHECKPOINT);
        sqlx::query("pragma wal_checkpoint(passive)").execute(&mut self.connection).await?;
        crash::reach(Moment::After, CHECKPOINT);
        Ok(())
    }
}

/// What leaving is for the crash points.
const CHECKPOINT: &str = "check the log into the file";

fn reach(moment: Moment, messages: &[Message]) {
    messages.iter().for_each(|message| crash::reach(moment, message.doing()));
}
