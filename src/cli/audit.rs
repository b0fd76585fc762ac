//! `apicron audit`.

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::screen::{Form, clean_line};
use super::{Context, times};
use crate::audit::{self, Checked, Finding, Kept, Presence, Span};
use crate::clock::{Time, rfc3339};

/// Lines of the table for people; programs get every line.
const SHOWN: usize = 1_000;

#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    scheduled_for: String,
    rows: u64,
}

/// Names each tick that no row covers, or more than one.
pub(super) async fn audit(context: &Context, args: &args::Audit) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let (from, to) = asked_for(context, args)?;
    let Some(store) = context.read_store(&jobs).await? else {
        context.screen.note("nothing was ever stored, so no tick was to be covered");
        return Ok(Exit::Done);
    };
    let kept = Kept { keep: jobs.settings.store.keep.runs, pruned_before: store.pruned_before().await? };
    let span = Span::judged(context.clock.now(), kept, from, to);
    let mut shown = Vec::new();
    let checked = audit::holes(&store, &span, |finding| tell(context, finding, &mut shown)).await?;
    if context.screen.form == Form::Text {
        conclude(context, shown, &checked)?;
    }
    note(context, &checked);
    Ok(if checked.is_whole() { Exit::Done } else { Exit::Failed })
}

fn asked_for(context: &Context, args: &args::Audit) -> Result<(Option<Time>, Option<Time>), CliError> {
    let now = context.clock.now();
    let moment = |text: &Option<String>| -> Result<Option<Time>, CliError> {
        text.as_deref().map(|text| times::parse_since(text, now)).transpose().map_err(CliError::Usage)
    };
    let (from, to) = (moment(&args.from)?, moment(&args.to)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(CliError::Usage("--from has to lie before --to".to_owned()));
    }
    Ok((from, to))
}

fn tell(context: &Context, finding: Finding, shown: &mut Vec<Vec<String>>) -> Result<(), CliError> {
    let Finding { job, scheduled_for, rows } = finding;
    match context.screen.form {
        Form::Json => {
            context.screen.json(&Line { job: job.as_str(), scheduled_for: rfc3339(scheduled_for), rows })?;
        }
        Form::Text if shown.len() < SHOWN => {
            shown.push(vec![job.to_string(), rfc3339(scheduled_for), rows.to_string()]);
        }
        Form::Text => {}
    }
    Ok(())
}

/// The table, and a sentence that says it all.
fn conclude(context: &Context, shown: Vec<Vec<String>>, checked: &Checked) -> Result<(), CliError> {
    let found = checked.holes + checked.doubles;
    let hidden = found.saturating_sub(shown.len().try_into().unwrap_or(u64::MAX));
    if !shown.is_empty() {
        context.screen.table(&["JOB", "TICK", "ROWS"], shown)?;
    }
    if hidden > 0 {
        context.screen.line(&format!("… and {hidden} more: --json has all of them"))?;
    }
    let sentence = match (checked.holes, checked.doubles) {
        (0, 0) => "every tick that was checked is covered by one row".to_owned(),
        (holes, 0) => format!("{} without a row", ticks(holes)),
        (0, doubles) => format!("{} with more than one row", ticks(doubles)),
        (holes, doubles) => format!("{} without a row, {} with more than one", ticks(holes), ticks(doubles)),
    };
    Ok(context.screen.line(&sentence)?)
}

/// What was looked at, and what could not be.
fn note(context: &Context, checked: &Checked) {
    let screen = &context.screen;
    for version in &checked.unreadable {
        let (job, timing) = (&version.job, &version.timing);
        screen.note(&format!(
            "the ticks of `{job}` since {} were not checked: this apicron cannot read its schedule `{}` in `{}`",
            rfc3339(version.valid_from),
            clean_line(&timing.schedule),
            clean_line(&timing.timezone)
        ));
    }
    let jobs = times::count(checked.jobs.len(), "job");
    let since = checked.since.map(|since| format!(" since {}", rfc3339(since))).unwrap_or_default();
    screen.note(&format!("checked {} of {jobs}{since}", ticks(checked.ticks)));
    if checked.served == Presence::Nobody {
        screen
            .note("nobody serves the jobs now: ticks since the last `apicron serve` get their rows at the next start");
    }
}

fn ticks(n: u64) -> String {
    times::count(usize::try_from(n).unwrap_or(usize::MAX), "tick")
}
