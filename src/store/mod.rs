//! What happened, kept. The only module that knows SQL.
//!
//! A [`Store`] is one enum over back ends; today there is SQLite. Writes go through one writer
//! task that commits everything it finds waiting as one transaction, so that durable writes stay
//! cheap however many runs end at once; reads go past it, and never write.

mod alerts;
mod claiming;
mod error;
#[cfg(test)]
mod fixture;
mod history;
mod incidents;
mod last_tokens;
mod living;
mod process;
mod records;
mod rows;
mod serving;
mod sqlite;
#[cfg(test)]
mod tests;
mod upkeep;
mod work;

use std::path::Path;

use uuid::Uuid;

use crate::clock::Clock;

pub use alerts::{AlertRow, Judging, RunNews, Sending, SeriesReading, Silence, Verdict, Waiting};
pub use error::{Cause, StoreError};
pub use history::{JobOverview, RunsWanted};
pub use incidents::{Held, Release};
pub use living::{BEAT, LEASE};
pub use rows::{AttemptRow, CallRow, DiagnosisRow, IncidentRow, ResultRow, RunDetail, RunRow, SampleRow};
pub use upkeep::Table;
pub use work::{
    Adopted, Begin, Cancel, Claim, Claimed, Cover, Finish, Horizons, JobVersion, Orders, Owed, Pause, Served, Start,
    Stretch, Swept, Timing,
};

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

    /// Whether a path leads to the file of the store, or to one that is kept beside it. None of them may be opened by
    /// others in this process: closing it would drop the locks on it.
    pub fn has_file(&self, path: &Path) -> bool {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.has_file(path),
        }
    }

    /// This process, as `v_runs` names it: `HOST/PID`.
    pub fn process() -> String {
        let me = process::Process::current();
        format!("{}/{}", me.host, me.pid)
    }

    /// Writes what is still queued, ends what this process left live as `interrupted`, marks the
    /// process gone and closes the file. Other clones are closed with it.
    pub async fn close(self) {
        match self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
