//! Duties that may come late, on tokio-cron-scheduler.
//!
//! It polls twice a second and may lose a start, so only duties that are harmless when they come
//! late, twice or not at all are given to it. Ticks of jobs come from [`crate::schedule`].

mod heartbeat;
mod prewarm;
mod retention;
mod samples;
mod sweep;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
pub(super) use tokio_cron_scheduler::JobSchedulerError as SchedulerError;
use tokio_cron_scheduler::{Job as Duty, JobScheduler};

use super::Engine;
pub(super) use heartbeat::Pinging;

/// Hourly, off the full hour, when jobs are few.
const RETENTION: &str = "0 17 * * * *";

/// Hourly, half an hour from retention.
const SAMPLES: &str = "0 47 * * * *";

/// Every ten seconds.
const SWEEP: &str = "*/10 * * * * *";

/// A quarter of a minute before the ticks that most schedules name.
const PREWARM: &str = "45 * * * * *";

/// Looks each second whether it is time.
const HEARTBEAT: &str = "* * * * * *";

/// The running duties.
pub(super) struct Housekeeping(JobScheduler);

impl Housekeeping {
    /// Starts the duties.
    pub(super) async fn begin(engine: &Engine) -> Result<Housekeeping, SchedulerError> {
        let scheduler = JobScheduler::new().await?;
        scheduler.add(duty(RETENTION, "retention", engine, |engine| async move { engine.prune().await })?).await?;
        scheduler
            .add(duty(SAMPLES, "the sampling of credentials", engine, |engine| async move {
                engine.sample_credentials();
            })?)
            .await?;
        scheduler.add(duty(SWEEP, "the sweep", engine, |engine| async move { engine.sweep().await })?).await?;
        scheduler
            .add(duty(PREWARM, "the pre-warming of tokens", engine, |engine| async move { engine.prewarm().await })?)
            .await?;
        scheduler
            .add(duty(HEARTBEAT, "the heartbeat", engine, |engine| async move { engine.ping_if_due().await })?)
            .await?;
        scheduler.start().await?;
        Ok(Housekeeping(scheduler))
    }

    /// Ends the duties.
    pub(super) async fn end(mut self) {
        if let Err(error) = self.0.shutdown().await {
            tracing::warn!(error = %error, "housekeeping did not stop cleanly");
        }
    }
}

/// A duty whose panic is told and does no harm, and which a stop ends: what it had asked of the store is
/// done or not.
fn duty<F: Future<Output = ()> + Send + 'static>(
    when: &str,
    name: &'static str,
    engine: &Engine,
    body: impl Fn(Engine) -> F + Send + Sync + Clone + 'static,
) -> Result<Duty, SchedulerError> {
    let engine = engine.clone();
    Duty::new_async(when, move |_, _| {
        let (engine, body) = (engine.clone(), body.clone());
        Box::pin(async move {
            let shutdown = engine.0.shutdown.clone();
            let done = AssertUnwindSafe(body(engine)).catch_unwind();
            tokio::select! {
                biased;
                () = shutdown.draining() => {}
                done = done => {
                    if done.is_err() {
                        tracing::error!("{name} met a fault of its own: please report it");
                    }
                }
            }
        })
    })
}
