//! Which jobs are served, by whom, and which are paused.

use std::collections::{BTreeMap, BTreeSet};

use super::{BackEnd, JobVersion, Pause, Served, Store, StoreError};
use crate::clock::Time;
use crate::run::Name;

impl Store {
    /// Notes which jobs this process serves from now on, in the place of those that it served before. A
    /// job whose version is the open one is served since then. A version ends when this process serves
    /// its job in another form, and where neither it nor another living process serves the job any more:
    /// one that it served itself until now, or one of `settled`, the jobs whose ticks until now it has
    /// given rows.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn serve(&self, jobs: Vec<Served>, settled: Vec<Name>, now: Time) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.serve(jobs, settled, now).await,
        }
    }

    /// The versions that hold: jobs that are served, or were when their last process ended.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn versions(&self) -> Result<Vec<JobVersion>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.versions().await,
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

    /// Those of the jobs that another living process serves in the very form of the fingerprint given
    /// with each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn served_elsewhere(&self, jobs: &[(Name, String)]) -> Result<BTreeSet<Name>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.served_elsewhere(jobs).await,
        }
    }

    /// Those of the jobs that another living process serves in another form than the fingerprint given
    /// with each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn served_otherwise(&self, jobs: &[(Name, String)]) -> Result<BTreeSet<Name>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.served_otherwise(jobs).await,
        }
    }

    /// Gives a job no runs for a while: what would run is `skipped`. A pause takes the place of a former
    /// one.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn pause(&self, job: &Name, pause: Pause) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.pause(job, pause).await,
        }
    }

    /// Ends a pause. Whether the job was paused.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn resume(&self, job: &Name) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.resume(job).await,
        }
    }

    /// The pauses that hold at `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pauses(&self, now: Time) -> Result<BTreeMap<Name, Pause>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.pauses(now).await,
        }
    }
}
