//! Ticks to claims, claims to living runs.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::Engine;
use super::living::Seat;
use super::turn::{NotBegun, Turn};
use crate::clock::{Time, add};
use crate::crash::{self, Moment};
use crate::job::{Job, Limits};
use crate::run::{Occasion, Outcome, Run, Tick};
use crate::schedule;
use crate::store::{Begin, Claim, Claimed, Start, StoreError};

/// A tick that is to be claimed, for the job as it stood when it came.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) job: Arc<Job>,
    pub(super) limits: Limits,
    pub(super) tick: Tick,
    pub(super) start: Start,
    pub(super) rank: Rank,
}

/// Where a run stands to the earlier ones of its job, and who is at work on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// As its job's `overlap` says.
    ByOverlap,
    /// Behind them.
    InLine,
    /// As its job's `overlap` says, in another process.
    Elsewhere,
}

/// What became of the claim of one tick.
#[derive(Debug)]
pub(super) enum Started {
    /// It lives here.
    Run(JoinHandle<Lived>),
    /// It is another process's to run.
    HandedOver(Lifted),
    /// Another claim of the same tick was first.
    Taken,
    /// It does not run, or not yet, and has a row that says why.
    Skipped,
}

/// What became of a run that lived here.
#[derive(Debug)]
pub(super) enum Lived {
    /// It ended, and its end is on disk.
    Ended(Box<Outcome>),
    /// A stop came before it began. It waits until the store is closed.
    NotBegun,
    /// It waits until its credential is accepted again.
    Held,
    /// Its end could not be recorded.
    NotRecorded,
}

/// A run with all that it needs to be made here.
#[derive(Clone, Debug)]
pub(super) struct Lifted {
    pub(super) job: Arc<Job>,
    pub(super) limits: Limits,
    pub(super) run: Run,
}

/// What a claimed run has at the claim.
struct Readiness {
    slot: Option<OwnedSemaphorePermit>,
    not_before: Option<Time>,
}

impl Engine {
    /// A tick of a job of the file; `None` when the file has no such job.
    pub(super) fn candidate(&self, tick: Tick, start: Start, rank: Rank) -> Option<Candidate> {
        let jobs = self.jobs();
        let job = Arc::clone(jobs.jobs.get(&tick.job)?);
        Some(Candidate { job, limits: jobs.settings.limits, tick, start, rank })
    }

    /// Claims ticks in one transaction and starts those that were won. Answers in order.
    ///
    /// # Errors
    /// [`StoreError`] when the claims could not be committed: then nothing was started.
    pub(super) async fn start(&self, candidates: Vec<Candidate>) -> Result<Vec<Started>, StoreError> {
        let claimed_at = self.0.clock.now();
        let ready: Vec<Readiness> = candidates.iter().map(|candidate| self.readiness(candidate, claimed_at)).collect();
        let claims = candidates.iter().zip(&ready).map(|(candidate, ready)| candidate.claim(ready, claimed_at));
        let claimed = self.0.store.claim(claims.collect()).await?;
        let answers = candidates.into_iter().zip(ready).zip(claimed);
        Ok(answers.map(|((candidate, ready), claimed)| self.begin(candidate, ready, claimed, claimed_at)).collect())
    }

    fn readiness(&self, candidate: &Candidate, now: Time) -> Readiness {
        let not_before = candidate.not_before().filter(|at| *at > now);
        let may_begin = candidate.rank == Rank::ByOverlap && not_before.is_none();
        Readiness { slot: if may_begin { self.0.slots.try_take() } else { None }, not_before }
    }

