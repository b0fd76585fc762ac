//! The one task that writes.
//!
//! It takes all messages that gathered while it wrote the batch before, and commits them as one.
//! There is no timer: an idle writer writes at once, a busy one writes much at a time, with some room for others
//! in between.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::batch::{self, Ask, Message};
use super::desk::Desk;
use super::errand::{Asked, Errand};
use super::sending;
use crate::clock::{Clock, Time};
use crate::run::{CallRecord, Outcome, RunId, Sample, TokenEvent};
use crate::store::{Claim, Claimed, Finish, StoreError, Stretch};

/// Messages in one commit.
pub(super) const BATCH: usize = 512;

/// Awaited messages in the queue. Beyond that, callers wait for a place. What is not awaited needs
/// none: there is one start for each claim, which was awaited, one token event with its samples for each
/// request, and a few samples each hour.
const PLACES: usize = 2 * BATCH;

/// Where to send what is to be written. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Writer {
    queue: mpsc::UnboundedSender<Order>,
    places: Arc<Semaphore>,
    path: Arc<Path>,
}

/// What the desk is told.
pub(super) enum Order {
    /// Write this, with all that came beside it.
    Write(Message),
    /// Write what came before, and stop.
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It ends on [`Writer::close`], or when nobody holds a writer any more.
    pub(super) fn start(connection: SqliteConnection, process: i64, path: Arc<Path>, clock: Clock) -> Writer {
        let (queue, orders) = mpsc::unbounded_channel();
        tokio::spawn(Desk::new(connection, process, Arc::clone(&path), clock).work(orders));
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
