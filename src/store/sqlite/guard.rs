//! Sees to it that what is written goes into the files that everybody else sees.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;

use super::identity::{Files, Look, Lost};
use super::log::{Cut, Frames, LogLook};
use super::trouble::Trouble;

/// How often SQLite is asked again while another process is about to write its counts.
const ATTEMPTS: u32 = 1_000;

/// Of the files of one open store.
#[derive(Debug)]
pub(super) struct Guard {
    path: Arc<Path>,
    /// `None` where they could not be looked at.
    files: Option<Files>,
}

/// Whether what is to be written goes where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// It does.
    Firm,
    /// [`Guard::judge`] has to be asked.
    Doubtful,
}

/// How a store is to be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// As ever.
    Tidy,
    /// With all of the log in the store: nobody else will find it.
    CheckedIn,
    /// As it is: SQLite would put holes, or pages of another time, over good ones.
    AsItIs(Keep),
}

/// What becomes of a log that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It stays where it is.
    There,
    /// What is left of it would harm the store.
    Aside,
    /// Nobody else finds it.
    Copied,
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

    /// Looks at the files. SQLite itself goes on in files that nobody else sees, and behind a hole. It costs
    /// microseconds beside the milliseconds until the disk has a commit.
    pub(super) fn look(&mut self) -> Result<Ground, Trouble> {
        let Some(files) = &mut self.files else { return Ok(Ground::Firm) };
        let Look { store, index, log } = files.look();
        store.map_err(|lost| Trouble::vanished(lost.into_error()))?;
        index.map_err(|lost| Trouble::torn(lost.into_error()))?;
        match log {
            LogLook::Plausible => Ok(Ground::Firm),
            LogLook::Shorter => Ok(Ground::Doubtful),
            LogLook::Nameless(error) | LogLook::Foreign(error) | LogLook::Broken(error) => Err(Trouble::torn(error)),
        }
    }

    /// Judges a log that is shorter than it was. Not within a transaction.
    pub(super) async fn judge(&mut self, connection: &mut SqliteConnection) -> Result<(), Trouble> {
        match self.cut(connection).await? {
            None => Ok(()),
            Some(Cut::End(error) | Cut::Needed(error)) => Err(Trouble::torn(error)),
        }
    }

    /// What was cut off the log, if anything was. Asked twice: two processes may empty it one after the other, each
    /// as it should be done.
    async fn cut(&mut self, connection: &mut SqliteConnection) -> Result<Option<Cut>, sqlx::Error> {
        let Some(log) = self.files.as_mut().and_then(|files| files.log.as_mut()) else { return Ok(None) };
        if log.judge(frames(connection).await?).is_ok() {
            return Ok(None);
        }
        Ok(log.judge(frames(connection).await?).err())
    }

    /// How the store is to be left.
    pub(super) async fn leave(&mut self, connection: &mut SqliteConnection) -> Leave {
        let Some(files) = &mut self.files else { return Leave::Tidy };
        let Look { store, index, log } = files.look();
        match (store, index, log) {
            // What is missing of the index must not be touched: the system would end the process.
            (Err(Lost::Content(_)), _, _) | (_, Err(Lost::Content(_)), _) => Leave::AsItIs(Keep::There),
            (_, _, LogLook::Broken(_)) => Leave::AsItIs(Keep::Aside),
            (_, _, LogLook::Foreign(_)) | (_, Err(_), LogLook::Nameless(_)) => Leave::AsItIs(Keep::Copied),
            (_, Ok(()), LogLook::Nameless(_)) => Leave::CheckedIn,
            (_, index, LogLook::Shorter) => match self.cut(connection).await {
                Ok(None) if index.is_ok() => Leave::Tidy,
                Ok(Some(Cut::Needed(_))) => Leave::AsItIs(Keep::Aside),
                _ => Leave::AsItIs(Keep::There),
            },
            // Whoever opens the store meanwhile makes a new index of the log.
            (_, Err(_), LogLook::Plausible) => Leave::AsItIs(Keep::There),
            (_, Ok(()), LogLook::Plausible) => Leave::Tidy,
        }
    }

    /// Puts the log where it is to be, once this process writes no more.
    pub(super) fn keep(&self, keep: Keep) {
        let Some(files) = &self.files else { return };
        let path = self.path.display();
        match files.set_log_aside() {
            Ok(None) => {}
            Ok(Some(aside)) => {
                let aside = aside.display();
                tracing::warn!(
                    "another file has the name {path}: what was written last to the one before it is in {aside}"
                );
                return;
            }
            Err(error) => tracing::error!(
                error = %error,
                "another file has the name {path}: remove its -wal before anybody opens it, since it is not its own"
            ),
        }
        let kept = match keep {
            Keep::There => return,
            Keep::Aside => told(files.set_aside("-wal.cut"), "what is left of the log, which would harm the store,"),
            Keep::Copied => told(files.copy_log("-wal.lost"), "what was written last, and may not be in the store,"),
        };
        match kept {
            Ok(None) => {}
            Ok(Some((what, aside))) => tracing::error!("{what} is in {}", aside.display()),
            Err(error) => tracing::error!(error = %error, "what was written last to {path} could not be kept"),
        }
    }
}

fn told(kept: io::Result<Option<PathBuf>>, what: &str) -> io::Result<Option<(&str, PathBuf)>> {
    Ok(kept?.map(|aside| (what, aside)))
}

/// The pages of the log.
async fn frames(connection: &mut SqliteConnection) -> Result<Frames, sqlx::Error> {
    let (page,): (i64,) = sqlx::query_as("pragma page_size").fetch_one(&mut *connection).await?;
    for _ in 0..ATTEMPTS {
        let counts = sqlx::query_as("pragma wal_checkpoint(noop)").fetch_one(&mut *connection).await?;
        if let Some(frames) = counted(counts, page) {
            return Ok(frames);
        }
        tokio::task::yield_now().await;
    }
    Err(sqlx::Error::Protocol("SQLite does not say how long its log is".to_owned()))
}

/// `None` while another process is about to write them.
fn counted((is_busy, in_log, in_store): (i64, i64, i64), page: i64) -> Option<Frames> {
    let whole = |number: i64| u64::try_from(number).ok();
    if is_busy != 0 {
        return None;
    }
    Some(Frames { in_log: whole(in_log)?, in_store: whole(in_store)?, page: whole(page)? })
}

/// Has all of the log written to the store. Whether it was.
pub(super) async fn check_all_in(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let (is_busy, in_log, in_store): (i64, i64, i64) =
        sqlx::query_as("pragma wal_checkpoint(full)").fetch_one(connection).await?;
    Ok(is_busy == 0 && in_log == in_store)
}
