//! What the store is asked to write, and what it answers.

use crate::clock::Time;
use crate::job::Overlap;
use crate::run::{Name, Run, RunId, RunState, Tick, Trigger};

/// A tick that somebody wants to run.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is due.
    pub tick: Tick,
    /// What started it. A tick of a schedule, caught up or not, has one run; the others are free.
    pub trigger: Trigger,
    /// The fingerprint of the job as it stands.
    pub config_hash: String,
    /// What becomes of it while the former run of its job lives.
    pub overlap: Overlap,
    /// Whether it runs at once.
    pub begin: Begin,
    /// When the claim is handed to the store.
    pub claimed_at: Time,
}

/// Whether a claimed run begins at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It is `running` as soon as it is claimed.
    Now,
    /// It is `waiting` until [`super::Store::started`].
    Waiting,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is a run of this process.
    Won(Run),
    /// The tick has a row already.
    Taken,
    /// An earlier run of the job lives; the tick has a row that says so.
    Overlaps {
        /// The row that the tick left.
        skipped: RunId,
        /// The run that was in its way.
        living: RunId,
    },
}

/// Ticks of one job in a row that do not run, for one reason.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Whose ticks.
    pub job: Name,
    /// The first.
    pub scheduled_for: Time,
    /// The last; the first itself when there is only one.
    pub through: Time,
    /// How many.
    pub ticks: u64,
    /// [`RunState::Missed`] or [`RunState::Skipped`].
    pub state: RunState,
    /// Why, for a person.
    pub reason: String,
    /// The fingerprint of the job as it stands.
    pub config_hash: String,
    /// When that was decided.
    pub at: Time,
}

/// A job as it is or was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobVersion {
    /// The job.
    pub job: Name,
    /// Its cron text.
    pub schedule: String,
    /// Its zone, by name.
    pub timezone: String,
    /// The fingerprint of the job.
    pub config_hash: String,
    /// Since when.
    pub valid_from: Time,
}

/// Whether the end of a run was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was.
    Recorded,
    /// The run is no longer this process's, or has ended: nothing was written.
    Lost,
}
