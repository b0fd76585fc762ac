//! Runs jobs now, on the same path as the scheduler.

use super::start::Started;
use super::{Engine, EngineError};
use crate::run::{Name, Outcome, Tick, Trigger};

/// At most this many runs are claimed in one transaction, so that the first ones begin at once.
const CLAIMED_AT_ONCE: usize = 1000;

/// Why a job was not run although it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRun {
    /// Its former run still lives.
    Overlaps,
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
    pub ended: Result<Box<Outcome>, NotRun>,
}

impl Engine {
    /// Runs the named jobs once each, as many at a time as there are slots, and waits for all.
    ///
    /// After a stop was asked for, no further run begins; those that run may end within `drain`.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn run_now(&self, names: &[Name]) -> Result<Vec<RunNow>, EngineError> {
        let mut started = Vec::with_capacity(names.len());
        for chunk in names.chunks(CLAIMED_AT_ONCE) {
            if self.0.shutdown.is_draining() {
                break;
            }
            match self.start(self.ticks_now(chunk), Trigger::Manual).await {
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

async fn ended(started: Option<Started>) -> Result<Box<Outcome>, NotRun> {
    match started {
        Some(Started::Run(handle)) => handle.await.ok().flatten().map(Box::new).ok_or(NotRun::NotRecorded),
        Some(Started::Taken) => Err(NotRun::Taken),
        Some(Started::Overlaps) => Err(NotRun::Overlaps),
        None => Err(NotRun::Stopped),
    }
}
