//! What the store is asked to write, and what it answers.

use std::collections::BTreeSet;

use crate::clock::Time;
use crate::job::Overlap;
use crate::run::{Name, Run, RunId, RunState, Tick, Trigger};

/// A tick that somebody wants to run.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is due.
    pub tick: Tick,
    /// Why it is to run.
    pub start: Start,
    /// The fingerprint of the job as it stands.
    pub config_hash: String,
    /// What becomes of it while an earlier run of its job lives.
    pub overlap: Overlap,
    /// The job whose last run must have succeeded.
    pub after: Option<Name>,
    /// What its calls are made with. While an incident is open for it, a tick is held.
    pub credential: Option<Name>,
    /// When it begins.
    pub begin: Begin,
    /// When the claim is handed to the store.
    pub claimed_at: Time,
}

/// Why a tick is to run. Of a schedule's ticks, caught up or not, each has one run; the others are
/// free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Its schedule says so.
    Schedule,
    /// Its schedule said so, in the past.
    CatchUp,
    /// Somebody says so.
    Manual,
    /// Somebody says so for a tick of the past. [`Claimed::Taken`] when a run of the tick succeeded
    /// or lives.
    Backfill,
    /// This run did not end well. [`Claimed::Taken`] when it has a repeat already.
    Repeat(RunId),
    /// The clock was set back and the tick comes again: as [`Start::Schedule`], and where the tick
    /// has a run that ended, a repeat of the newest.
    Again,
}

impl Start {
    /// The word that stands in the row.
    pub fn trigger(self) -> Trigger {
        match self {
            Start::Schedule | Start::Again => Trigger::Schedule,
            Start::CatchUp => Trigger::CatchUp,
            Start::Manual | Start::Backfill => Trigger::Manual,
            Start::Repeat(_) => Trigger::Repeat,
        }
    }
}

/// When a claimed run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It is `running` as soon as it is claimed.
    Now,
    /// It is `waiting` until [`super::Store::started`].
    Waiting,
    /// It is `waiting` behind the earlier runs of its job, however many live: overlap is not judged.
    InLine,
    /// It is `waiting` and no process's, until one takes it: [`super::Store::adopt`].
    HandedOver,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It is a run.
    Won(Run),
    /// It is a run that waits for the end of the earlier ones of its job.
    Queued(Run),
    /// The tick has a row already.
    Taken,
    /// It waits until its credential is accepted again.
    Held {
        /// The row that waits. It may stand for earlier ticks as well.
        row: RunId,
    },
    /// It does not run: an earlier run of the job lives, the job is paused, or the one that it comes
    /// after did not succeed.
    Skipped {
        /// The row that says so. It may stand for earlier ticks as well.
        row: RunId,
        /// Why, for a person.
        reason: String,
    },
}

/// A run that nobody was at work on and this process has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The run, `waiting`.
    pub run: Run,
    /// The fingerprint of its job when it was claimed; of a tick that waited for a credential, as this process
    /// serves it.
    pub config_hash: String,
}

/// A run that a crash cut off, of which no call would be made twice by a repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The run that was cut off.
    pub run: RunId,
    /// Its tick.
    pub tick: Tick,
    /// The fingerprint of its job when it was claimed.
    pub config_hash: String,
}

/// What others want of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Runs wait for a process to take them.
    pub handed_over: bool,
    /// The store knows what this process serves. It does not before [`super::Store::serve`], nor once
    /// others took the process for dead.
    pub is_serving: bool,
    /// Runs of this process that are to end.
    pub cancels: Vec<RunId>,
    /// The runs of this process that live, as the store has it.
    pub living: BTreeSet<RunId>,
}

/// What was left by processes that died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many were found dead.
    pub processes: u64,
    /// How many runs of theirs were interrupted.
    pub runs: u64,
}

/// What became of the wish to cancel a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Its process ends it within a second or two.
    Asked,
    /// It waited and never began: it is `interrupted`, or `skipped` where it stands for several ticks.
    Done,
    /// It has ended, in this state.
    Ended(RunState),
    /// There is no such run.
    Unknown,
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

/// A job that this process serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The job.
    pub job: Name,
    /// The fingerprint of the job.
    pub config_hash: String,
    /// When its ticks come; `None` for a job that has none.
    pub timing: Option<Timing>,
}

/// When the ticks of a job come, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Its cron text.
    pub schedule: String,
    /// Its zone, by name.
    pub timezone: String,
    /// Overlap, catch-up and the like, as a JSON object.
    pub policies: String,
    /// The job file that says so, whole path.
    pub file: String,
}

/// A job as it was served for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobVersion {
    /// The job.
    pub job: Name,
    /// The fingerprint of the job.
    pub config_hash: String,
    /// When its ticks came.
    pub timing: Timing,
    /// Since when.
    pub valid_from: Time,
    /// Until when; `None` for one that holds.
    pub valid_to: Option<Time>,
    /// Whether a living process other than this one serves it now.
    pub is_kept: bool,
}

/// The row that covers ticks of a job, as the audit sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The first tick.
    pub scheduled_for: Time,
    /// The last; the first itself when there is only one.
    pub through: Time,
}

/// Why a job has no runs for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub paused_at: Time,
    /// Until when; `None`: until it is resumed.
    pub until: Option<Time>,
    /// Why, as whoever paused it said.
    pub reason: Option<String>,
}

/// Until when what came to be is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizons {
    /// Runs that ended before.
    pub runs: Time,
    /// Results of runs that ended before.
    pub results: Time,
    /// Samples taken before, and counts of days before.
    pub samples: Time,
    /// Diagnoses made before.
    pub diagnoses: Time,
}

/// Whether the end of a run was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was.
    Recorded,
    /// The run is no longer this process's, or has ended: nothing was written.
    Lost,
}
