//! The store in an SQLite file: one connection that writes, and a pool that reads.

mod adopt;
mod again;
mod alerts;
mod anew;
mod aside;
mod backup;
mod batch;
mod calls;
mod claim;
mod conditions;
mod connect;
mod counts;
mod cover;
mod desk;
mod diagnoses;
mod errand;
mod export;
mod fields;
mod finish;
mod gone;
mod guard;
mod history;
mod hold;
mod identity;
mod incidents;
mod judge;
mod last_tokens;
mod lease;
mod leave;
mod listings;
mod log;
mod names;
mod narrowed;
mod old;
mod orders;
mod owed;
mod own;
mod pages;
mod pauses;
mod pieces;
mod prune;
mod ranks;
mod records;
mod release;
mod remembered;
mod room;
mod run_detail;
mod samples;
mod schema;
mod sending;
mod series;
mod serve;
mod stretches;
#[cfg(test)]
mod testing;
mod ticks;
mod tokens;
mod transaction;
mod trouble;
mod values;
mod views;
mod writer;

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use uuid::Uuid;

use super::{Access, StoreError};
use crate::clock::Clock;
use own::OwnFiles;
use schema::Schema;
use trouble::Trouble;
use writer::Writer;

#[cfg(test)]
pub(super) use testing::{list_query, open_hasty, open_small, statements, writer_settings};

/// An open store.
#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    path: Arc<Path>,
    id: Uuid,
    own: OwnFiles,
    readers: SqlitePool,
    writer: Option<Writer>,
    /// The number of this process; `None` when it only reads.
    me: Option<i64>,
    clock: Clock,
}

impl Sqlite {
    /// As [`super::Store::open`].
    pub(super) async fn open(path: &Path, access: Access, clock: &Clock) -> Result<Sqlite, StoreError> {
        Sqlite::open_with(connect::options(path), access, clock).await
    }

    /// Opens with options of one's own, for tests of what the machine may do.
    pub(super) async fn open_with(
        options: SqliteConnectOptions,
        access: Access,
        clock: &Clock,
    ) -> Result<Sqlite, StoreError> {
        match access {
            Access::Write => Sqlite::open_to_write(options, clock).await,
            Access::Read => Sqlite::open_to_read(options, clock).await,
        }
    }

    async fn open_to_write(options: SqliteConnectOptions, clock: &Clock) -> Result<Sqlite, StoreError> {
        let path: Arc<Path> = options.get_filename().into();
        connect::create_file(&path).await?;
        let failed = |error: sqlx::Error| Trouble::from(error).while_doing("open the store", &path);
        let mut connection = connect::to_write(&options).await.map_err(failed)?;
        // Before anything is changed, the mode of the file included: it may be somebody else's.
        Schema::of(&mut connection).await.map_err(failed)?.check_to_write(&path)?;
        connect::keep_private(&path).await;
        connect::log_ahead(&mut connection).await.map_err(failed)?;
        let prepared = schema::prepare(&mut connection, &path, clock.now()).await?;
        // Should another file have the name one day: the last one that closes it with the right to write would
        // check the log of this one into it.
        let readers = connect::readers(options.read_only(true));
        let writer = Writer::start(connection, prepared.process, Arc::clone(&path), clock.clone());
        let own = OwnFiles::of(&path);
        Ok(Sqlite {
            path,
            id: prepared.id,
            own,
            readers,
            writer: Some(writer),
            me: Some(prepared.process),
            clock: clock.clone(),
        })
    }

    async fn open_to_read(options: SqliteConnectOptions, clock: &Clock) -> Result<Sqlite, StoreError> {
        let path: Arc<Path> = options.get_filename().into();
        if matches!(tokio::fs::try_exists(&path).await, Ok(false)) {
            return Err(StoreError::Absent { path });
        }
        connect::refuse_folder(&path).await?;
        let readers = connect::readers(options);
        let failed = |error: sqlx::Error| Trouble::from(error).while_doing("open the store", &path);
        let mut connection = readers.acquire().await.map_err(failed)?;
        let found = Schema::of(&mut connection).await.map_err(failed)?;
        found.check_to_read(&path)?;
        let id = schema::read_id(&mut connection).await.map_err(failed)?;
        let own = OwnFiles::of(&path);
        drop(connection);
        Ok(Sqlite { path, id, own, readers, writer: None, me: None, clock: clock.clone() })
    }

    /// As [`super::Store::id`].
    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// The writer, for what is awaited.
    pub(super) fn writer(&self, doing: &'static str) -> Result<&Writer, StoreError> {
        self.writer.as_ref().ok_or_else(|| StoreError::OpenedToRead { doing, path: Arc::clone(&self.path) })
    }

    /// The number of this process.
    fn process(&self, doing: &'static str) -> Result<i64, StoreError> {
        self.me.ok_or_else(|| StoreError::OpenedToRead { doing, path: Arc::clone(&self.path) })
    }

    /// The writer, for what is not awaited.
    pub(super) fn note(&self, note: impl FnOnce(&Writer)) {
        match &self.writer {
            Some(writer) => note(writer),
            None => tracing::warn!("a note for the store is dropped: {} was opened to read alone", self.path.display()),
        }
    }

    /// As [`super::Store::close`].
    pub(super) async fn close(self) {
        // Readers first: the last connection that closes tidies up the write-ahead log.
        self.readers.close().await;
        if let Some(writer) = self.writer {
            writer.close().await;
        }
    }
}
