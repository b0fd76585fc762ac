//! `apicron show`.

mod curl;
mod elements;
mod quoted;
mod unkept;

use super::args;
use super::config_of::config_of;
use super::error::CliError;
use super::exit::Exit;
use super::runs::took;
use super::screen::{Tone, clean, clean_line, paint};
use super::status::wait_for;
use super::{Context, times};
use crate::clock::rfc3339;
use crate::run::{Evidence, Name, RunId};
use crate::store::{AttemptRow, CallRow, DiagnosisRow, ResultRow, RunDetail, RunRow as Run, Store};

/// Lines of a body that are shown; `--json` has all that is kept.
const BODY_LINES: usize = 20;

/// Diagnoses that are shown; of a run that was refused many times most are alike.
const DIAGNOSES: usize = 20;

/// Shows one run, or a job's last one.
pub(super) async fn show(context: &Context, args: &args::Show) -> Result<Exit, CliError> {
    if args.config {
        return config_of(context, &args.what);
    }
    let jobs = context.load_to_read()?;
    let nothing =
        || CliError::Failed("nothing was stored yet: `apicron run` or `apicron serve` comes first".to_owned());
    let store = context.read_store(&jobs).await?.ok_or_else(nothing)?;
    let detail = find(&store, &args.what).await?;
    if args.evidence {
        let evidence = evidence(&detail);
        if evidence.is_empty() {
            let Run { id, job, state, .. } = &detail.run;
            return Err(CliError::Failed(format!("run {id} of `{job}` ({state}) has no diagnosis, so no evidence")));
        }
        for evidence in evidence {
            context.screen.json(evidence)?;
        }
    } else if args.curl {
        curl::print(context, &jobs, &detail)?;
    } else if context.is_json() {
        context.screen.json(&detail)?;
    } else {
        for line in text(&detail) {
            context.screen.line(&line)?;
        }
    }
    Ok(Exit::Done)
}

async fn find(store: &Store, what: &str) -> Result<RunDetail, CliError> {
    let id = match what.parse() {
        Ok(number) => Some(RunId(number)),
        Err(_) => match Name::new(what) {
            Some(job) => store.last_run(&job).await?.map(|run| run.id),
            None => return Err(CliError::Usage(format!("`{what}` is neither a run's number nor a job's name"))),
        },
    };
    let missing = || CliError::Failed(format!("the store has no run of `{what}`"));
    let detail = match id {
        Some(id) => store.run(id).await?,
        None => None,
    };
    detail.ok_or_else(missing)
}

/// What `apicron diagnose` reads of a run.
fn evidence(detail: &RunDetail) -> Vec<&Evidence> {
    detail.diagnoses.iter().map(|diagnosis| &diagnosis.evidence).collect()
}

/// The diagnosis with its remedy first: it is what one looks for.
fn text(detail: &RunDetail) -> Vec<String> {
    let run = &detail.run;
    let head = format!("run {} of {}  {}  {}", run.id, run.job, run.state, took(run));
    let mut lines = vec![paint(Tone::Strong, head.trim_end())];
    let kind = run.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    lines.extend(run.reason.as_deref().map(|reason| format!("  {}{kind}", clean_line(reason))));
    lines.push(format!("  {} for {}", run.trigger, rfc3339(run.scheduled_for)));
    lines.extend(incident_text(detail));
    lines.extend(told_once(&detail.diagnoses));
    for calls in elements::grouped(&detail.calls) {
        match calls {
            [call] => lines.extend(call_text(call, detail)),
            several => lines.extend(elements::text(several)),
        }
    }
    let samples = detail.samples.iter().map(|sample| {
        let label = if sample.label.is_empty() { String::new() } else { format!("{{{}}}", sample.label) };
        let limit = sample.limit_value.map(|limit| format!(" of {limit}")).unwrap_or_default();
        format!("  {} = {}{limit}", clean_line(&format!("{}{label}", sample.metric)), sample.value)
    });
    if !detail.samples.is_empty() {
        lines.push(paint(Tone::Strong, "samples"));
    }
    lines.extend(samples);
    lines
}

