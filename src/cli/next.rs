//! `apicron next`.

use chrono_tz::Tz;
use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::{Context, times};
use crate::clock::{Time, rfc3339};
use crate::cron::{Moved, Occurrence, Pattern};
use crate::schedule;

#[derive(Serialize)]
struct Line {
    job: Option<String>,
    scheduled_for: String,
    local: String,
    moved: Option<&'static str>,
}

impl Line {
    fn new(job: Option<String>, occurrence: Occurrence, zone: Tz) -> Line {
        Line {
            job,
            scheduled_for: occurrence.at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            local: occurrence.at.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false),
            moved: occurrence.moved.map(|moved| match moved {
                Moved::Gap => "gap",
                Moved::Fold => "fold",
            }),
        }
    }
}

/// Shows the coming ticks.
pub(super) fn next(context: &Context, args: &args::Next) -> Result<Exit, CliError> {
    let after = args.after.unwrap_or_else(|| context.clock.now());
    let lines = match &args.schedule {
        Some(schedule) => of_schedule(schedule, args.timezone.unwrap_or(Tz::UTC), after, args.n.into())?,
        None => of_file(context, args.job.as_deref(), after, args.n.into())?,
    };
    if context.is_json() {
        for line in &lines {
            context.screen.json(line)?;
        }
    } else {
        print_table(context, &lines)?;
    }
    Ok(Exit::Done)
}

fn of_schedule(text: &str, zone: Tz, after: Time, n: usize) -> Result<Vec<Line>, CliError> {
    let pattern = Pattern::parse(text).map_err(|error| {
        let help = error.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
        CliError::Usage(format!("`{text}` is no schedule: {error}{help}"))
    })?;
    let occurrences =
        std::iter::successors(pattern.next_after(after, zone), |former| pattern.next_after(former.at, zone));
    Ok(occurrences.take(n).map(|occurrence| Line::new(None, occurrence, zone)).collect())
}

fn of_file(context: &Context, job: Option<&str>, after: Time, n: usize) -> Result<Vec<Line>, CliError> {
    let jobs = context.load_to_read()?;
    let coming = match job {
        Some(name) => {
            let job = find_job(&jobs, name)?;
            if job.schedule.is_none() {
                context.screen.note(&format!("`{name}` has no schedule: it runs when it is started by hand"));
            }
            schedule::coming(std::iter::once(job), after, n)
        }
        None => schedule::coming(jobs.jobs.values().map(AsRef::as_ref).filter(|job| job.enabled), after, n),
    };
    Ok(coming.into_iter().map(|tick| Line::new(Some(tick.job.to_string()), tick.at, tick.zone)).collect())
}

fn print_table(context: &Context, lines: &[Line]) -> Result<(), CliError> {
    let now = context.clock.now();
    let rows = lines
        .iter()
        .map(|line| {
            let at = times::parse_moment(&line.scheduled_for).unwrap_or(now);
            let moved = line.moved.map(|moved| format!("moved by a {moved} in the zone's time")).unwrap_or_default();
            let job = line.job.clone().unwrap_or_default();
            vec![line.scheduled_for.clone(), line.local.clone(), times::relative(now, at), job, moved]
        })
        .collect();
    Ok(context.screen.table(&["UTC", "LOCAL", "", "JOB", ""], rows)?)
}

/// The next tick of a job, as `status` shows it.
pub(super) fn next_tick(job: &crate::job::Job, after: Time) -> Option<String> {
    let pattern = job.schedule.as_ref().filter(|_| job.enabled)?;
    pattern.next_after(after, job.timezone).map(|occurrence| rfc3339(occurrence.at))
}
