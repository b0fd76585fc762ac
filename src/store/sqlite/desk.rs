//! The desk of the writer: gathers, commits, answers, and leaves the store in order.

use std::path::Path;
use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc;

use super::batch::{self, Answers, Message, Stamp};
use super::guard::{self, Ground, Guard, Keep, Leave};
use super::lease::{self, Beaten};
use super::names::Names;
use super::room::Room;
use super::trouble::Trouble;
use super::writer::{BATCH, Order};
use super::{leave, transaction};
use crate::clock::Clock;
use crate::crash::{self, Moment};
use crate::telemetry::chain;

/// What is not awaited and could not be written, kept for the next commit.
const KEPT: usize = 10_000;

/// The task's own things.
pub(super) struct Desk {
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
    /// For a store that is open, and the process that writes it.
    pub(super) fn new(connection: SqliteConnection, process: i64, path: Arc<Path>, clock: Clock) -> Desk {
        let (guard, beaten) = (Guard::of(&path), Beaten::now(&clock));
        let (names, room, kept) = (Names::default(), Room::of_machine(), Vec::new());
        Desk { connection, process, path, clock, names, guard, beaten, room, kept }
    }

    /// Works until it is told to close, or nobody is left who could tell it anything.
    pub(super) async fn work(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
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
            if closed.is_none() {
                self.room.leave().await;
            }
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
        self.names.stay_small();
        let written = self.write_in_transaction(messages).await;
        if written.is_err() {
            self.names.forget();
        }
        written
    }

    async fn write_in_transaction(&mut self, messages: &mut [Message]) -> Result<Answers, Trouble> {
        reach(Moment::Before, messages);
        self.begin().await?;
        let (now, since) = (Beaten::now(&self.clock), self.room.locked());
        let written = self.write_rows(messages, now).await;
        let ended = transaction::end(&mut self.connection, written).await;
        self.room.free(since);
        let answers = ended?;
        // What went behind a hole meanwhile is not told as done.
        self.guard.look()?;
        reach(Moment::After, messages);
        if self.beaten.is_due(now) {
            self.beaten = now;
        }
        Ok(answers)
    }

    /// Begins a transaction, in files that everybody else sees.
    async fn begin(&mut self) -> Result<(), Trouble> {
        loop {
            // Before the lock too: whoever takes it in an index that was cut is ended by the system.
            self.guard.look()?;
            transaction::begin(&mut self.connection).await?;
            // From here on nobody else writes.
            let ground = self.guard.look();
            if matches!(ground, Ok(Ground::Firm)) {
                return Ok(());
            }
            transaction::undo(&mut self.connection).await;
            ground?;
            self.guard.judge(&mut self.connection).await?;
        }
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
            Leave::CheckedIn => self.close_checked_in().await,
            Leave::AsItIs(keep) => self.abandon(keep),
        }
    }

    async fn close(mut self) {
        let left = self.mark_gone().await;
        let closed = self.connection.close().await;
        if let Err(error) = left.and(closed) {
            let error = Trouble::from(error).while_doing("close the store", &self.path);
            tracing::warn!(error = %chain(&error), "the store is not left tidy: the next start tidies it");
        }
        self.guard.keep(Keep::There);
    }

    /// Others that read may hold some of the log up.
    async fn close_checked_in(mut self) {
        match guard::check_all_in(&mut self.connection).await {
            Ok(true) => self.close().await,
            Ok(false) | Err(_) => self.abandon(Keep::Copied),
        }
    }

    /// With the last connection SQLite would check the log in: this one stays until the process ends.
    fn abandon(self, keep: Keep) {
        std::mem::forget(self.connection);
        self.guard.keep(keep);
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
