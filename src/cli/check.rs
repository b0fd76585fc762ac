//! `apicron check`.

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::screen::stdout_has_colour;
use super::{Context, times};
use crate::config::{self, Colour, Documents, Problem, Severity};
use crate::job::Jobs;

#[derive(Serialize)]
struct Line<'a> {
    severity: &'a str,
    code: &'a str,
    file: String,
    line: u32,
    column: u32,
    message: &'a str,
    help: Option<&'a str>,
}

/// Shows every problem and warning of the job file.
pub(super) fn check(context: &Context, args: &args::Check) -> Result<Exit, CliError> {
    let (problems, documents, jobs) =
        match config::load_looking_ahead(&context.global.file, &context.environment, context.clock.now()) {
            Ok(loaded) => (loaded.warnings, loaded.documents, Some(loaded.jobs)),
            Err(rejected) => (rejected.problems, rejected.documents, None),
        };
    if context.is_json() {
        print_lines(context, &problems)?;
    } else {
        print_text(context, &problems, &documents, jobs.as_ref())?;
    }
    Ok(match jobs {
        None => Exit::Failed,
        Some(_) if args.strict && !problems.is_empty() => Exit::Warnings,
        Some(_) => Exit::Done,
    })
}

fn print_lines(context: &Context, problems: &[Problem]) -> Result<(), CliError> {
    for problem in problems {
        context.screen.json(&Line {
            severity: problem.severity.as_str(),
            code: problem.code,
            file: problem.file.display().to_string(),
            line: problem.line,
            column: problem.column,
            message: &problem.message,
            help: problem.help.as_deref(),
        })?;
    }
    Ok(())
}

fn print_text(
    context: &Context,
    problems: &[Problem],
    documents: &Documents,
    jobs: Option<&Jobs>,
) -> Result<(), CliError> {
    let colour = if stdout_has_colour() { Colour::Ansi } else { Colour::None };
    context.screen.text(&config::render(problems, documents, colour))?;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = times::count(problems.len() - errors, "warning");
    let Some(jobs) = jobs else {
        context.screen.line(&format!("{}, {warnings}", times::count(errors, "problem")))?;
        return Ok(());
    };
    for job in jobs.jobs.values() {
        let schedule = job
            .schedule
            .as_ref()
            .map_or_else(|| "only when started by hand".to_owned(), super::super::cron::Pattern::describe);
        let off = if job.enabled { "" } else { " (not enabled)" };
        context.screen.line(&format!("{}: {schedule}, {}{off}", job.name, job.timezone))?;
    }
    let (jobs, file) = (times::count(jobs.jobs.len(), "job"), context.global.file.display());
    context.screen.line(&format!("{file}: {jobs}, no problem, {warnings}"))?;
    Ok(())
}
