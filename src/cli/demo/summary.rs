//! What the demo says at its end.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::report::{diagnosis, metrics_text, state_word};
use crate::cli::screen::clean_line;
use crate::cli::{Context, times};
use crate::engine::{Ended, RunNow};
use crate::job::Jobs;
use crate::run::{Outcome, RunState};
use crate::standin::Standin;

/// The job that is meant to be refused.
const REFUSED: &str = "too-few-scopes";

/// One row for each job: what happened, and what to do.
pub(super) fn table(context: &Context, jobs: &Jobs, ended: &[RunNow]) -> Result<(), CliError> {
    let rows = ended
        .iter()
        .map(|run| match &run.ended {
            Ok(Ended::Here(outcome)) => {
                vec![run.job.to_string(), state_word(outcome.state), what_happened(jobs, run, outcome)]
            }
            Ok(Ended::Elsewhere(state)) => vec![run.job.to_string(), state_word(*state), String::new()],
            Err(_) => vec![run.job.to_string(), "not run".to_owned(), String::new()],
        })
        .collect();
    Ok(context.screen.table(&["JOB", "STATE", "WHAT HAPPENED"], rows)?)
}

fn what_happened(jobs: &Jobs, run: &RunNow, outcome: &Outcome) -> String {
    let metrics = jobs.jobs.get(&run.job).map(|job| metrics_text(job, outcome)).unwrap_or_default();
    let found = diagnosis(outcome).map(|found| {
        let healed = if found.healed { "healed: " } else { "" };
        format!("{healed}{}\n{}", clean_line(&found.summary), clean_line(&found.remedy))
    });
    let parts =
        [found, outcome.reason.as_deref().filter(|_| diagnosis(outcome).is_none()).map(clean_line), Some(metrics)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What the shared token cache saved, and where everything is.
pub(super) fn print(context: &Context, standin: &Standin, store: &Path) -> Result<(), CliError> {
    let counts = standin.counts();
    let with_token: u64 = counts
        .requests
        .iter()
        .filter(|(path, _)| !path.contains("/health/") && !path.contains("/oauth2/"))
        .map(|(_, n)| n)
        .sum();
    let (calls, tokens) = (count(with_token, "API request"), count(counts.token_requests, "token request"));
    let saved = count(with_token.saturating_sub(counts.token_requests), "token request");
    let store = store.display();
    context.screen.line("")?;
    context
        .screen
        .line(&format!("The stand-in saw {calls} that need a token, and {tokens}: the shared cache saved {saved}."))?;
    context.screen.line(&format!("Everything is in {store}: try"))?;
    context.screen.line(&format!("  sqlite3 {store} 'select job, state, kind, reason from v_runs'"))?;
    Ok(())
}

fn count(n: u64, noun: &str) -> String {
    times::count(usize::try_from(n).unwrap_or(usize::MAX), noun)
}

/// Done when the refusal that was meant is the only one, and nothing else went wrong.
pub(super) fn exit(ended: &[RunNow]) -> Exit {
    let as_meant = ended.iter().all(|run| {
        let meant = if run.job.as_str() == REFUSED { RunState::Refused } else { RunState::Succeeded };
        run.ended.as_ref().is_ok_and(|ended| ended.state() == meant)
    });
    if as_meant { Exit::Done } else { Exit::Failed }
}
