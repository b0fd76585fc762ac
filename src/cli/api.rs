//! `apicron api`: one request with the token of an API. It neither needs nor writes a store.

mod answer;
mod asked;
mod pretty;

use std::io::IsTerminal;
use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::screen::{Screen, clean, clean_line};
use crate::call::{Around, Caller, Forgetful, Halt, Performed, http_client};
use crate::clock::rfc3339;
use crate::filter::{Filter, Json, Variables};
use crate::job::{Jobs, Limits};
use crate::run::{CallState, Name, Occasion, Run, RunId, Tick, TokenEvent, Trigger};
use crate::shutdown::Shutdown;
use crate::token::{Events, Tokens};
use answer::{Answer, Taken};
use asked::Asked;

/// Tokens of a single request have no history.
struct Untold;

impl Events for Untold {
    fn record(&self, _event: TokenEvent) {}
}

/// How the body is to be printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// For people.
    Pretty,
    /// For programs: as it came.
    AsItCame,
}

/// Sends one request and prints the answer.
pub(super) async fn api(context: &Context, args: &args::Api) -> Result<Exit, CliError> {
    let jobs = context.load()?;
    let filter = args.jq.as_deref().map(compile).transpose()?;
    let asked = asked::asked(&jobs, args)?;
    let limits = jobs.settings.limits;
    require_secrets(context, jobs, &asked)?;
    let performed = send(context, &asked, limits).await?;
    let answer = Answer::new(performed, &context.redactor);
    let values = filtered(&answer, filter).await?;
    let scrub =
        |values: Vec<Json>| values.into_iter().map(|value| answer::scrubbed(value, &context.redactor)).collect();
    let values: Option<Vec<Json>> = values.map(scrub);
    if context.is_json() {
        context.screen.json(&answer.object(values.as_deref())?)?;
    } else {
        print(context.screen, args, &answer, values.as_deref())?;
    }
    Ok(tell(context.screen, &answer))
}

fn compile(text: &str) -> Result<Filter, CliError> {
    Filter::compile(text, &[]).map_err(|error| {
        let help = error.help.map(|help| format!("; {help}")).unwrap_or_default();
        CliError::Usage(format!("--jq: {}{help}", error.message))
    })
}

fn require_secrets(context: &Context, mut jobs: Jobs, asked: &Asked) -> Result<(), CliError> {
    let name = asked.job.name.clone();
    jobs.jobs.insert(name.clone(), Arc::new(asked.job.clone()));
    context.require_secrets(&jobs, Some(&[name]))
}

async fn send(context: &Context, asked: &Asked, limits: Limits) -> Result<Performed, CliError> {
    let (environment, redactor, clock) = (&context.environment, &context.redactor, &context.clock);
    let failed = |error| CliError::Failed(crate::telemetry::chain(&error));
    let http = http_client().map_err(failed)?;
    let tokens = Tokens::new(http.clone(), clock.clone(), environment.clone(), redactor.clone(), Arc::new(Untold));
    let (environment, redactor) = (environment.clone(), redactor.clone());
    // Nobody listens to signals: Ctrl-C ends the process at once, as with curl.
    let (shutdown, ledger) = (Shutdown::new(), Arc::new(Forgetful));
    let caller = Caller::new(http, tokens, clock.clone(), environment, redactor, shutdown, ledger);
    let run = run(context, &asked.job.name);
    let around = Around {
        run: &run,
        seq: 0,
        limits,
        variables: &Variables { run: Some(run_variable(&run)), ..Variables::default() },
        // Two requests that look alike are two: nothing may take the second for a repeat.
        store_id: Uuid::new_v4(),
        halt: &Halt::new(),
        over_by: clock.elapsed().saturating_add(asked.job.deadline),
    };
    Ok(caller.perform(&asked.job, &asked.call, around).await)
}

