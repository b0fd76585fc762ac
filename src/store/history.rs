//! Reading what happened. Nothing here writes.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{RunDetail, RunRow};
use super::{BackEnd, Store, StoreError};
use crate::clock::Time;
use crate::run::{Name, Number, RunId, RunState};

/// Which runs to list.
#[derive(Clone, Debug)]
pub struct RunsWanted {
    /// Of this job alone.
    pub job: Option<Name>,
    /// In this state alone.
    pub state: Option<RunState>,
    /// Claimed at this time or later.
    pub since: Option<Time>,
    /// At most so many.
    pub limit: u32,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOverview {
    /// Its newest row.
    pub last: RunRow,
    /// The newest value of its first metric that is not built in, by its full name: `JOB.METRIC`
    /// or `JOB.METRIC{LABEL}`. `None` when it never took one.
    pub metric: Option<(String, Number)>,
}

impl Store {
    /// Runs, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn runs(&self, wanted: &RunsWanted) -> Result<Vec<RunRow>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.runs(wanted).await,
        }
    }

    /// What is new to whoever knows the runs up to `after`: the runs of a job, or of all jobs, that were
    /// claimed later, a thousand of them at most, and how those of `living` stand now. In the order in
    /// which they were claimed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn news(
        &self,
        job: Option<&Name>,
        after: RunId,
        living: &BTreeSet<RunId>,
    ) -> Result<Vec<RunRow>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.news(job, after, living).await,
        }
    }

    /// Runs by their numbers, in order. Those that are not there are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn runs_among(&self, runs: &BTreeSet<RunId>) -> Result<Vec<RunRow>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.runs_among(runs).await,
        }
    }

    /// One run without what was recorded with it: quick, however much that is. `None` when there is no
    /// such run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn run_row(&self, id: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.runs_among(&BTreeSet::from([id])).await?.pop())
    }

    /// One run with its rows, all but bodies: of a call that was made for many elements, those of the
    /// first twenty that have one. `None` when there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn run(&self, id: RunId) -> Result<Option<RunDetail>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.run(id).await,
        }
    }

    /// A job's newest run; `None` when it never had one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_run(&self, job: &Name) -> Result<Option<RunRow>, StoreError> {
        let wanted = RunsWanted { job: Some(job.clone()), state: None, since: None, limit: 1 };
        Ok(self.runs(&wanted).await?.pop())
    }

    /// Every job that has a row, also those that are no longer in the job file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn overview(&self) -> Result<BTreeMap<Name, JobOverview>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.overview().await,
        }
    }

    /// The newest run of a chain of repeats: the run itself when it was not repeated. `None` when
    /// there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_repeat(&self, run: RunId) -> Result<Option<RunId>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.newest_repeat(run).await,
        }
    }
}
