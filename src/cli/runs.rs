//! `apicron runs`.

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::report::state_word;
use super::screen::clean_line;
use super::{Context, times};
use crate::clock::{Time, millis_between, rfc3339};
use crate::run::Name;
use crate::store::{RunRow, RunsWanted};

/// What stands over the columns.
pub(super) const HEAD: [&str; 8] = ["RUN", "STATE", "JOB", "TRIGGER", "SCHEDULED FOR", "", "TOOK", "REASON"];

/// Lists runs, newest first.
pub(super) async fn runs(context: &Context, args: &args::Runs) -> Result<Exit, CliError> {
    let wanted = wanted(context, args)?;
    let jobs = context.load_to_read()?;
    if args.follow {
        return super::follow::follow(context, &jobs, wanted).await;
    }
    let rows = match context.read_store(&jobs).await? {
        Some(store) => store.runs(&wanted).await?,
        None => Vec::new(),
    };
    if context.is_json() {
        for row in &rows {
            context.screen.json(row)?;
        }
    } else if rows.is_empty() {
        context.screen.note("no run fits");
    } else {
        let now = context.clock.now();
        let rows = rows.iter().map(|row| text_row(row, now)).collect();
        context.screen.table(&HEAD, rows)?;
    }
    Ok(Exit::Done)
}

fn wanted(context: &Context, args: &args::Runs) -> Result<RunsWanted, CliError> {
    let since = args.since.as_deref().map(|text| times::parse_since(text, context.clock.now())).transpose();
    // A job that has left the file still has its history, so the name is not looked up there.
    let job = args.job.as_deref().map(|text| {
        Name::new(text).ok_or_else(|| CliError::Usage(format!("`{text}` does not have the form of a job's name")))
    });
    Ok(RunsWanted { job: job.transpose()?, state: args.state, since: since.map_err(CliError::Usage)?, limit: args.n })
}

/// A run under [`HEAD`].
pub(super) fn text_row(row: &RunRow, now: Time) -> Vec<String> {
    let stretch = if row.ticks > 1 { format!(" ({} ticks)", row.ticks) } else { String::new() };
    vec![
        row.id.to_string(),
        state_word(row.state),
        row.job.to_string(),
        row.trigger.to_string(),
        format!("{}{stretch}", rfc3339(row.scheduled_for)),
        times::relative(now, row.scheduled_for),
        took(row),
        clean_line(row.reason.as_deref().unwrap_or_default()),
    ]
}

/// From its beginning to its end; empty for a run that never began.
pub(super) fn took(row: &RunRow) -> String {
    let millis = row.started_at.zip(row.finished_at).map(|(started, finished)| millis_between(started, finished));
    millis.map(times::millis).unwrap_or_default()
}
