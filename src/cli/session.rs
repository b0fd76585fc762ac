//! Running jobs on somebody's word: `run`, `repeat` and `backfill` do it alike.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::report::Reporter;
use super::{Context, times};
use crate::clock::{Time, millis_between};
use crate::engine::{Ended, Engine, EngineError, NotRun, Parts, Place, RunNow};
use crate::job::Jobs;
use crate::run::{Name, RunState};
use crate::shutdown::Shutdown;
use crate::store::{Access, Store};

/// An engine for a few runs, and what tells of them.
pub(super) struct Session<'c> {
    pub(super) engine: Engine,
    context: &'c Context,
    shutdown: Shutdown,
    reporter: Arc<Reporter>,
    began: Time,
}

impl Context {
    /// Opens the store to write; makes it where there is none.
    pub(super) async fn write_store(&self, jobs: &Jobs) -> Result<Store, CliError> {
        Ok(Store::open(&jobs.settings.store.path, Access::Write, &self.clock).await?)
    }

    /// [`Context::write_store`] for what is of no use without rows; `None` when nothing was ever stored.
    pub(super) async fn write_store_with_rows(&self, jobs: &Jobs) -> Result<Option<Store>, CliError> {
        if self.read_store(jobs).await?.is_none() { Ok(None) } else { self.write_store(jobs).await.map(Some) }
    }
}

impl<'c> Session<'c> {
    pub(super) fn begin(
        context: &'c Context,
        reporter: Reporter,
        parts: impl FnOnce(&Shutdown) -> Parts,
    ) -> Result<Session<'c>, CliError> {
        let shutdown = context.shutdown_on_signals()?;
        let reporter = Arc::new(reporter.showing_progress());
        let engine = Engine::new(parts(&shutdown), Arc::clone(&reporter) as Arc<_>)?;
        let began = context.clock.now();
        Ok(Session { engine, context, shutdown, reporter, began })
    }

    /// Says how it went, and tells how the process ends. `asked` is how many runs
    /// were asked for.
    pub(super) fn end(self, ended: Result<Vec<RunNow>, EngineError>, asked: usize) -> Result<Exit, CliError> {
        self.reporter.no_more_progress();
        let ended = ended?;
        let millis = millis_between(self.began, self.context.clock.now());
        summarize(self.context, &self.reporter, &ended, millis, self.engine.token_requests())?;
        if let left @ 1.. = asked.saturating_sub(ended.len()) {
            self.context.screen.note(&format!("{} not begun: the stop came first", times::count(left, "run")));
        }
        let all = if ended.len() < asked { Exit::NotNow } else { Exit::Done };
        let exit = self.shutdown.cutting_signal().and_then(signal_exit);
        Ok(exit.unwrap_or_else(|| worst(ended.iter().map(exit_of_one).chain([all]))))
    }
}

/// Looks which of the jobs a living process serves in the very form of this job file. Says of those
/// that one serves in another form why they run here.
pub(super) async fn served_elsewhere(
    context: &Context,
    store: &Store,
    jobs: &Jobs,
    names: &[Name],
    place: Place,
) -> Result<Vec<Name>, CliError> {
    if place == Place::Here {
        return Ok(Vec::new());
    }
    let form = |name: &Name| jobs.jobs.get(name).map(|job| (name.clone(), job.config_hash.clone()));
    let forms: Vec<_> = names.iter().filter_map(form).collect();
    let served = store.served_elsewhere(&forms).await?;
    for name in store.served_otherwise(&forms).await?.difference(&served) {
        context.screen.note(&format!("`{name}`: a serving apicron has another form of it: runs here"));
    }
    Ok(served.into_iter().collect())
}

/// Says what was not run and why, then counts what was.
pub(super) fn summarize(
    context: &Context,
    reporter: &Reporter,
    ended: &[RunNow],
    millis: i64,
    token_requests: u64,
) -> Result<(), CliError> {
    for run in ended {
        if let Err(why) = run.ended
            && let Some(text) = words(&run.job, why)
        {
            context.screen.note(&text);
        }
    }
    let by_state = reporter.by_state();
    let runs = usize::try_from(by_state.values().filter_map(Value::as_u64).sum::<u64>()).unwrap_or(usize::MAX);
    if context.is_json() {
        let seconds = std::time::Duration::from_millis(millis.unsigned_abs()).as_secs_f64();
        let summary =
            json!({ "runs": runs, "seconds": seconds, "token_requests": token_requests, "by_state": by_state });
        context.screen.json(&json!({ "summary": summary }))?;
    } else {
        let states: String = by_state.iter().map(|(state, n)| format!(", {n} {state}")).collect();
        let (runs, time) = (times::count(runs, "run"), times::millis(millis));
        let requests =
            requests_of_own(ended, token_requests).map(|n| format!("; {}", times::count(n, "token request")));
        context.screen.note(&format!("{runs} in {time}{states}{}", requests.unwrap_or_default()));
    }
    Ok(())
}

/// Token requests of this process; `None` when all runs were handed over, so that none of theirs are known here.
fn requests_of_own(ended: &[RunNow], token_requests: u64) -> Option<usize> {
    let is_elsewhere = |run: &RunNow| matches!(run.ended, Ok(Ended::Elsewhere(_)) | Err(NotRun::LeftBehind(_)));
    let all_elsewhere = !ended.is_empty() && ended.iter().all(is_elsewhere);
    (!all_elsewhere).then(|| usize::try_from(token_requests).unwrap_or(usize::MAX))
}

/// `None` for what was told already, by its row.
fn words(job: &Name, why: NotRun) -> Option<String> {
    let why = match why {
        NotRun::Skipped => return None,
        NotRun::LeftBehind(run) => {
            return Some(format!(
                "run {run} of `{job}` is left to the serving process: `apicron cancel {run}` ends it"
            ));
        }
        NotRun::PassedOver => return Some(format!("a window of `{job}` is passed over: it has its run meanwhile")),
        NotRun::Taken => "another process claimed it at the same moment",
        NotRun::Stopped => "the stop came first",
        NotRun::NotRecorded => "its outcome could not be recorded",
    };
    Some(format!("`{job}` was not run: {why}"))
}

/// Refused wins over failed, failed over what was not done.
fn worst(exits: impl Iterator<Item = Exit>) -> Exit {
    let exits: Vec<Exit> = exits.collect();
    [Exit::Refused, Exit::Failed, Exit::NotNow].into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
}

fn exit_of_one(run: &RunNow) -> Exit {
    match &run.ended {
        Ok(ended) => match ended.state() {
            RunState::Succeeded => Exit::Done,
            RunState::Refused => Exit::Refused,
            RunState::Skipped => Exit::NotNow,
            _ => Exit::Failed,
        },
        Err(NotRun::PassedOver) => Exit::Done,
        Err(NotRun::NotRecorded) => Exit::Failed,
        Err(NotRun::Skipped | NotRun::LeftBehind(_) | NotRun::Taken | NotRun::Stopped) => Exit::NotNow,
    }
}

/// 130 or 143.
pub(super) fn signal_exit(signal: i32) -> Option<Exit> {
    u8::try_from(signal).ok().map(Exit::Signal)
}
