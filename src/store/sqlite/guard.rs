//! Sees to it that what is written goes into the files that everybody else sees.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;

use super::identity::{Files, Loss};
use super::log::Length;
use super::trouble::Trouble;

/// Of the files of one open store.
#[derive(Debug)]
pub(super) struct Guard {
    path: Arc<Path>,
    /// `None` where they could not be looked at.
    files: Option<Files>,
}

/// How a store may be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Checked in and closed.
    Tidy,
    /// As it is: SQLite would put holes, or pages of another time, over good ones.
    AsItIs,
}

impl Guard {
    /// Of the store at `path`, which is open.
    pub(super) fn of(path: &Arc<Path>) -> Guard {
        let files = Files::of(path);
        if let Err(error) = &files {
            tracing::warn!(error = %error, "should {} be removed or replaced, that will not be noticed", path.display());
        }
        Guard { path: Arc::clone(path), files: files.ok() }
    }

    /// That nothing was lost. To be asked before each commit: SQLite itself goes on in files that nobody else
    /// sees, and behind a hole. It costs microseconds beside the milliseconds until the disk has a commit.
    pub(super) async fn check(&mut self, connection: &mut SqliteConnection) -> Result<(), Trouble> {
        match self.look(connection).await? {
            Ok(()) => Ok(()),
            Err(loss) => Err(Trouble::lost(loss)),
        }
    }

    /// How the store may be left. What lost its name only is whole, and all of it is in the store afterwards.
    pub(super) async fn leave(&mut self, connection: &mut SqliteConnection) -> Leave {
        match self.look(connection).await {
            Ok(Ok(()) | Err(Loss::Store(_) | Loss::Beside(_))) => Leave::Tidy,
            Ok(Err(Loss::StoreContent(_) | Loss::BesideContent(_))) | Err(_) => Leave::AsItIs,
        }
    }

    async fn look(&mut self, connection: &mut SqliteConnection) -> Result<Result<(), Loss>, sqlx::Error> {
        let Some(files) = &mut self.files else { return Ok(Ok(())) };
        Ok(match files.check() {
            Ok(Length::Plausible) => Ok(()),
            Ok(Length::Emptied) => files.judge_emptied(missing(connection).await?),
            Err(loss) => Err(loss),
        })
    }

    /// Once nobody writes any more.
    pub(super) fn set_log_aside(&self) {
        match self.files.as_ref().map(Files::set_log_aside).transpose() {
            Ok(None | Some(None)) => {}
            Ok(Some(Some(aside))) => tracing::warn!(
                "another file has the name {}: what was written last to the one before it is in {}",
                self.path.display(),
                aside.display()
            ),
            Err(error) => tracing::error!(
                error = %error,
                "another file has the name {}: remove its -wal before anybody opens it, since it is not its own",
                self.path.display()
            ),
        }
    }
}

/// Pages that are in the log alone, as SQLite counts them: it looks at its index and not at the log.
async fn missing(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let (_, in_log, in_store): (i64, i64, i64) =
        sqlx::query_as("pragma wal_checkpoint(noop)").fetch_one(connection).await?;
    Ok(in_log - in_store)
}
