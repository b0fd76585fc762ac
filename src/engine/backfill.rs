//! Ticks of the past, one after the other.

use super::announce::Untold;
use super::run_now::ended;
use super::start::{Rank, Started};
use super::{Engine, EngineError, NotRun, RunNow};
use crate::run::Tick;
use crate::store::Start;

impl Engine {
    /// Runs ticks of the past here, one after the other, oldest first: those of which no run
    /// succeeded or lives. After a stop was asked for, no further one begins. Answers for each that
    /// was come to: [`NotRun::PassedOver`] for one that has its run meanwhile.
    ///
    /// # Errors
    /// [`EngineError::Store`] when the store failed.
    pub async fn backfill(&self, mut ticks: Vec<Tick>) -> Result<Vec<RunNow>, EngineError> {
        let _pulse = self.begin_pulse();
        ticks.sort_by_key(|tick| tick.scheduled_for);
        let mut runs = Vec::new();
        for tick in ticks {
            if self.0.shutdown.is_draining() {
                break;
            }
            runs.extend(self.backfill_one(tick).await?);
            self.breakage()?;
        }
        Ok(runs)
    }

    /// `None` for a tick of no job of the file.
    async fn backfill_one(&self, tick: Tick) -> Result<Option<RunNow>, EngineError> {
        let job = tick.job.clone();
        let Some(candidate) = self.candidate(tick, Start::Backfill, Rank::InLine) else { return Ok(None) };
        let started = self.start(vec![candidate]).await?.pop();
        let ended = match started {
            Some(Started::Run(handle)) => {
                let mut end = std::pin::pin!(ended(handle));
                tokio::select! {
                    ended = &mut end => ended,
                    () = self.0.shutdown.draining() => {
                        self.drain(&Untold).await;
                        end.await
                    }
                }
            }
            Some(Started::Skipped) => Err(NotRun::Skipped),
            Some(Started::Taken) => Err(NotRun::PassedOver),
            Some(Started::HandedOver(_)) | None => return Ok(None),
        };
        Ok(Some(RunNow { job, ended }))
    }
}
