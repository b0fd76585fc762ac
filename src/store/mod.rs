//! What happened, kept. The only module that knows SQL.
//!
//! A [`Store`] is one enum over back ends; today there is SQLite. Writes go through one writer
//! task that commits everything it finds waiting as one transaction, so that durable writes stay
//! cheap however many runs end at once; reads go past it, and never write.

mod error;
#[cfg(test)]
mod fixture;
mod history;
mod process;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::path::Path;

use uuid::Uuid;

use crate::clock::{Clock, Time};
use crate::run::{Name, Outcome, RunId, TokenEvent};

pub use error::{Cause, StoreError};
pub use history::{JobOverview, RunsWanted};
pub use rows::{AttemptRow, CallRow, DiagnosisRow, ResultRow, RunDetail, RunRow, SampleRow};
pub use work::{Begin, Claim, Claimed, Finish, JobVersion, Stretch};

/// The place where everything that happened is kept. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Store(BackEnd);

#[derive(Clone, Debug)]
enum BackEnd {
    Sqlite(sqlite::Sqlite),
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To write and to read.
    Write,
    /// To read alone.
    Read,
}

impl Store {
    /// Opens the store in the file at `path`.
    ///
    /// To [`Access::Write`]: makes the file where there is none, readable by its owner alone;
    /// brings its schema up to date; ends the runs that dead processes of this host left behind as
    /// `interrupted`; registers this process; starts the writer. To [`Access::Read`]: does none of
    /// that, and never writes.
    ///
    /// # Errors
    /// [`StoreError::Absent`] when there is nothing to read; [`StoreError::Newer`] and
    /// [`StoreError::Older`] for another version's schema; [`StoreError::NotAStore`] for a file of
    /// something else; otherwise what the disk or another program stands in the way with.
    pub async fn open(path: &Path, access: Access, clock: &Clock) -> Result<Store, StoreError> {
        Ok(Store(BackEnd::Sqlite(sqlite::Sqlite::open(path, access, clock).await?)))
    }

    /// The store's own id, made once with it.
    pub fn id(&self) -> Uuid {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.id(),
        }
    }

    /// This process, as `v_runs` names it: `HOST/PID`.
    pub fn process() -> String {
        let me = process::Process::current();
        format!("{}/{}", me.host, me.pid)
    }

    /// Turns ticks into runs: each tick of a schedule once, whoever asks first, on any process.
    ///
    /// Answers in the order of `claims`, once they are on disk. Ticks of one job are judged oldest
    /// first, so that each sees the run of the one before.
    ///
    /// # Errors
    /// When the store cannot be written; then no tick of `claims` was claimed.
    pub async fn claim(&self, claims: Vec<Claim>) -> Result<Vec<Claimed>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("claim ticks")?.claim(claims).await,
        }
    }

    /// Leaves a row for each stretch of ticks that do not run.
    ///
    /// A stretch of which some tick has a row already leaves none: its caller went by an old
    /// [`Store::last_covered`], and another process covers what it is about.
    ///
    /// # Errors
    /// When the store cannot be written; then none of `stretches` has a row.
    pub async fn cover(&self, stretches: Vec<Stretch>) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("cover ticks")?.cover(stretches).await,
        }
    }

    /// Notes that a waiting run began. Written soon, and before its end; not awaited.
    pub fn started(&self, run: RunId, at: Time) {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.note(|writer| writer.started(run, at)),
        }
    }

    /// Writes how a run ended, with all its rows. Final states are written once: see
    /// [`Finish::Lost`].
    ///
    /// # Errors
    /// When the store cannot be written; then the run is as it was, and the call may be repeated.
    pub async fn finish(&self, outcome: Outcome) -> Result<Finish, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("record the end of a run")?.finish(outcome).await,
        }
    }

    /// Adds a line to a token's history. Written soon; not awaited.
    pub fn token_event(&self, event: TokenEvent) {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.note(|writer| writer.token_event(event)),
        }
    }

    /// The jobs that were served last, each with the schedule that it then had.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn served(&self) -> Result<Vec<JobVersion>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.served().await,
        }
    }

    /// Notes which jobs are served from now on. A job whose version is the one of before is served
    /// since then; [`JobVersion::valid_from`] is not looked at.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn serve(&self, versions: Vec<JobVersion>, now: Time) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("note which jobs are served")?.serve(versions, now).await,
        }
    }

    /// The newest tick of each job's schedule that a row covers. A job without one is absent.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_covered(&self) -> Result<BTreeMap<Name, Time>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.last_covered().await,
        }
    }

    /// Deletes runs that ended before a time, with their calls, attempts and results, and token
    /// events of that age. Samples, diagnoses and counts stay. So do the newest run of each job and
    /// the newest that covers a tick, whatever their age: without the latter, the ticks that a
    /// yearly job missed would not be noticed.
    ///
    /// Goes in small steps, between which other writes take their turn. Returns how many runs went.
    ///
    /// # Errors
    /// When the store cannot be written; the steps before that one are done.
    pub async fn prune(&self, ended_before: Time) -> Result<u64, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.prune(ended_before).await,
        }
    }

    /// Writes what is still queued, ends what this process left live as `interrupted`, marks the
    /// process gone and closes the file. Other clones are closed with it.
    pub async fn close(self) {
        match self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
