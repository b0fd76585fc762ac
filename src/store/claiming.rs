//! Ticks to runs, runs to their ends.

use super::{Adopted, BackEnd, Claim, Claimed, Finish, Owed, Store, StoreError, Stretch};
use crate::clock::Time;
use crate::run::{CallRecord, Outcome, RunId, Sample, TokenEvent};

impl Store {
    /// Turns ticks into runs: each tick of a schedule once, whoever asks first, on any process.
    ///
    /// Answers in the order of `claims`, once they are on disk. Ticks of one job are judged oldest
    /// first, so that each sees the run of the one before. A tick that is skipped for the reason for which
    /// the row before it was skipped makes that row one of a stretch; and so does one that is held, after a
    /// row that is held for the same incident.
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

    /// Takes the runs that were handed over for jobs that this process serves, in the form that it serves
    /// them. One that nobody took within a minute becomes `missed` instead. Takes also the ticks that waited
    /// for a credential and were released, in whatever form it serves their jobs; these wait for that, however
    /// long it takes.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn adopt(&self) -> Result<Vec<Adopted>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.adopt().await,
        }
    }

    /// Takes one run that was handed over, if no other process has: see [`Finish::Lost`].
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn take(&self, run: RunId) -> Result<Finish, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.take(run).await,
        }
    }

    /// Runs that a crash cut off and that are to be repeated. Each stays owed until it is claimed as
    /// [`super::Start::Repeat`], or forgiven.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn owed(&self) -> Result<Vec<Owed>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.owed().await,
        }
    }

    /// Notes that these runs will not be repeated.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn forgive(&self, runs: Vec<RunId>) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.forgive(runs).await,
        }
    }

    /// Notes that a waiting run began. Written soon, and before its end; not awaited.
    pub fn started(&self, run: RunId, at: Time) {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.note(|writer| writer.started(run, at)),
        }
    }

    /// Notes that a call which may not be repeated is about to be sent. Once that is on disk, a crash is
    /// known to leave it open whether the call took effect, and its run is not repeated.
    ///
    /// [`Finish::Lost`] when the run is no longer this process's: then the call must not be sent.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn sending(&self, run: RunId, call: CallRecord) -> Result<Finish, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("note a call that is about to be sent")?.sending(run, call).await,
        }
    }

    /// Returns once what was noted before is on disk.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn flush(&self) -> Result<(), StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.writer("write what was noted")?.cover(Vec::new()).await,
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

    /// Adds samples that no run took. Written soon; not awaited.
    pub fn samples(&self, samples: Vec<Sample>) {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.note(|writer| writer.samples(samples)),
        }
    }
}
