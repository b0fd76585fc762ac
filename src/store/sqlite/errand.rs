//! Things to write that come seldom: each is a type that knows its own statements.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::names::Names;
use super::trouble::Trouble;
use crate::clock::Time;
use crate::store::StoreError;

/// Something to write, inside the transaction of its batch.
pub(super) trait Errand: Send + 'static {
    /// What is told once it is on disk.
    type Answer: Send;
    /// For errors: "prune runs".
    const DOING: &'static str;

    /// Writes. Done again after a failed commit, so it may leave nothing behind but rows.
    fn run(&mut self, desk: At<'_>) -> impl Future<Output = Result<Self::Answer, sqlx::Error>> + Send;
}

/// Where an errand is run.
pub(super) struct At<'c> {
    pub(super) connection: &'c mut SqliteConnection,
    pub(super) names: &'c mut Names,
    /// This process.
    pub(super) process: i64,
    pub(super) now: Time,
}

/// An errand in the queue, whatever it answers.
pub(super) trait Queued: Send {
    fn run<'a>(&'a mut self, at: At<'a>) -> BoxFuture<'a, Result<(), sqlx::Error>>;
    /// As [`Errand::DOING`].
    fn doing(&self) -> &'static str;
    /// It is on disk.
    fn done(self: Box<Self>);
    /// It could not be written.
    fn failed(self: Box<Self>, trouble: &Trouble, path: &Arc<Path>);
}

/// An errand for somebody who waits.
pub(super) struct Asked<E: Errand> {
    pub(super) errand: E,
    pub(super) found: Option<E::Answer>,
    pub(super) answer: oneshot::Sender<Result<E::Answer, StoreError>>,
    pub(super) _place: OwnedSemaphorePermit,
}

impl<E: Errand> Queued for Asked<E> {
    fn run<'a>(&'a mut self, at: At<'a>) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            self.found = Some(self.errand.run(at).await?);
            Ok(())
        })
    }

    fn doing(&self) -> &'static str {
        E::DOING
    }

    fn done(self: Box<Self>) {
        if let Some(found) = self.found {
            drop(self.answer.send(Ok(found)));
        }
    }

    fn failed(self: Box<Self>, trouble: &Trouble, path: &Arc<Path>) {
        drop(self.answer.send(Err(trouble.clone().while_doing(E::DOING, path))));
    }
}
