//! `apicron backfill`.

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::report::Reporter;
use super::session::Session;
use super::{Context, times};
use crate::clock::{Time, rfc3339};
use crate::job::{Job, Jobs};
use crate::run::{Name, Tick};
use crate::schedule;
use crate::store::Store;

/// Ticks of one backfill. Above it, a slip of the pen is likelier than a wish.
const MOST_TICKS: usize = 10_000;
/// Ticks beyond those are counted up to here, so that no schedule takes long.
const MOST_COUNTED: usize = 1_000_000;

#[derive(Serialize)]
struct Line<'a> {
    job: &'a Name,
    scheduled_for: String,
    window_start: Option<String>,
    window_end: String,
}

/// Runs the ticks of a job within a stretch of the past, but for those of which a run succeeded or
/// lives.
pub(super) async fn backfill(context: &Context, args: &args::Backfill) -> Result<Exit, CliError> {
    let jobs = if args.dry_run { context.load_to_read()? } else { context.load()? };
    let job = find_job(&jobs, &args.job)?;
    let ticks = ticks(context, job, args)?;
    if args.dry_run {
        let ticks = match context.read_store(&jobs).await? {
            Some(store) => without_done(context, &store, ticks, args).await?,
            None => ticks,
        };
        return dry_run(context, job, &ticks);
    }
    context.require_secrets(&jobs, Some(std::slice::from_ref(&job.name)))?;
    let store = context.write_store(&jobs).await?;
    let exit = backfill_in(context, args, jobs, ticks, &store).await;
    store.close().await;
    exit
}

async fn backfill_in(
    context: &Context,
    args: &args::Backfill,
    jobs: Jobs,
    ticks: Vec<Tick>,
    store: &Store,
) -> Result<Exit, CliError> {
    let ticks = without_done(context, store, ticks, args).await?;
    let asked = ticks.len();
    let reporter = Reporter::new(context.screen, Store::process());
    let session = Session::begin(context, reporter, |shutdown| context.parts(jobs, store, shutdown))?;
    let ended = session.engine.backfill(ticks).await;
    session.end(ended, asked)
}

/// The ticks of the job after `from` and not after `to`, oldest first; none of the time to come.
fn ticks(context: &Context, job: &Job, args: &args::Backfill) -> Result<Vec<Tick>, CliError> {
    let name = &job.name;
    if job.schedule.is_none() {
        return Err(CliError::Failed(format!("`{name}` has no schedule, so it has no windows: `apicron run {name}`")));
    }
    if !job.enabled {
        return Err(CliError::Failed(format!("`{name}` is not enabled, so it has no windows: set `enabled = true`")));
    }
    if args.from >= args.to {
        return Err(CliError::Usage("--from has to be earlier than --to".to_owned()));
    }
    let now = context.clock.now();
    if args.to > now {
        context.screen.note("--to is in the time to come: windows up to now are looked at");
    }
    let until = args.to.min(now);
    let ticks: Vec<Tick> = schedule::ticks_between(job, args.from, until).take(MOST_TICKS).collect();
    match ticks.last().map_or(0, |last| count(job, last.scheduled_for, until)) {
        0 => Ok(ticks),
        beyond => Err(too_many(name, ticks.len() + beyond)),
    }
}

fn count(job: &Job, after: Time, until: Time) -> usize {
    schedule::ticks_between(job, after, until).take(MOST_COUNTED).count()
}

fn too_many(job: &Name, windows: usize) -> CliError {
    let more = if windows > MOST_COUNTED { "more than " } else { "" };
    let windows = windows.min(MOST_COUNTED);
    CliError::Usage(format!(
        "`{job}` has {more}{windows} windows there, and {MOST_TICKS} are the most at once: divide the time"
    ))
}

async fn without_done(
    context: &Context,
    store: &Store,
    mut ticks: Vec<Tick>,
    args: &args::Backfill,
) -> Result<Vec<Tick>, CliError> {
    let Some(job) = ticks.first().map(|tick| tick.job.clone()) else { return Ok(ticks) };
    let done = store.done_ticks(&job, args.from, args.to).await?;
    let all = ticks.len();
    ticks.retain(|tick| !done.contains(&tick.scheduled_for));
    if let passed @ 1.. = all - ticks.len() {
        let of = times::count(all, "window");
        context.screen.note(&format!("{passed} of {of} passed over: a run of it succeeded or lives"));
    }
    Ok(ticks)
}

fn dry_run(context: &Context, job: &Job, ticks: &[Tick]) -> Result<Exit, CliError> {
    let lines: Vec<Line> = ticks.iter().map(|tick| line(job, tick)).collect();
    if context.is_json() {
        for line in &lines {
            context.screen.json(line)?;
        }
    } else if lines.is_empty() {
        context.screen.note("no window would run");
    } else {
        let row = |line: Line| vec![line.window_start.unwrap_or_default(), line.window_end];
        context.screen.table(&["WINDOW FROM", "TO"], lines.into_iter().map(row).collect())?;
    }
    Ok(Exit::Done)
}

fn line<'a>(job: &Job, tick: &'a Tick) -> Line<'a> {
    let window = schedule::window(job, tick.scheduled_for);
    Line {
        job: &tick.job,
        scheduled_for: rfc3339(tick.scheduled_for),
        window_start: window.map(|window| rfc3339(window.start)),
        window_end: rfc3339(tick.scheduled_for),
    }
}
