//! What is known of a job's path so far.

use super::reach::{Alive, Origin, origins};
use crate::job::{Job, Jobs};
use crate::token::{Bearer, Fault};

/// A job's path, with what the steps so far have found for those to come.
pub(super) struct Path<'a> {
    pub(super) jobs: &'a Jobs,
    pub(super) job: &'a Job,
    pub(super) origins: Vec<Origin>,
    pub(super) visits: Vec<Result<Alive, Fault>>,
    pub(super) bearer: Option<Bearer>,
}

impl<'a> Path<'a> {
    pub(super) fn of(jobs: &'a Jobs, job: &'a Job) -> Path<'a> {
        Path { jobs, job, origins: origins(job), visits: Vec::new(), bearer: None }
    }

    /// The servers with what became of the visit to each.
    pub(super) fn visited(&self) -> impl Iterator<Item = (&Origin, &Result<Alive, Fault>)> {
        self.origins.iter().zip(&self.visits)
    }
}
