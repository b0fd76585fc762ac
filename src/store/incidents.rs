//! Refused credentials, and the ticks that wait for them.

use super::{BackEnd, Store, StoreError};
use crate::clock::Time;
use crate::run::{Diagnosis, Hold, Incident, IncidentId, Name, Novelty, Released, Scopes, Waiting};

/// What became of a run whose credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It waits for the end of this incident.
    For(IncidentId),
    /// It is no longer this process's: nothing was written.
    Lost,
}

/// Whether ticks that waited were released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// They were.
    Done,
    /// What waits is not what the caller saw, or the incident was closed by another: nothing was written.
    Stale,
}

impl Store {
    /// Sends a run of this process back to wait: it becomes `held`, nobody's, and waits for the open
    /// incident of its credential. Where none is open, opens one, with the diagnosis. The first probe is due
    /// 5 minutes after [`Hold::at`]. What was recorded of the run while it ran is deleted: it is made again from
    /// its beginning. A run that somebody has asked to cancel ends instead of waiting. One that
    /// is not of a schedule cannot wait: it is [`Held::Lost`].
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn hold(&self, hold: Hold) -> Result<Held, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.hold(hold).await,
        }
    }

    /// The incidents that are open, by number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn incidents(&self) -> Result<Vec<Incident>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.incidents().await,
        }
    }

    /// Takes the probe of an open incident that is due at `due`, counts it, and sets when the next is due. Of
    /// several processes one gets `true`.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn take_probe(&self, incident: IncidentId, due: Time, next: Time) -> Result<bool, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.take_probe(incident, due, next).await,
        }
    }

    /// Tells an open incident anew, with what was found out since: its verdict, and its diagnosis, which is of the
    /// run and the call of the former one. Where that is gone, or the incident is closed, does nothing. What
    /// the rows say that wait for it stays as it is.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn tell_incident_anew(&self, incident: IncidentId, diagnosis: Diagnosis) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.tell_incident_anew(incident, diagnosis).await,
        }
    }

    /// All rows that wait for a credential, by number. Among them rows that were released to run and that
    /// nobody has taken, if `incident` is `None`: that of a closed one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn waiting(&self, incident: Option<IncidentId>) -> Result<Vec<Waiting>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.waiting(incident).await,
        }
    }

    /// Closes an incident and releases all that waits for it, in one transaction. Ticks that run become
    /// `waiting` runs without a process, with trigger `catch_up`, which [`Store::adopt`] gives to whoever
    /// serves their job; those of a job that is paused become `skipped`. Of each job, the oldest ticks take the
    /// places of the rows that waited and the others come after them, so that runs are numbered in the order
    /// of their ticks.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn close_incident(
        &self,
        incident: IncidentId,
        released: Vec<Released>,
        at: Time,
    ) -> Result<Release, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.close_incident(incident, released, at).await,
        }
    }

    /// Releases rows whose incident concerns them no more, and leaves that open. As
    /// [`Store::close_incident`].
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn release(&self, released: Vec<Released>, at: Time) -> Result<Release, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.release(released, at).await,
        }
    }

    /// Notes that the token endpoint grants a credential less than what is asked for.
    /// [`Novelty::Known`] when the same was noted before for these scopes.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn note_narrowed(
        &self,
        credential: &Name,
        asked: &Scopes,
        missing: &Scopes,
        at: Time,
    ) -> Result<Novelty, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.note_narrowed(credential, asked, missing, at).await,
        }
    }
}
