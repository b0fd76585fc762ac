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
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
pub(super) use tokio_cron_scheduler::JobSchedulerError as SchedulerError;
use tokio_cron_scheduler::{Job as Duty, JobScheduler};
use uuid::Uuid;

use super::Engine;
pub(super) use heartbeat::Pinging;

/// Hourly, off the full hour, when jobs are few.
const RETENTION: &str = "0 17 * * * *";

/// A server that never lives through a full hour keeps no more than others.
const SOON: Duration = Duration::from_secs(1);

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
        let prune = |engine: Engine| async move { engine.prune().await };
        scheduler.add(duty(RETENTION, "retention", engine, prune)?).await?;
        scheduler.add(Duty::new_one_shot_async(SOON, body("the first retention", engine, prune))?).await?;
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

/// A duty that comes again and again.
fn duty<F: Future<Output = ()> + Send + 'static>(
    when: &str,
    name: &'static str,
    engine: &Engine,
    work: impl Fn(Engine) -> F + Send + Sync + Clone + 'static,
) -> Result<Duty, SchedulerError> {
    Duty::new_async(when, body(name, engine, work))
}

/// What is done of a duty each time. Its panic is told and does no harm, and a stop ends it: what it had
/// asked of the store is done or not.
fn body<F: Future<Output = ()> + Send + 'static>(
    name: &'static str,
    engine: &Engine,
    work: impl Fn(Engine) -> F + Send + Sync + Clone + 'static,
) -> impl Fn(Uuid, JobScheduler) -> BoxFuture<'static, ()> + Send + Sync + Clone + 'static {
    let engine = engine.clone();
    move |_, _| {
        let (engine, work) = (engine.clone(), work.clone());
        Box::pin(async move {
            let shutdown = engine.0.shutdown.clone();
            let done = AssertUnwindSafe(work(engine)).catch_unwind();
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
    }
}
