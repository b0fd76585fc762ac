//! Runs jobs now, on the same path as the scheduler.

use std::collections::BTreeSet;

use tokio::task::JoinHandle;

use super::announce::Untold;
use super::hand_over::Followed;
use super::start::{Candidate, Lived, Rank, Started};
use super::{Engine, EngineError};
use crate::run::{Name, Outcome, RunId, RunState, Tick};
use crate::store::{RunRow, Start};

/// At most this many runs are claimed in one transaction, so that the first ones begin at once.
const CLAIMED_AT_ONCE: usize = 1000;

/// Where a run that is asked for runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this process.
    Here,
    /// In a living process that serves its job in the very form of this one's job file, so that one
    /// token cache serves both; here when there is none, or none takes it within 5 s.
    WhereServed,
}

/// Why a job was not run although it was asked for, or why its end was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRun {
    /// Its former run still lives, it is paused, or the job that it comes after did not succeed.
    Skipped,
    /// A stop was asked for while another process was at work on it: it goes on there.
    LeftBehind(RunId),
    /// Another process claimed the same moment.
    Taken,
    /// A run of its tick had succeeded or lived by then.
    PassedOver,
    /// A stop was asked for first.
    Stopped,
    /// Its outcome was not written: another process had taken the run over, or the store failed.
    NotRecorded,
}

/// What became of one job that was asked for.
#[derive(Clone, Debug)]
pub struct RunNow {
    /// The job.
    pub job: Name,
    /// How it ended, or why it did not run.
    pub ended: Result<Ended, NotRun>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// In this process.
    Here(Box<Outcome>),
    /// In another one, in this state.
    Elsewhere(RunState),
}

impl Ended {
    /// The final state.
    pub fn state(&self) -> RunState {
        match self {
            Ended::Here(outcome) => outcome.state,
            Ended::Elsewhere(state) => *state,
        }
    }
}

impl Engine {
    /// Runs the named jobs once each, as many at a time as there are slots, and waits for all.
    ///
    /// After a stop was asked for, no further run begins; those that run may end within `drain`.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn run_now(&self, names: &[Name], place: Place) -> Result<Vec<RunNow>, EngineError> {
        let _pulse = self.begin_pulse();
        let elsewhere = self.served_elsewhere(names, place).await?;
        let mut begun = Vec::with_capacity(names.len());
        for chunk in names.chunks(CLAIMED_AT_ONCE) {
            if self.0.shutdown.is_draining() {
                break;
            }
            match self.start(self.candidates_now(chunk, &elsewhere)).await {
                Ok(started) => begun.extend(started),
                Err(error) => self.store_broke(error),
            }
        }
        self.await_all(names, begun).await
    }

    /// Runs a run again, whose job the job file has: as the newest of its chain.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn repeat(&self, newest: &RunRow, place: Place) -> Result<RunNow, EngineError> {
        let _pulse = self.begin_pulse();
        let names = [newest.job.clone()];
        let rank = match self.served_elsewhere(&names, place).await?.is_empty() {
            true => Rank::ByOverlap,
            false => Rank::Elsewhere,
        };
        let tick = Tick { job: newest.job.clone(), scheduled_for: newest.scheduled_for };
        let candidate = self.candidate(tick, Start::Repeat(newest.id), rank);
        let started = self.start(candidate.into_iter().collect()).await?;
        let mut ended = self.await_all(&names, started).await?;
        Ok(ended.pop().unwrap_or(RunNow { job: newest.job.clone(), ended: Err(NotRun::Stopped) }))
    }

    /// Those of the jobs that another living process serves in the very form of this job file.
    async fn served_elsewhere(&self, names: &[Name], place: Place) -> Result<BTreeSet<Name>, EngineError> {
        if place == Place::Here {
            return Ok(BTreeSet::new());
        }
        let hashes = names.iter().filter_map(|name| Some((name.clone(), self.job(name)?.config_hash.clone())));
        Ok(self.0.store.served_elsewhere(&hashes.collect::<Vec<_>>()).await?)
    }

    fn candidates_now(&self, names: &[Name], elsewhere: &BTreeSet<Name>) -> Vec<Candidate> {
        let scheduled_for = self.0.clock.now();
        let candidate = |job: &Name| {
            let rank = if elsewhere.contains(job) { Rank::Elsewhere } else { Rank::ByOverlap };
            self.candidate(Tick { job: job.clone(), scheduled_for }, Start::Manual, rank)
        };
        names.iter().filter_map(candidate).collect()
    }

    /// Waits for the ends of runs, of which the first ones of `names` are begun.
    async fn await_all(&self, names: &[Name], begun: Vec<Started>) -> Result<Vec<RunNow>, EngineError> {
        let followed = begun.iter().filter_map(|begun| match begun {
            Started::HandedOver(lifted) => Some(lifted.clone()),
            Started::Run(_) | Started::Taken | Started::Skipped => None,
        });
        let mut elsewhere = self.follow(followed.collect()).await;
        self.wait_for_running().await;
        self.close_accepted().await;
        self.breakage()?;
        let mut begun = begun.into_iter();
        let mut runs = Vec::with_capacity(names.len());
        for job in names {
            let ended = match begun.next() {
                Some(Started::Run(handle)) => ended(handle).await,
                Some(Started::HandedOver(lifted)) => match elsewhere.remove(&lifted.run.id) {
                    Some(Followed::Here(handle)) => ended(handle).await,
                    Some(Followed::Ended(state)) => elsewhere_ended(state),
                    Some(Followed::Lost) => Err(NotRun::NotRecorded),
                    None => Err(NotRun::LeftBehind(lifted.run.id)),
                },
                Some(Started::Taken) => Err(NotRun::Taken),
                Some(Started::Skipped) => Err(NotRun::Skipped),
                None => Err(NotRun::Stopped),
            };
            runs.push(RunNow { job: job.clone(), ended });
        }
        Ok(runs)
    }

    async fn wait_for_running(&self) {
        self.0.running.close();
        tokio::select! {
            () = self.0.running.wait() => {}
            () = self.0.shutdown.draining() => self.drain(&Untold).await,
        }
    }
}

/// How a run ended that lived here.
pub(super) async fn ended(handle: JoinHandle<Lived>) -> Result<Ended, NotRun> {
    match handle.await {
        Ok(Lived::Ended(outcome)) => Ok(Ended::Here(outcome)),
        Ok(Lived::NotBegun) => Err(NotRun::Stopped),
        Ok(Lived::Held | Lived::NotRecorded) | Err(_) => Err(NotRun::NotRecorded),
    }
}

fn elsewhere_ended(state: RunState) -> Result<Ended, NotRun> {
    if state == RunState::Skipped { Err(NotRun::Skipped) } else { Ok(Ended::Elsewhere(state)) }
}