    fn begin(&self, candidate: Candidate, ready: Readiness, claimed: Claimed, claimed_at: Time) -> Started {
        let Readiness { slot, not_before } = ready;
        let Candidate { job, limits, tick, start, rank } = candidate;
        let lifted = |run| Lifted { job: Arc::clone(&job), limits, run };
        match claimed {
            Claimed::Won(run) | Claimed::Queued(run) if rank == Rank::Elsewhere => Started::HandedOver(lifted(run)),
            Claimed::Won(run) => {
                let turn = match (slot, rank) {
                    (Some(slot), _) => Turn::Come(slot),
                    (None, Rank::InLine) => Turn::InLine { not_before },
                    (None, Rank::ByOverlap | Rank::Elsewhere) => Turn::Free { not_before },
                };
                Started::Run(self.launch(lifted(run), turn))
            }
            Claimed::Queued(run) => Started::Run(self.launch(lifted(run), Turn::InLine { not_before })),
            Claimed::Taken => Started::Taken,
            Claimed::Held { row } => {
                tracing::debug!(job.name = %job.name, run.id = %row, "a tick of `{}` waits for its credential", job.name);
                Started::Skipped
            }
            Claimed::Skipped { row, reason } => {
                tracing::warn!(job.name = %job.name, "`{}` was skipped: {reason}", job.name);
                let run = Run { id: row, tick, trigger: start.trigger(), claimed_at, occasion: Occasion::Tick };
                self.0.observer.skipped(&job, &run, &reason);
                Started::Skipped
            }
        }
    }

    /// Lets a run live here until its end is recorded, or a stop comes before it begins.
    pub(super) fn launch(&self, lifted: Lifted, turn: Turn) -> JoinHandle<Lived> {
        let engine = self.clone();
        let seat = self.0.living.seat(&lifted.job.name, lifted.run.id);
        self.0.running.spawn(async move {
            let lived = engine.or_stop("the recording of a run", engine.live(lifted, turn, &seat)).await;
            lived.unwrap_or(Lived::NotRecorded)
        })
    }

    async fn live(&self, lifted: Lifted, turn: Turn, seat: &Seat) -> Lived {
        let made = AssertUnwindSafe(self.make(&lifted, turn, seat)).catch_unwind().await;
        let Lifted { job, run, .. } = lifted;
        let mut outcome = match made {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(NotBegun::Halted(why))) => self.ended_before_it_began(&run, why),
            Ok(Err(NotBegun::Stopping)) => return Lived::NotBegun,
            Err(panic) => self.ended_in_panic(&job, &run, panic.as_ref()),
        };
        seat.ending();
        crash::reach(Moment::Before, "hold or record a run");
        self.note_refused(&job, &mut outcome).await;
        if let Some(hold) = Engine::hold_of(&run, &seat.halt, &outcome) {
            self.hold(&job, hold).await;
            return Lived::Held;
        }
        match self.record(&job, &run, outcome).await {
            Some(outcome) => Lived::Ended(Box::new(outcome)),
            None => Lived::NotRecorded,
        }
    }

    async fn make(&self, lifted: &Lifted, turn: Turn, seat: &Seat) -> Result<Outcome, NotBegun> {
        let Lifted { job, limits, run } = lifted;
        let _slot = self.wait_for_turn(turn, run, &seat.halt).await?;
        crash::reach(Moment::Before, "begin a run");
        self.0.observer.began(job, run);
        self.try_anew(job, run);
        Ok(self.execute(job, run, *limits, &seat.halt).await)
    }
}

impl Candidate {
    fn claim(&self, ready: &Readiness, claimed_at: Time) -> Claim {
        Claim {
            tick: self.tick.clone(),
            start: self.start,
            after: self.job.after.clone(),
            credential: self.job.api.credential.as_ref().map(|credential| credential.name.clone()),
            config_hash: self.job.config_hash.clone(),
            overlap: self.job.overlap,
            begin: match self.rank {
                Rank::Elsewhere => Begin::HandedOver,
                Rank::InLine => Begin::InLine,
                Rank::ByOverlap if ready.slot.is_some() => Begin::Now,
                Rank::ByOverlap => Begin::Waiting,
            },
            claimed_at,
        }
    }

    /// When the jitter of a tick lets it begin, also where it is owed a repeat; `None` for what a person
    /// asked for.
    fn not_before(&self) -> Option<Time> {
        let tick = self.tick.scheduled_for;
        match (self.start, self.rank) {
            (Start::Schedule | Start::CatchUp | Start::Again, _) | (Start::Repeat(_), Rank::InLine) => {
                Some(add(tick, schedule::jitter(&self.job, tick)))
            }
            (Start::Manual | Start::Backfill | Start::Repeat(_), _) => None,
        }
    }
}
