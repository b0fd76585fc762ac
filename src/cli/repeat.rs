//! `apicron repeat`.

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::report::Reporter;
use super::run::require_secrets_here;
use super::session::Session;
use crate::engine::Place;
use crate::job::Jobs;
use crate::run::RunId;
use crate::store::{RunRow, Store};

/// Runs a run again, or rather the newest run of its chain, and waits for it.
pub(super) async fn repeat(context: &Context, args: &args::Repeat) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    let store = context.write_store_with_rows(&jobs).await?.ok_or_else(|| unknown(args.run))?;
    let exit = repeat_in(context, args, jobs, &store).await;
    store.close().await;
    exit
}

async fn repeat_in(context: &Context, args: &args::Repeat, jobs: Jobs, store: &Store) -> Result<Exit, CliError> {
    let newest = newest(store, args.run).await?;
    find_job(&jobs, newest.job.as_str())?;
    if newest.ticks > 1 {
        return Err(CliError::Failed(stretch(&newest)));
    }
    if newest.state.is_live() {
        let (id, state) = (newest.id, newest.state);
        context.screen.note(&format!("run {id} of `{}`, the newest of its chain, is {state}", newest.job));
        return Ok(Exit::NotNow);
    }
    let place = if args.here { Place::Here } else { Place::WhereServed };
    require_secrets_here(context, store, &jobs, std::slice::from_ref(&newest.job), place).await?;
    let reporter = Reporter::of_repeat(context.screen, Store::process(), newest.id);
    let session = Session::begin(context, reporter, |shutdown| context.parts(jobs, store, shutdown))?;
    let ended = session.engine.repeat(&newest, place).await;
    session.end(ended.map(|run| vec![run]), 1)
}

async fn newest(store: &Store, run: i64) -> Result<RunRow, CliError> {
    let newest = store.newest_repeat(RunId(run)).await?.ok_or_else(|| unknown(run))?;
    store.run_row(newest).await?.ok_or_else(|| unknown(run))
}

pub(super) fn unknown(run: i64) -> CliError {
    CliError::Failed(format!("the store has no run {run}: `apicron runs` lists them"))
}

/// A row for several ticks is no one run.
fn stretch(row: &RunRow) -> String {
    let (id, job, ticks, state) = (row.id, &row.job, row.ticks, row.state);
    format!("run {id} stands for {ticks} ticks that were {state}: `apicron backfill {job} --from … --to …` runs them")
}