fn run(context: &Context, job: &Name) -> Run {
    let now = context.clock.now();
    Run {
        id: RunId(0),
        tick: Tick { job: job.clone(), scheduled_for: now },
        trigger: Trigger::Manual,
        claimed_at: now,
        occasion: Occasion::Manual(RunId(0)),
    }
}

/// `$run`, as far as it means something without a job.
fn run_variable(run: &Run) -> Json {
    let now = rfc3339(run.claimed_at);
    Json::from(json!({ "scheduled_for": now, "trigger": run.trigger.as_str(), "now": now }))
}

/// What the filter gives for the body of an answer that was accepted.
async fn filtered(answer: &Answer, filter: Option<Filter>) -> Result<Option<Vec<Json>>, CliError> {
    let Some(filter) = filter.filter(|_| answer.is_accepted()) else { return Ok(None) };
    let body = match &answer.body {
        Taken::Json { body, .. } => body.clone(),
        Taken::Nothing => Json::null(),
        Taken::Text(_) => return Err(CliError::Failed("--jq: the answer is not JSON".to_owned())),
    };
    let values = tokio::task::spawn_blocking(move || filter.run(&body, &Variables::default())).await;
    let values = values.map_err(|_| CliError::Failed("--jq: the filter was broken off".to_owned()))?;
    values.map(Some).map_err(|failure| CliError::Failed(format!("--jq: {failure}")))
}

fn print(screen: Screen, args: &args::Api, answer: &Answer, values: Option<&[Json]>) -> Result<(), CliError> {
    let look = if std::io::stdout().is_terminal() { Look::Pretty } else { Look::AsItCame };
    if args.include {
        for line in answer.head() {
            screen.line(&line)?;
        }
        screen.line("")?;
    }
    match (values, &args.jq) {
        (Some(values), _) => {
            let text: fn(&Json) -> String = if args.raw { Json::to_text } else { Json::to_string };
            screen.body(&lines(values.iter().map(text), look))?;
        }
        // What was not accepted is not what the filter was written for.
        (None, Some(_)) => {}
        (None, None) => screen.body(&answer.text(look))?,
    }
    Ok(())
}

/// A line for each text. On a terminal their control characters are made visible.
fn lines(texts: impl Iterator<Item = String>, look: Look) -> String {
    let lines: String = texts.map(|text| text + "\n").collect();
    match look {
        Look::Pretty => clean(&lines),
        Look::AsItCame => lines,
    }
}

/// Says how it went, on standard error.
fn tell(screen: Screen, answer: &Answer) -> Exit {
    let record = &answer.record;
    let status = record.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let (method, url, millis) = (&record.method, clean_line(&record.url), answer.duration_ms());
    screen.note(&format!("{method} {url}: {status} in {millis} ms"));
    let lack = answer.lack();
    if let Some(lack) = lack {
        screen.note(lack);
    }
    if answer.is_accepted() {
        // Whoever keeps what was printed must not take it for the body.
        return if lack.is_none() { Exit::Done } else { Exit::Failed };
    }
    if let Some(reason) = &record.reason {
        screen.note(&clean_line(reason));
    }
    if let Some(diagnosis) = answer.diagnosis() {
        screen.note(&clean_line(&diagnosis.summary));
        screen.note(&format!("→ {}", clean_line(&answer.remedy(diagnosis))));
    }
    if record.state == CallState::Refused { Exit::Refused } else { Exit::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_filter_gives_cannot_drive_a_terminal_and_is_as_it_is_for_programs() {
        let texts = || ["a\x1b[2J".to_owned(), String::new(), "\u{9b}31m\nb".to_owned()].into_iter();
        assert_eq!(lines(texts(), Look::Pretty), "a\\u{1b}[2J\n\n\\u{9b}31m\nb\n");
        assert_eq!(lines(texts(), Look::AsItCame), "a\x1b[2J\n\n\u{9b}31m\nb\n");
        assert_eq!(lines(std::iter::empty(), Look::AsItCame), "");
    }
}
