//! The pulse: once a second this process shows that it lives, and hears what others want of it.
//!
//! It beats as long as anything runs here, through a drain as well. A store that cannot be written is
//! asked again at the next beat; should the lease run out meanwhile, other processes may take the runs
//! over, which the first pulse that gets through notices.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::Engine;
use super::start::Lifted;
use super::turn::Turn;
use crate::job::Overlap;
use crate::run::{Run, RunId};
use crate::store::{Adopted, BEAT, LEASE, StoreError};
use crate::telemetry::chain;

const EVERY: Duration = Duration::from_secs(1);

/// When this process last showed that it lives, on the monotonic clock.
pub(super) struct Lease(AtomicU64);

impl Lease {
    /// Opening the store is the first sign of life.
    pub(super) fn new(elapsed: Duration) -> Lease {
        Lease(AtomicU64::new(millis(elapsed)))
    }

    fn extend(&self, elapsed: Duration) {
        self.0.store(millis(elapsed), Ordering::Relaxed);
    }

    fn age(&self, elapsed: Duration) -> Duration {
        Duration::from_millis(millis(elapsed).saturating_sub(self.0.load(Ordering::Relaxed)))
    }

    /// Whether other processes hold this one for alive.
    pub(super) fn holds(&self, elapsed: Duration) -> bool {
        self.age(elapsed) < LEASE
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether the store answered the last pulse.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Well,
    Failing,
}

impl Engine {
    /// Begins to beat, until the guard is dropped.
    pub(super) fn begin_pulse(&self) -> DropGuard {
        let end = CancellationToken::new();
        let (engine, ended) = (self.clone(), end.clone());
        tokio::spawn(async move {
            let mut health = Health::Well;
            loop {
                let pulse = async {
                    engine.0.clock.sleep(EVERY).await;
                    engine.pulse().await
                };
                tokio::select! {
                    biased;
                    () = ended.cancelled() => return,
                    pulse = pulse => health = told(pulse, health),
                }
            }
        });
        end.drop_guard()
    }

    async fn pulse(&self) -> Result<(), StoreError> {
        let now = self.0.clock.elapsed();
        if self.0.lease.age(now) >= BEAT {
            self.0.store.beat().await?;
            self.0.lease.extend(now);
        }
        // Taken before the question: a run that begins meanwhile is none that was lost.
        let mine = self.0.living.under_way();
        let orders = self.0.store.orders().await?;
        for run in orders.cancels {
            self.cancel(run);
        }
        self.let_go(mine.difference(&orders.living).copied().collect());
        if orders.handed_over && self.0.door.is_open() && !self.0.shutdown.is_draining() {
            for adopted in self.0.store.adopt().await? {
                self.take_in(adopted);
            }
        }
        Ok(())
    }

    fn cancel(&self, run: RunId) {
        if let Some(job) = self.0.living.halt(run, "it was cancelled") {
            tracing::info!(job.name = %job, run.id = %run, "run {run} of `{job}` is cancelled");
        }
    }

    /// Ends runs that are no longer this process's.
    fn let_go(&self, lost: BTreeSet<RunId>) {
        for run in lost {
            if let Some(job) = self.0.living.halt(run, "another process took it over") {
                tracing::warn!(
                    job.name = %job, run.id = %run,
                    "run {run} of `{job}` is no longer this process's: it is cancelled here"
                );
            }
        }
    }

    fn take_in(&self, adopted: Adopted) {
        let Adopted { run, config_hash } = adopted;
        let jobs = self.jobs();
        let job = jobs.jobs.get(&run.tick.job).filter(|job| job.config_hash == config_hash);
        let Some(job) = job.cloned() else {
            // A reload came in between.
            return self.refuse(&run);
        };
        let turn = match job.overlap {
            Overlap::Allow => Turn::Free { not_before: None },
            Overlap::Skip | Overlap::Queue => Turn::InLine { not_before: None },
        };
        // Its handle is nobody's: whoever handed it over reads the store.
        drop(self.launch(Lifted { job, limits: jobs.settings.limits, run }, turn));
    }

    /// Ends a run that was taken and cannot be made here.
    fn refuse(&self, run: &Run) {
        let outcome = self.ended_before_it_began(run, "its job was changed or removed before it began");
        let engine = self.clone();
        self.0.running.spawn(async move {
            if let Err(error) = engine.0.store.finish(outcome).await {
                engine.store_broke(error);
            }
        });
    }
}

/// A failure is told once, and so is its end.
fn told(pulse: Result<(), StoreError>, health: Health) -> Health {
    match (pulse, health) {
        (Ok(()), Health::Failing) => {
            tracing::info!("the store answers again");
            Health::Well
        }
        (Ok(()), Health::Well) => Health::Well,
        (Err(_), Health::Failing) => Health::Failing,
        (Err(error), Health::Well) => {
            tracing::warn!(error = %chain(&error), "the store does not answer: trying on");
            Health::Failing
        }
    }
}
