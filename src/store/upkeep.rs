//! Keeping the store small, copying it, and looking at it as a whole.

use std::collections::BTreeSet;
use std::path::Path;

use super::{BackEnd, Cover, Horizons, JobVersion, Store, StoreError};
use crate::clock::Time;
use crate::run::Name;

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `v_runs`.
    Runs,
    /// `v_results`.
    Results,
    /// `v_samples`.
    Samples,
    /// `v_records`.
    Records,
}

impl Table {
    /// The columns of the view, in their order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Runs => &[
                "id",
                "job",
                "trigger",
                "scheduled_for",
                "through",
                "ticks",
                "state",
                "kind",
                "reason",
                "repeats",
                "claimed_at",
                "started_at",
                "finished_at",
                "config_hash",
                "process",
            ],
            Table::Results => &["run_id", "seq", "content_type", "body"],
            Table::Samples => {
                &["metric", "label", "at", "value", "limit_value", "period_start", "period_end", "run_id"]
            }
            Table::Records => {
                &["collection", "key", "body", "first_seen_at", "changed_at", "last_seen_at", "gone_at", "run_id"]
            }
        }
    }
}

impl Store {
    /// Deletes what is beyond its horizon: runs with their calls, attempts and results, token events,
    /// versions of jobs and messages that left or were given up of that age; silences that are over; results, samples, counts and diagnoses by horizons of their
    /// own; incidents that are over by that of diagnoses. The newest run of each job stays, and the newest
    /// that covers a tick, whatever their age: without the latter, the ticks that a yearly job missed would
    /// not be noticed. So does the diagnosis of an incident that is open, and what is held.
    ///
    /// The newest sample of each series stays as well, and so do records, what is remembered and what was
    /// uploaded; how far a list was read goes with its run.
    ///
    /// Goes in small steps, between which other writes take their turn, and gives freed pages back to
    /// the disk. Returns how many runs went.
    ///
    /// # Errors
    /// When the store cannot be written; the steps before that one are done.
    pub async fn prune(&self, horizons: Horizons) -> Result<u64, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.prune(horizons).await,
        }
    }

    /// Writes a consistent copy of the whole store to a new file, readable by its owner alone.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the file is there already, [`StoreError::InTheWay`] when another backup
    /// to it is under way or was cut off; otherwise when the store cannot be read or the file not written.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.backup(to).await,
        }
    }

    /// All rows of a view, oldest first (samples: series by series; records: by collection and key), as JSON
    /// objects with its columns in their order. `each` gets them one by one, so that no history is too long;
    /// it may end the export with an error.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn export<E: From<StoreError>>(
        &self,
        table: Table,
        each: impl FnMut(serde_json::Map<String, serde_json::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.export(table, each).await,
        }
    }

    /// Those rows of [`Table::Records`] that are of one collection, by key, as [`Store::export`] gives them; no
    /// other is read. A collection that is not there has none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn export_collection<E: From<StoreError>>(
        &self,
        collection: &Name,
        each: impl FnMut(serde_json::Map<String, serde_json::Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.export_collection(collection, each).await,
        }
    }

    /// Runs that ended before this may have been deleted; `None` when none ever was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pruned_before(&self) -> Result<Option<Time>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.pruned_before().await,
        }
    }

    /// The versions of jobs that held at some time after `from` and before `to`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions_within(&self, from: Time, to: Time) -> Result<Vec<JobVersion>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.versions_within(from, to).await,
        }
    }

    /// The rows of a job's schedule that cover ticks after `from` and not after `to`, oldest first. A row
    /// that lives in a process that is gone covers nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn covers(&self, job: &Name, from: Time, to: Time) -> Result<Vec<Cover>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.covers(job, from, to).await,
        }
    }

    /// Those of [`Store::covers`] that begin after `from`: quicker, for whoever knows the others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn covers_begun(&self, job: &Name, from: Time, to: Time) -> Result<Vec<Cover>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.covers_begun(job, from, to).await,
        }
    }

    /// The ticks of a job after `from` and not after `to` of which a run succeeded or lives.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn done_ticks(&self, job: &Name, from: Time, to: Time) -> Result<BTreeSet<Time>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.done_ticks(job, from, to).await,
        }
    }
}
