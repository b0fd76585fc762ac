//! `apicron check`.

mod online;

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::screen::stdout_has_colour;
use super::{Context, times};
use crate::config::{self, Colour, Documents, Loaded, Problem, Rejected, Severity};
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

/// What was found out.
struct Checked {
    problems: Vec<Problem>,
    documents: Documents,
    /// `None` when the file cannot be used as it is.
    jobs: Option<Jobs>,
    /// The scope sets that token endpoints were asked for; `None` when none was to be asked.
    asked: Option<usize>,
}

/// Shows every problem and warning of the job file.
pub(super) async fn check(context: &Context, args: &args::Check) -> Result<Exit, CliError> {
    let checked = checked(context, args).await?;
    if context.is_json() {
        print_lines(context, &checked.problems)?;
    } else {
        print_text(context, &checked)?;
    }
    Ok(match checked.jobs {
        None => Exit::Failed,
        Some(_) if args.strict && !checked.problems.is_empty() => Exit::Warnings,
        Some(_) => Exit::Done,
    })
}

async fn checked(context: &Context, args: &args::Check) -> Result<Checked, CliError> {
    let now = context.clock.now();
    let loaded = config::load_with_places(&context.global.file, &context.environment, now);
    let (mut loaded, places) = match loaded {
        Ok(loaded) => loaded,
        Err(Rejected { problems, documents }) => {
            return Ok(Checked { problems, documents, jobs: None, asked: None });
        }
    };
    let asked = if args.online { Some(online::ask(context, &mut loaded, &places).await?) } else { None };
    let Loaded { jobs, warnings: problems, documents } = loaded;
    let is_usable = problems.iter().all(|problem| problem.severity == Severity::Warning);
    Ok(Checked { problems, documents, jobs: is_usable.then_some(jobs), asked })
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

fn print_text(context: &Context, checked: &Checked) -> Result<(), CliError> {
    let Checked { problems, documents, jobs, asked } = checked;
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
    let asked = asked.map(|sets| format!("; asked for {}", times::count(sets, "token"))).unwrap_or_default();
    context.screen.line(&format!("{file}: {jobs}, no problem, {warnings}{asked}"))?;
    Ok(())
}
