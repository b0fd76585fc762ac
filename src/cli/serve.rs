//! `apicron serve`.

use std::sync::Arc;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::run::signal_exit;
use super::screen::Screen;
use super::{Context, times};
use crate::clock::{Clock, Time};
use crate::engine::{Announce, Engine, Observer, Unobserved};
use crate::job::Jobs;
use crate::store::{Access, Store};

/// Runs jobs on their schedules until a signal. There is no page yet that `--no-web` could leave out.
pub(super) async fn serve(context: Context, _args: args::Serve) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    context.require_secrets(&jobs, None)?;
    serve_jobs(&context, jobs, Arc::new(Unobserved)).await
}

/// Serves checked jobs until a signal.
pub(super) async fn serve_jobs(context: &Context, jobs: Jobs, observer: Arc<dyn Observer>) -> Result<Exit, CliError> {
    let shutdown = context.shutdown_on_signals()?;
    let store = Store::open(&jobs.settings.store.path, Access::Write, &context.clock).await?;
    let terminal = Terminal {
        screen: context.screen,
        clock: context.clock.clone(),
        jobs: enabled(&jobs),
        store: store_path(&jobs),
    };
    let engine = Engine::new(context.parts(jobs, &store, &shutdown), observer)?;
    let served = engine.serve(&terminal).await;
    store.close().await;
    served?;
    Ok(shutdown.cutting_signal().and_then(signal_exit).unwrap_or(Exit::Done))
}

/// Says on standard error how the server fares.
struct Terminal {
    screen: Screen,
    clock: Clock,
    jobs: usize,
    store: String,
}

impl Announce for Terminal {
    /// "apicron is ready: 4 jobs, the first tick in 2m, store /srv/apicron.db".
    fn ready(&self, first: Option<Time>) {
        let now = self.clock.now();
        let first =
            first.map_or_else(|| "no tick to come".to_owned(), |at| format!("first tick {}", times::relative(now, at)));
        let jobs = times::count(self.jobs, "job");
        self.screen.note(&format!("apicron is ready: {jobs}, {first}, store {}", self.store));
    }
}

fn enabled(jobs: &Jobs) -> usize {
    jobs.jobs.values().filter(|job| job.enabled).count()
}

fn store_path(jobs: &Jobs) -> String {
    jobs.settings.store.path.display().to_string()
}