/// What a held run waits for, and what to do if it is not the run that the refusal was found in.
fn incident_text(detail: &RunDetail) -> Vec<String> {
    let Some(incident) = &detail.incident else { return Vec::new() };
    let waits = wait_for(detail.run.ticks, &incident.credential);
    let is_told = detail.diagnoses.iter().any(|diagnosis| diagnosis.id == incident.diagnosis_id);
    let remedy = Some(&incident.remedy).filter(|remedy| !is_told && !remedy.is_empty());
    let mut lines = vec![format!("  {waits}, refused since {}", rfc3339(incident.opened_at))];
    lines.extend(remedy.map(|remedy| format!("  → {}", clean_line(remedy))));
    lines
}

/// Elements that are refused for one reason have one remedy.
fn told_once(diagnoses: &[DiagnosisRow]) -> Vec<String> {
    let mut told: Vec<(Vec<String>, usize)> = Vec::new();
    let mut left_out = 0;
    for diagnosis in diagnoses {
        let text = diagnosis_text(diagnosis);
        if let Some((_, times)) = told.iter_mut().find(|(known, _)| *known == text) {
            *times += 1;
        } else if told.len() < DIAGNOSES {
            told.push((text, 1));
        } else {
            left_out += 1;
        }
    }
    let mut lines = Vec::new();
    for (text, n) in told {
        lines.extend(text);
        lines.extend((n > 1).then(|| format!("  found {n} times")));
    }
    lines.extend((left_out > 0).then(|| format!("… {left_out} more diagnoses: --json shows all")));
    lines
}

fn diagnosis_text(diagnosis: &DiagnosisRow) -> Vec<String> {
    let healed = if diagnosis.healed { ", healed within the run" } else { "" };
    let scopes = |scopes: &crate::run::Scopes| {
        if scopes.is_empty() { "none".to_owned() } else { clean_line(&scopes.to_string()) }
    };
    let granted = diagnosis.granted_scopes.as_ref().map_or_else(|| "not known".to_owned(), scopes);
    let (verdict, rule, confidence) = (diagnosis.verdict, &diagnosis.rule, diagnosis.confidence);
    vec![
        paint(Tone::Strong, &format!("{verdict}  (rule {rule}, {confidence}{healed})")),
        format!("  {}", clean_line(&diagnosis.summary)),
        format!("  → {}", clean_line(&diagnosis.remedy)),
        format!(
            "  scopes asked for: {}; granted: {granted}; missing: {}",
            scopes(&diagnosis.requested_scopes),
            scopes(&diagnosis.missing_scopes)
        ),
    ]
}

fn call_text(call: &CallRow, detail: &RunDetail) -> Vec<String> {
    let kind = call.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    let element = call.element.as_deref().map(|element| format!(" for {}", clean_line(element))).unwrap_or_default();
    let mut lines = vec![
        paint(Tone::Strong, &format!("call {}{element}  {}{kind}", clean_line(&call.name), call.state)),
        format!("  {} {}", call.method, clean_line(&call.url)),
    ];
    lines.extend(call.reason.as_deref().map(|reason| format!("  {}", clean_line(reason))));
    lines.extend(call.idempotency_key.as_deref().map(|key| format!("  Idempotency-Key: {key}")));
    lines.extend(detail.attempts.iter().filter(|attempt| attempt.seq == call.seq).map(attempt_text));
    lines.extend(detail.results.iter().filter(|result| result.seq == call.seq).flat_map(body_text));
    lines
}

fn attempt_text(attempt: &AttemptRow) -> String {
    let status = attempt.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let kind = attempt.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
    let millis = times::millis(i64::try_from(attempt.duration_ms).unwrap_or(i64::MAX));
    let token = attempt.token_generation.map(|generation| format!(", token {generation}")).unwrap_or_default();
    let wait = attempt
        .retry_after_ms
        .map(|wait| format!(", asked to wait {}", times::millis(i64::try_from(wait).unwrap_or(i64::MAX))))
        .unwrap_or_default();
    format!("  attempt {}: {status}{kind} in {millis}{token}{wait}", attempt.n)
}

fn body_text(result: &ResultRow) -> Vec<String> {
    let body = clean(&result.body);
    let pretty = serde_json::from_str::<serde_json::Value>(&result.body)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .map_or(body, |pretty| clean(&pretty));
    let total = pretty.lines().count();
    let mut lines: Vec<String> = pretty.lines().take(BODY_LINES).map(|line| format!("  | {line}")).collect();
    if total > BODY_LINES {
        lines.push(format!("  | … {} more lines: --json shows all", total - BODY_LINES));
    }
    lines
}
