//! Runs jobs now, on the same path as the scheduler.

use super::start::Started;
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
    pub async fn run_now(&self, names: &[Name], _place: Place) -> Result<Vec<RunNow>, EngineError> {
        let mut started = Vec::with_capacity(names.len());
        for chunk in names.chunks(CLAIMED_AT_ONCE) {
            if self.0.shutdown.is_draining() {
                break;
            }
            match self.start(self.ticks_now(chunk), Start::Manual).await {
                Ok(chunk) => started.extend(chunk),
                Err(error) => self.store_broke(error),
            }
        }
        self.wait_for_running().await;
        self.breakage()?;
        let mut started = started.into_iter();
        let mut runs = Vec::with_capacity(names.len());
        for job in names {
            runs.push(RunNow { job: job.clone(), ended: ended(started.next()).await });
        }
        Ok(runs)
    }

    /// Runs a run again, whose job the job file has: as the newest of its chain.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn repeat(&self, _newest: &RunRow, _place: Place) -> Result<RunNow, EngineError> {
        unimplemented!()
    }

    /// Runs ticks of the past here, one after the other, oldest first: those of which no run
    /// succeeded or lives. After a stop was asked for, no further one begins. Answers for each that
    /// was begun.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn backfill(&self, _ticks: Vec<Tick>) -> Result<Vec<RunNow>, EngineError> {
        unimplemented!()
    }

    fn ticks_now(&self, names: &[Name]) -> Vec<Tick> {
        let scheduled_for = self.0.clock.now();
        names.iter().map(|job| Tick { job: job.clone(), scheduled_for }).collect()
    }

    async fn wait_for_running(&self) {
        self.0.running.close();
        tokio::select! {
            () = self.0.running.wait() => {}
            () = self.0.shutdown.draining() => self.drain().await,
        }
    }
}

async fn ended(started: Option<Started>) -> Result<Ended, NotRun> {
    match started {
        Some(Started::Run(handle)) => {
            handle.await.ok().flatten().map(|outcome| Ended::Here(Box::new(outcome))).ok_or(NotRun::NotRecorded)
        }
        Some(Started::Taken) => Err(NotRun::Taken),
        Some(Started::Overlaps) => Err(NotRun::Skipped),
        None => Err(NotRun::Stopped),
    }
}
