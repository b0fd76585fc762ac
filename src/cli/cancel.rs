//! `apicron cancel`.

use std::time::Duration;

use serde::Serialize;

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::repeat::unknown;
use crate::run::{Kind, RunId, RunState};
use crate::store::{Cancel, RunRow, Store};

/// How long the end of the run is waited for. Its process looks every second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct Line {
    run: RunId,
    state: RunState,
}

/// Asks for the end of a run, and waits for it.
pub(super) async fn cancel(context: &Context, args: &args::Cancel) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let store = context.write_store_with_rows(&jobs).await?.ok_or_else(|| unknown(args.run))?;
    let exit = cancel_in(context, RunId(args.run), &store).await;
    store.close().await;
    exit
}

async fn cancel_in(context: &Context, id: RunId, store: &Store) -> Result<Exit, CliError> {
    let asked = store.cancel(id).await?;
    let run = match asked {
        Cancel::Unknown => return Err(unknown(id.0)),
        Cancel::Asked => wait_for_end(context, id, store).await?,
        Cancel::Done | Cancel::Ended(_) => read(id, store).await?,
    };
    if context.is_json() {
        context.screen.json(&Line { run: id, state: run.state })?;
    } else {
        context.screen.line(&text(asked, &run))?;
    }
    Ok(if is_over_by(asked, &run) { Exit::Done } else { Exit::NotNow })
}

/// The run as it stands when it has ended, or when patience has.
async fn wait_for_end(context: &Context, id: RunId, store: &Store) -> Result<RunRow, CliError> {
    let until = context.clock.elapsed() + PATIENCE;
    loop {
        let run = read(id, store).await?;
        if !run.state.is_live() || context.clock.elapsed() >= until {
            return Ok(run);
        }
        context.clock.sleep(LOOK).await;
    }
}

async fn read(id: RunId, store: &Store) -> Result<RunRow, CliError> {
    store.run_row(id).await?.ok_or_else(|| unknown(id.0))
}

/// Whether the run is over, and because somebody wanted it to be.
fn is_over_by(asked: Cancel, run: &RunRow) -> bool {
    let was_stopped = run.state == RunState::Interrupted && run.kind == Some(Kind::Stopped);
    asked == Cancel::Done || (asked == Cancel::Asked && was_stopped)
}

fn text(asked: Cancel, run: &RunRow) -> String {
    let (id, job, state) = (run.id, &run.job, run.state);
    match asked {
        Cancel::Done => format!("run {id} of `{job}` is {state}: it had not begun"),
        Cancel::Ended(state) => format!("run {id} of `{job}` had ended already: {state}"),
        _ if state.is_live() => {
            format!("run {id} of `{job}` was asked to end and is still {state}: `apicron show {id}` tells when it has")
        }
        _ if is_over_by(asked, run) => format!("run {id} of `{job}` is {state}"),
        _ => format!("run {id} of `{job}` ended before it could be cancelled: {state}"),
    }
}
