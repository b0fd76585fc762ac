//! `apicron serve`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::reload::Hangups;
use super::screen::Screen;
use super::service::Service;
use super::session::signal_exit;
use super::{Context, times};
use crate::clock::{Clock, Time};
use crate::engine::{Announce, Engine, Observer, Unobserved};
use crate::job::Jobs;

/// Runs jobs on their schedules until a signal, and reads the job file again at each SIGHUP. There is
/// no page yet that `--no-web` could leave out.
pub(super) async fn serve(context: Context, _args: args::Serve) -> Result<Exit, CliError> {
    let hangups = Hangups::listen()?;
    let jobs = context.load()?;
    context.require_secrets(&jobs, None)?;
    serve_jobs(&context, jobs, Arc::new(Unobserved), Some(hangups)).await
}

/// Serves checked jobs until a signal. Without `hangups`, there is no file to read again.
pub(super) async fn serve_jobs(
    context: &Context,
    jobs: Jobs,
    observer: Arc<dyn Observer>,
    hangups: Option<Hangups>,
) -> Result<Exit, CliError> {
    let shutdown = context.shutdown_on_signals()?;
    let store = context.write_store(&jobs).await?;
    let terminal = Terminal::new(context, &jobs);
    let engine = Engine::new(context.parts(jobs, &store, &shutdown), observer)?;
    let reloads = async {
        if let Some(hangups) = hangups {
            hangups.reload(context, &engine, &terminal).await;
        }
        std::future::pending::<()>().await;
    };
    let served = tokio::select! {
        served = engine.serve(&terminal) => served,
        () = reloads => Ok(()),
    };
    store.close().await;
    served?;
    Ok(shutdown.cutting_signal().and_then(signal_exit).unwrap_or(Exit::Done))
}

/// Says on standard error, and to systemd, how the server fares.
pub(super) struct Terminal {
    screen: Screen,
    clock: Clock,
    service: Service,
    jobs: AtomicUsize,
    store: String,
}

impl Terminal {
    fn new(context: &Context, jobs: &Jobs) -> Terminal {
        Terminal {
            screen: context.screen,
            clock: context.clock.clone(),
            service: Service::new(context),
            jobs: AtomicUsize::new(enabled(jobs)),
            store: jobs.settings.store.path.display().to_string(),
        }
    }

    /// The job file is being read again.
    pub(super) fn reloading(&self) {
        self.service.reloading();
    }

    /// So many jobs are served from now on.
    pub(super) fn serves(&self, jobs: usize) {
        self.jobs.store(jobs, Ordering::Relaxed);
    }

    /// The job file was read again, whatever came of it.
    pub(super) fn ready_again(&self) {
        self.service.ready_again(self.jobs());
    }

    fn jobs(&self) -> String {
        times::count(self.jobs.load(Ordering::Relaxed), "job")
    }
}

impl Announce for Terminal {
    /// "apicron is ready: 4 jobs, first tick in 2m, store /srv/apicron.db".
    fn ready(&self, first: Option<Time>) {
        let now = self.clock.now();
        let first =
            first.map_or_else(|| "no tick to come".to_owned(), |at| format!("first tick {}", times::relative(now, at)));
        let status = format!("{}, {first}, store {}", self.jobs(), self.store);
        self.screen.note(&format!("apicron is ready: {status}"));
        self.service.ready(status);
    }

    fn alive(&self) {
        self.service.alive();
    }

    fn stopping(&self) {
        self.service.stopping();
    }
}

pub(super) fn enabled(jobs: &Jobs) -> usize {
    jobs.jobs.values().filter(|job| job.enabled).count()
}
