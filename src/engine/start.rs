//! Ticks to claims, claims to running runs.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::Engine;
use crate::clock::Time;
use crate::job::Job;
use crate::run::{Occasion, Outcome, Run, Tick};
use crate::store::{Begin, Claim, Claimed, Start, StoreError};

/// What became of the claim of one tick.
#[derive(Debug)]
pub(super) enum Started {
    /// It runs. The handle gives its outcome, `None` if that could not be recorded.
    Run(tokio::task::JoinHandle<Option<Outcome>>),
    /// Another claim of the same tick was first.
    Taken,
    /// The former run of the job still lives.
    Overlaps,
}

/// A tick that is about to be claimed, with a slot if one was free.
struct Candidate {
    job: Arc<Job>,
    tick: Tick,
    slot: Option<OwnedSemaphorePermit>,
}

impl Engine {
    /// Claims ticks in one transaction and starts those that were won. Answers in order.
    ///
    /// # Errors
    /// [`StoreError`] when the claims could not be committed: then nothing was started.
    pub(super) async fn start(&self, ticks: Vec<Tick>, start: Start) -> Result<Vec<Started>, StoreError> {
        let candidates: Vec<Candidate> = ticks.into_iter().filter_map(|tick| self.candidate(tick)).collect();
        let claimed_at = self.0.clock.now();
        let claims = candidates.iter().map(|candidate| candidate.claim(start, claimed_at)).collect();
        let claimed = self.0.store.claim(claims).await?;
        Ok(candidates
            .into_iter()
            .zip(claimed)
            .map(|(candidate, claimed)| self.begin(candidate, claimed, start, claimed_at))
            .collect())
    }

    fn candidate(&self, tick: Tick) -> Option<Candidate> {
        let job = Arc::clone(self.job(&tick.job)?);
        let slot = Arc::clone(&self.0.slots).try_acquire_owned().ok();
        Some(Candidate { job, tick, slot })
    }

    fn begin(&self, candidate: Candidate, claimed: Claimed, start: Start, claimed_at: Time) -> Started {
        match claimed {
            Claimed::Won(run) | Claimed::Queued(run) => Started::Run(self.launch(candidate.job, run, candidate.slot)),
            Claimed::Taken => Started::Taken,
            Claimed::Skipped { row, reason } => {
                let job = &candidate.job;
                tracing::warn!(job.name = %job.name, "`{}` was skipped: {reason}", job.name);
                let (trigger, occasion) = (start.trigger(), Occasion::Tick);
                let run = Run { id: row, tick: candidate.tick, trigger, claimed_at, occasion };
                self.0.observer.skipped(job, &run, &reason);
                Started::Overlaps
            }
        }
    }

    fn launch(
        &self,
        job: Arc<Job>,
        run: Run,
        slot: Option<OwnedSemaphorePermit>,
    ) -> tokio::task::JoinHandle<Option<Outcome>> {
        let engine = self.clone();
        self.0.running.spawn(async move {
            let slot = match slot {
                Some(slot) => Some(slot),
                None => engine.wait_for_slot(&run).await,
            };
            let outcome = match &slot {
                Some(_) => engine.execute(&job, &run).await,
                None => engine.stopped_before_it_began(&run),
            };
            drop(slot);
            engine.record(&job, &run, outcome).await
        })
    }

    /// A slot, first come first served; `None` when the engine stops first.
    async fn wait_for_slot(&self, run: &Run) -> Option<OwnedSemaphorePermit> {
        let slot = tokio::select! {
            biased;
            () = self.0.shutdown.draining() => return None,
            slot = Arc::clone(&self.0.slots).acquire_owned() => slot.ok()?,
        };
        self.0.store.started(run.id, self.0.clock.now());
        Some(slot)
    }
}

impl Candidate {
    fn claim(&self, start: Start, claimed_at: Time) -> Claim {
        Claim {
            tick: self.tick.clone(),
            start,
            after: self.job.after.clone(),
            config_hash: self.job.config_hash.clone(),
            overlap: self.job.overlap,
            begin: if self.slot.is_some() { Begin::Now } else { Begin::Waiting },
            claimed_at,
        }
    }
}
