//! `apicron run`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::report::Reporter;
use super::{Context, times};
use crate::clock::millis_between;
use crate::engine::{Engine, NotRun, Place, RunNow};
use crate::job::Jobs;
use crate::run::{Name, RunState};
use crate::store::{Access, Store};

/// Runs jobs now and waits for them.
pub(super) async fn run(context: Context, args: args::Run) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    let names = wanted(&jobs, &args)?;
    context.require_secrets(&jobs, Some(&names))?;
    if args.dry_run {
        return super::dry_run::dry_run(&context, &jobs, &names);
    }
    let store = Store::open(&jobs.settings.store.path, Access::Write, &context.clock).await?;
    let shutdown = context.shutdown_on_signals()?;
    let reporter = Arc::new(Reporter::new(context.screen, Store::process()));
    let mut parts = context.parts(jobs, &store, &shutdown);
    parts.concurrency = args.concurrency.unwrap_or(parts.concurrency);
    let engine = Engine::new(parts, Arc::clone(&reporter) as Arc<_>)?;
    let began = context.clock.now();
    let ended = engine.run_now(&names, Place::Here).await;
    store.close().await;
    let ended = ended?;
    summarize(&context, &reporter, &ended, millis_between(began, context.clock.now()), engine.token_requests())?;
    Ok(shutdown.cutting_signal().and_then(signal_exit).unwrap_or_else(|| exit(&ended)))
}

/// The jobs that were named, or every enabled one.
fn wanted(jobs: &Jobs, args: &args::Run) -> Result<Vec<Name>, CliError> {
    if args.all {
        return Ok(jobs.jobs.values().filter(|job| job.enabled).map(|job| job.name.clone()).collect());
    }
    let mut names = Vec::with_capacity(args.jobs.len());
    for name in &args.jobs {
        let name = &find_job(jobs, name)?.name;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    Ok(names)
}

pub(super) fn summarize(
    context: &Context,
    reporter: &Reporter,
    ended: &[RunNow],
    millis: i64,
    token_requests: u64,
) -> Result<(), CliError> {
    for run in ended {
        if let Err(why) = run.ended
            && why != NotRun::Skipped
        {
            context.screen.note(&format!("`{}` was not run: {}", run.job, words(why)));
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
        let requests = times::count(usize::try_from(token_requests).unwrap_or(usize::MAX), "token request");
        context.screen.note(&format!("{runs} in {time}{states}; {requests}"));
    }
    Ok(())
}

fn words(why: NotRun) -> &'static str {
    match why {
        NotRun::Skipped => "its former run still lives",
        NotRun::LeftBehind(_) => "it goes on in another process",
        NotRun::Taken => "another process claimed it at the same moment",
        NotRun::Stopped => "the stop came first",
        NotRun::NotRecorded => "its outcome could not be recorded",
    }
}

/// Refused wins over failed, failed over what was not done.
fn exit(ended: &[RunNow]) -> Exit {
    let exits: Vec<Exit> = ended.iter().map(exit_of_one).collect();
    [Exit::Refused, Exit::Failed, Exit::NotNow].into_iter().find(|exit| exits.contains(exit)).unwrap_or(Exit::Done)
}

fn exit_of_one(run: &RunNow) -> Exit {
    match &run.ended {
        Ok(ended) => match ended.state() {
            RunState::Succeeded => Exit::Done,
            RunState::Refused => Exit::Refused,
            _ => Exit::Failed,
        },
        Err(NotRun::NotRecorded) => Exit::Failed,
        Err(NotRun::Skipped | NotRun::LeftBehind(_) | NotRun::Taken | NotRun::Stopped) => Exit::NotNow,
    }
}

/// 130 or 143.
pub(super) fn signal_exit(signal: i32) -> Option<Exit> {
    u8::try_from(signal).ok().map(Exit::Signal)
}
