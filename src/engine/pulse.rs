//! The pulse: once a second this process shows that it lives, and hears what others want of it.
//!
//! It beats as long as anything runs here, through a drain as well. A store that cannot be written is
//! asked again at the next beat, but for one that is gone; should the lease run out meanwhile, other processes may take the runs
//! over, which the first pulse that gets through notices.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Engine;
use super::door::Request;
use crate::crash::{self, Moment};
use crate::run::RunId;
use crate::store::{BEAT, StoreError};
use crate::telemetry::chain;

const EVERY: Duration = Duration::from_secs(1);

/// When something last happened, on the monotonic clock.
pub(super) struct LastTime(AtomicU64);

impl LastTime {
    pub(super) fn new(elapsed: Duration) -> LastTime {
        LastTime(AtomicU64::new(millis(elapsed)))
    }

    pub(super) fn set(&self, elapsed: Duration) {
        self.0.store(millis(elapsed), Ordering::Relaxed);
    }

    pub(super) fn age(&self, elapsed: Duration) -> Duration {
        Duration::from_millis(millis(elapsed).saturating_sub(self.0.load(Ordering::Relaxed)))
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
                    AssertUnwindSafe(engine.pulse()).catch_unwind().await
                };
                tokio::select! {
                    biased;
                    () = ended.cancelled() => return,
                    pulse = pulse => match pulse {
                        // Nothing can be recorded any more, though the next tick may be far.
                        Ok(Err(error)) if !error.may_pass() => return engine.store_broke(error),
                        Ok(pulse) => health = told(pulse, health),
                        // Without a beat, others would take this process for dead.
                        Err(_) => tracing::error!("the pulse met a fault of its own, and beats on: please report it"),
                    },
                }
            }
        });
        end.drop_guard()
    }

    async fn pulse(&self) -> Result<(), StoreError> {
        crash::reach(Moment::Before, "beat");
        let now = self.0.clock.elapsed();
        if self.0.beaten.age(now) >= BEAT {
            self.0.store.beat().await?;
            self.0.beaten.set(now);
        }
        // Taken before the question: a run that begins meanwhile is none that was lost.
        let mine = self.0.living.under_way();
        let orders = self.0.store.orders().await?;
        for run in orders.cancels {
            self.cancel(run);
        }
        self.let_go(mine.difference(&orders.living).copied().collect());
        let incidents = self.hear_of_incidents().await?;
        if orders.handed_over {
            self.0.door.hint(Request::Adopt);
        }
        if !orders.is_serving && !self.jobs().jobs.is_empty() {
            self.0.door.hint(Request::ServeAgain);
        }
        self.look_after_incidents(&incidents).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_what_happened_is_counted_from_the_last_time() {
        let last = LastTime::new(Duration::from_secs(3));
        assert_eq!(last.age(Duration::from_secs(10)), Duration::from_secs(7));
        last.set(Duration::from_secs(10));
        assert_eq!(last.age(Duration::from_secs(10)), Duration::ZERO);
        assert_eq!(last.age(Duration::from_secs(9)), Duration::ZERO, "a reading that was overtaken");
    }
}
