//! `apicron pause` and `apicron resume`.

use serde_json::json;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::screen::clean_line;
use super::{Context, times};
use crate::clock::{Time, add, rfc3339};
use crate::store::Pause;

/// Gives a job no runs for a while, in whatever process they would run.
pub(super) async fn pause(context: &Context, args: args::Pause) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let job = &find_job(&jobs, &args.job)?.name;
    let now = context.clock.now();
    let pause = Pause { paused_at: now, until: args.length.map(|length| add(now, length)), reason: args.reason };
    let store = context.write_store(&jobs).await?;
    let paused = store.pause(job, pause.clone()).await;
    store.close().await;
    paused?;
    if context.is_json() {
        let until = pause.until.map(rfc3339);
        context.screen.json(
            &json!({ "job": job, "paused_at": rfc3339(pause.paused_at), "until": until, "reason": pause.reason }),
        )?;
    } else {
        context.screen.line(&format!("`{job}` is {}", clean_line(&words(&pause, now))))?;
    }
    Ok(Exit::Done)
}

/// Ends the pause of a job.
pub(super) async fn resume(context: &Context, args: &args::Resume) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let job = &find_job(&jobs, &args.job)?.name;
    let was_paused = match context.write_store_with_rows(&jobs).await? {
        None => false,
        Some(store) => {
            let resumed = store.resume(job).await;
            store.close().await;
            resumed?
        }
    };
    if context.is_json() {
        context.screen.json(&json!({ "job": job, "was_paused": was_paused }))?;
    } else if was_paused {
        context.screen.line(&format!("`{job}` runs again"))?;
    } else {
        context.screen.line(&format!("`{job}` was not paused"))?;
    }
    Ok(Exit::Done)
}

/// "paused until 2026-11-24T14:00:00.000Z (in 2h): they move house".
pub(super) fn words(pause: &Pause, now: Time) -> String {
    let end = match pause.until {
        Some(until) => format!("until {} ({})", rfc3339(until), times::relative(now, until)),
        None => "until it is resumed".to_owned(),
    };
    let reason = pause.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("paused {end}{reason}")
}
