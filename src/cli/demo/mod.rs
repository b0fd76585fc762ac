//! `apicron demo`: the example jobs, and some that meet trouble, against a stand-in API.

mod jobs;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::report::Reporter;
use super::serve::serve_jobs;
use super::session::{signal_exit, summarize};
use crate::clock::millis_between;
use crate::engine::{Engine, EngineError, Observer, Place, RunNow, Unobserved};
use crate::run::Name;
use crate::secret::Environment;
use crate::standin::{ALL, Client, Fault, Knobs, NARROW, Standin};
use crate::store::{Access, Store};

/// Where the demo writes, in the folder it is started in.
const STORE: &str = "apicron-demo.db";
const SHORT_LIVED: (&str, &str) = ("standin-short-lived", "standin-short-lived-secret-opens-nothing-else");

/// Shows apicron at work on this machine alone.
pub(super) async fn demo(context: Context, args: args::Demo) -> Result<Exit, CliError> {
    if !args.listen.ip().is_loopback() {
        let problem = format!("{} is not on this machine: the stand-in listens on loopback alone", args.listen);
        return Err(CliError::Usage(problem));
    }
    let knobs = if args.api_only { Knobs::default() } else { trouble() };
    let standin = Standin::start(args.listen, context.clock.clone(), knobs)
        .await
        .map_err(|cause| CliError::io(format!("listen on {}", args.listen), cause))?;
    let exit = if args.api_only {
        api_only(&context, &standin).await
    } else if args.once {
        once(&with_demo_secrets(context), &standin).await
    } else {
        forever(&with_demo_secrets(context), &standin).await
    };
    standin.stop().await;
    exit
}

/// The clients and faults that `faults.toml` counts on.
fn trouble() -> Knobs {
    let (id, secret) = SHORT_LIVED;
    let short_lived =
        Client { revoke_after_requests: Some(1), ..Client::new(id, secret, &["models:read", "datasets:read"]) };
    // The example's jobs read this list as well, and are to be spared.
    let busy = Fault { client: Some(id.to_owned()), ..Fault::status("/v1/datasets", 429).times(1).retry_after(1) };
    Knobs { clients: vec![short_lived], faults: vec![busy], ..Knobs::default() }
}

fn with_demo_secrets(context: Context) -> Context {
    let environment = Environment::fixed([
        ("CUADRA_CLIENT_ID", ALL.id),
        ("CUADRA_CLIENT_SECRET", ALL.secret),
        ("STANDIN_NARROW_ID", NARROW.id),
        ("STANDIN_NARROW_SECRET", NARROW.secret),
        ("STANDIN_SHORT_LIVED_ID", SHORT_LIVED.0),
        ("STANDIN_SHORT_LIVED_SECRET", SHORT_LIVED.1),
    ]);
    Context { environment, ..context }
}

async fn api_only(context: &Context, standin: &Standin) -> Result<Exit, CliError> {
    let shutdown = context.shutdown_on_signals()?;
    context.screen.line(&standin.url())?;
    context
        .screen
        .note("the stand-in API serves until a signal; /_standin/counts and /_standin/journal say what it saw");
    shutdown.draining().await;
    Ok(Exit::Done)
}

async fn forever(context: &Context, standin: &Standin) -> Result<Exit, CliError> {
    let store = fresh_store()?;
    let jobs = jobs::load(&standin.url(), &store)?;
    let reporter = Arc::new(Reporter::new(context.screen, Store::process()));
    context.screen.note(&format!("stand-in API on {}; stop with Ctrl-C", standin.url()));
    let exit = serve_jobs(context, jobs, reporter, None).await?;
    if !context.is_json() {
        summary::print(context, standin, &store)?;
    }
    Ok(exit)
}

async fn once(context: &Context, standin: &Standin) -> Result<Exit, CliError> {
    let path = fresh_store()?;
    let jobs = jobs::load(&standin.url(), &path)?;
    let (others_need, rest) = jobs::in_order(&jobs);
    let store = Store::open(&path, Access::Write, &context.clock).await?;
    let shutdown = context.shutdown_on_signals()?;
    let parts = context.parts(jobs.clone(), &store, &shutdown);
    let reporter = Arc::new(Reporter::new(context.screen, Store::process()));
    let observer: Arc<dyn Observer> = if context.is_json() { reporter.clone() } else { Arc::new(Unobserved) };
    let engine = Engine::new(parts, observer)?;
    let began = context.clock.now();
    let ended = in_turn(&engine, &others_need, &rest).await;
    store.close().await;
    let mut ended = ended?;
    ended.sort_by(|one, other| one.job.cmp(&other.job));
    if context.is_json() {
        let millis = millis_between(began, context.clock.now());
        summarize(context, &reporter, &ended, millis, engine.token_requests())?;
    } else {
        summary::table(context, &jobs, &ended)?;
        summary::print(context, standin, &path)?;
    }
    Ok(shutdown.cutting_signal().and_then(signal_exit).unwrap_or_else(|| summary::exit(&ended)))
}

async fn in_turn(engine: &Engine, first: &[Name], then: &[Name]) -> Result<Vec<RunNow>, EngineError> {
    let mut ended = engine.run_now(first, Place::Here).await?;
    ended.extend(engine.run_now(then, Place::Here).await?);
    Ok(ended)
}

/// The demo's own file of an earlier time is removed: each demo begins afresh.
fn fresh_store() -> Result<PathBuf, CliError> {
    let path = std::path::absolute(STORE).map_err(|cause| CliError::io("find the current folder", cause))?;
    for suffix in ["", "-wal", "-shm"] {
        remove(Path::new(&format!("{}{suffix}", path.display())))?;
    }
    Ok(path)
}

fn remove(path: &Path) -> Result<(), CliError> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::io(format!("remove {}", path.display()), cause))
        }
        _ => Ok(()),
    }
}
