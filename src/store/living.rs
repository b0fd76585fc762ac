//! Which processes live, and what they want of each other.

use super::{BackEnd, Cancel, Orders, Store, StoreError, Swept};
use crate::run::{Name, RunId};

/// How long a process counts as alive after it last beat, where nothing else tells.
pub const LEASE: std::time::Duration = std::time::Duration::from_secs(20);

/// How often a process has to beat.
pub const BEAT: std::time::Duration = std::time::Duration::from_secs(5);

impl Store {
    /// Extends this process's lease to [`LEASE`] from now. Every write does so too, when [`BEAT`] has
    /// passed since the last: whoever writes is seen to live before anything else is seen of it.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn beat(&self) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.beat().await,
        }
    }

    /// Ends the runs that dead processes left as `interrupted`, but for those that are `held`, and those
    /// as `missed` that were handed over and that nobody took within a minute. Dead is a process of this
    /// host and boot whose pid with that start time is gone, and any other one whose lease has passed;
    /// never this one.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.sweep().await,
        }
    }

    /// What others want of this process. Cheap enough for every second.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn orders(&self) -> Result<Orders, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.orders().await,
        }
    }

    /// Whether a run of the job that was claimed before `run` still lives, in any process. One that is held
    /// does not count, nor a tick that was released while nobody serves its job.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn lives_before(&self, job: &Name, run: RunId) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.lives_before(job, run).await,
        }
    }

    /// Asks for the end of a run, whoever is at work on it.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn cancel(&self, run: RunId) -> Result<Cancel, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.cancel(run).await,
        }
    }
}
