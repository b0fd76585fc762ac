//! `apicron run`.

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::report::Reporter;
use super::session::{Session, served_elsewhere};
use crate::engine::Place;
use crate::job::Jobs;
use crate::run::Name;
use crate::store::Store;

/// Runs jobs now and waits for them.
pub(super) async fn run(context: Context, args: args::Run) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    let names = wanted(&jobs, &args)?;
    if args.dry_run {
        context.require_secrets(&jobs, Some(&names))?;
        return super::dry_run::dry_run(&context, &jobs, &names);
    }
    let place = if args.here || args.concurrency.is_some() { Place::Here } else { Place::WhereServed };
    if place == Place::Here {
        context.require_secrets(&jobs, Some(&names))?;
    }
    let store = context.write_store(&jobs).await?;
    let exit = run_in(&context, &args, jobs, &names, place, &store).await;
    store.close().await;
    exit
}

async fn run_in(
    context: &Context,
    args: &args::Run,
    jobs: Jobs,
    names: &[Name],
    place: Place,
    store: &Store,
) -> Result<Exit, CliError> {
    require_secrets_here(context, store, &jobs, names, place).await?;
    let reporter = Reporter::new(context.screen, Store::process());
    let session = Session::begin(context, reporter, |shutdown| {
        let mut parts = context.parts(jobs, store, shutdown);
        parts.concurrency = args.concurrency.unwrap_or(parts.concurrency);
        parts
    })?;
    let ended = session.engine.run_now(names, place).await;
    session.end(ended, names.len())
}

/// Checks the secrets of the jobs that run in this process: those that are handed over need none here.
pub(super) async fn require_secrets_here(
    context: &Context,
    store: &Store,
    jobs: &Jobs,
    names: &[Name],
    place: Place,
) -> Result<(), CliError> {
    let served = served_elsewhere(context, store, jobs, names, place).await?;
    let here: Vec<Name> = names.iter().filter(|name| !served.contains(name)).cloned().collect();
    context.require_secrets(jobs, Some(&here))
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
