//! Duties that keep the store small, on tokio-cron-scheduler.
//!
//! It polls twice a second and may lose a start, so only duties that are harmless when they come
//! late, twice or not at all are given to it. Ticks of jobs come from [`crate::schedule`].

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
pub(super) use tokio_cron_scheduler::JobSchedulerError as SchedulerError;
use tokio_cron_scheduler::{Job as Duty, JobScheduler};

use super::Engine;
use crate::clock;
use crate::store::Horizons;

/// Hourly, off the full hour, when jobs are few.
const RETENTION: &str = "0 17 * * * *";

/// The running duties.
pub(super) struct Housekeeping(JobScheduler);

impl Housekeeping {
    /// Starts the duties.
    pub(super) async fn begin(engine: &Engine) -> Result<Housekeeping, SchedulerError> {
        let scheduler = JobScheduler::new().await?;
        let engine = engine.clone();
        let retention = Duty::new_async(RETENTION, move |_, _| {
            let engine = engine.clone();
            Box::pin(async move { engine.prune_guarded().await })
        })?;
        scheduler.add(retention).await?;
        scheduler.start().await?;
        Ok(Housekeeping(scheduler))
    }

    /// Ends the duties. One that is under way ends by itself.
    pub(super) async fn end(mut self) {
        if let Err(error) = self.0.shutdown().await {
            tracing::warn!(error = %error, "housekeeping did not stop cleanly");
        }
    }
}

impl Engine {
    async fn prune_guarded(&self) {
        if AssertUnwindSafe(self.prune()).catch_unwind().await.is_err() {
            tracing::error!("retention met a fault of its own: please report it");
        }
    }

    /// Removes runs that ended longer ago than `store.keep_runs`.
    pub(super) async fn prune(&self) {
        let keep = self.0.jobs.settings.store.keep;
        let before = |keep| clock::subtract(self.0.clock.now(), keep);
        let horizons = Horizons {
            runs: before(keep.runs),
            results: before(keep.results),
            samples: before(keep.samples),
            diagnoses: before(keep.diagnoses),
        };
        match self.0.store.prune(horizons).await {
            Ok(0) => {}
            Ok(runs) => {
                tracing::info!(runs, "removed {runs} runs older than {}", humantime::format_duration(keep.runs));
            }
            Err(error) => tracing::warn!(error = %crate::telemetry::chain(&error), "could not remove old runs"),
        }
    }
}
