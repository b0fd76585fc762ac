//! A consistent copy of the whole file.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::{ConnectOptions, Connection};

use super::trouble::Trouble;
use super::{Sqlite, connect, leave};
use crate::store::{Cause, StoreError};

const DOING: &str = "write the backup";

impl Sqlite {
    /// As [`crate::store::Store::backup`].
    ///
    /// The copy grows beside its place and is moved there once it is whole and on disk: what has the
    /// name of a backup is one.
    pub(in crate::store) async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let failed = |error: io::Error| failed(error, to);
        let to = std::path::absolute(to).map_err(failed)?;
        refuse_existing(&to).await?;
        let growing = beside(&to);
        connect::create_new(&growing).await.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::InTheWay { path: growing.as_path().into() },
            _ => StoreError::Unopenable { path: growing.as_path().into(), source: Cause::new(error) },
        })?;
        let written = self.write_copy(&growing, &to).await;
        if written.is_err() {
            drop(tokio::fs::remove_file(&growing).await);
        }
        written
    }

    async fn write_copy(&self, growing: &Path, to: &Path) -> Result<(), StoreError> {
        self.vacuum_into(growing, to).await?;
        let failed = |error: io::Error| failed(error, to);
        tokio::fs::File::open(growing).await.map_err(failed)?.sync_all().await.map_err(failed)?;
        refuse_existing(to).await?;
        tokio::fs::rename(growing, to).await.map_err(failed)?;
        // The new name is on disk when its folder is.
        let folder = to.parent().unwrap_or(to);
        tokio::fs::File::open(folder).await.map_err(failed)?.sync_all().await.map_err(failed)
    }

    /// On a connection of its own, which sees one moment of the store and holds up no writer.
    async fn vacuum_into(&self, growing: &Path, to: &Path) -> Result<(), StoreError> {
        let Some(name) = growing.to_str() else {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidFilename, "its path is not UTF-8"), to));
        };
        let copy = async {
            let mut connection = connect::options(&self.path).connect().await?;
            sqlx::query("vacuum into $1").bind(name).execute(&mut connection).await?;
            connection.close().await?;
            self.settle(growing).await
        };
        copy.await.map_err(|error: sqlx::Error| {
            let trouble = Trouble::from(error);
            // SQLite does not say which of the two files it speaks of; the store is not written to.
            let path = if trouble.is_of_writing() { to.into() } else { Arc::clone(&self.path) };
            trouble.while_doing(DOING, &path)
        })
    }
}

impl Sqlite {
    /// Nothing lives in a copy: who serves from it must not wait for the runs of the original's processes.
    async fn settle(&self, growing: &Path) -> Result<(), sqlx::Error> {
        let mut copy = connect::options(growing).connect().await?;
        let mut transaction = copy.begin_with("begin immediate").await?;
        leave::all_leave(&mut transaction, self.clock.now()).await?;
        transaction.commit().await?;
        copy.close().await
    }
}

async fn refuse_existing(to: &Path) -> Result<(), StoreError> {
    match tokio::fs::symlink_metadata(to).await {
        Ok(_) => Err(StoreError::Exists { path: to.into() }),
        // Whatever else is wrong with the path is told by the attempt to write there.
        Err(_) => Ok(()),
    }
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".partial");
    to.with_file_name(name)
}

fn failed(error: io::Error, to: &Path) -> StoreError {
    StoreError::Failed { doing: DOING, path: to.into(), source: Cause::new(error) }
}
