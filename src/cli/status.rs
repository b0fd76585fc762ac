//! `apicron status`.

use serde::Serialize;

use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_job;
use super::next::next_tick;
use super::report::state_word;
use super::screen::clean_line;
use super::{Context, pause, times};
use crate::clock::{Time, rfc3339};
use crate::job::Job;
use crate::run::{Incident, Kind, Name, Number, RunState};
use crate::store::{JobOverview, Pause, RunRow};

#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    #[serde(skip)]
    pause: Option<&'a Pause>,
    #[serde(skip)]
    waits_for: Option<String>,
    enabled: bool,
    paused: bool,
    state: Option<RunState>,
    kind: Option<Kind>,
    reason: Option<&'a str>,
    last_run: Option<i64>,
    last_finished_at: Option<String>,
    next: Option<String>,
    metric: Option<&'a str>,
    value: Option<Number>,
    remedy: Option<&'a str>,
}

/// What the store knows of a job.
struct Standing<'a> {
    overview: Option<&'a JobOverview>,
    pause: Option<&'a Pause>,
    incident: Option<&'a Incident>,
}

/// One line for each job of the file: how it stands.
pub(super) async fn status(context: &Context, args: &args::Status) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let shown: Vec<&Job> = match &args.job {
        Some(name) => vec![find_job(&jobs, name)?],
        None => jobs.jobs.values().map(AsRef::as_ref).collect(),
    };
    let now = context.clock.now();
    let (overview, pauses, incidents) = match context.read_store(&jobs).await? {
        Some(store) => (store.overview().await?, store.pauses(now).await?, store.incidents().await?),
        None => Default::default(),
    };
    let of_these = |incident: &&Incident| shown.iter().any(|job| job.is_made_with(&incident.credential));
    let incidents: Vec<&Incident> = incidents.iter().filter(of_these).collect();
    let standing = |job: &Job| Standing {
        overview: overview.get(&job.name),
        pause: pauses.get(&job.name),
        incident: incidents.iter().copied().find(|incident| job.is_made_with(&incident.credential)),
    };
    let lines: Vec<Line> = shown.iter().map(|job| line(job, &standing(job), now)).collect();
    if context.is_json() {
        for line in &lines {
            context.screen.json(line)?;
        }
    } else {
        for incident in incidents {
            context.screen.line(&told(incident, now))?;
        }
        let rows = lines.iter().map(|line| text_row(line, now)).collect();
        context.screen.table(&["JOB", "STATE", "LAST", "NEXT", "METRIC", "REASON"], rows)?;
    }
    Ok(Exit::Done)
}

/// A refused credential, told once for all its jobs.
fn told(incident: &Incident, now: Time) -> String {
    let Incident { credential, summary, remedy, opened_at, probe_at, waiting_jobs, .. } = incident;
    let waits = match waiting_jobs {
        0 => String::new(),
        1 => ", 1 job waits".to_owned(),
        jobs => format!(", {jobs} jobs wait"),
    };
    let (first, next) = (times::relative(now, *opened_at), times::relative(now, *probe_at));
    clean_line(&format!(
        "credential `{credential}` is refused (first {first}){waits}, tried again {next}: {summary} → {remedy}"
    ))
}

fn line<'a>(job: &'a Job, standing: &Standing<'a>, now: Time) -> Line<'a> {
    let Standing { overview, pause, incident } = *standing;
    let last = overview.map(|overview| &overview.last);
    let metric = overview.and_then(|overview| overview.metric.as_ref());
    Line {
        job: job.name.as_str(),
        pause,
        waits_for: waits_for(job, last),
        enabled: job.enabled,
        paused: pause.is_some(),
        state: last.map(|last| last.state),
        kind: last.and_then(|last| last.kind),
        reason: last.and_then(|last| last.reason.as_deref()),
        last_run: last.map(|last| last.id.0),
        last_finished_at: last.and_then(|last| last.finished_at).map(rfc3339),
        next: next_tick(job, now),
        metric: metric.map(|(name, _)| name.as_str()),
        value: metric.map(|(_, value)| *value),
        remedy: incident.map(|incident| incident.remedy.as_str()),
    }
}

/// What a held job waits for. Why it has to is told with the incident.
fn waits_for(job: &Job, last: Option<&RunRow>) -> Option<String> {
    let held = last.filter(|last| last.state == RunState::Held)?;
    let credential = &job.api.credential.as_ref()?.name;
    Some(wait_for(held.ticks, credential))
}

/// That so many ticks wait for a credential.
pub(super) fn wait_for(ticks: u64, credential: &Name) -> String {
    let ticks = if ticks == 1 { "1 tick waits".to_owned() } else { format!("{ticks} ticks wait") };
    format!("{ticks} for credential `{credential}`")
}

fn text_row(line: &Line, now: Time) -> Vec<String> {
    let relative = |text: Option<&str>| {
        text.and_then(|text| times::parse_moment(text).ok()).map(|at| times::relative(now, at)).unwrap_or_default()
    };
    let state = match (line.state, line.pause, line.enabled) {
        (_, _, false) => "not enabled".to_owned(),
        (_, Some(_), true) => "paused".to_owned(),
        (None, None, true) => "never ran".to_owned(),
        (Some(state), None, true) => state_word(state),
    };
    let paused = line.pause.map(|pause| pause::words(pause, now));
    let metric = line.metric.zip(line.value).map(|(name, value)| format!("{name} {value}")).unwrap_or_default();
    vec![
        line.job.to_owned(),
        state,
        relative(line.last_finished_at.as_deref()),
        relative(line.next.as_deref()),
        clean_line(&metric),
        clean_line(paused.as_deref().or(line.waits_for.as_deref()).or(line.reason).unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{IncidentId, Name, Scopes, Verdict};

    #[test]
    fn a_refused_credential_is_told_with_who_waits_when_it_was_first_refused_and_what_to_do() {
        let at = |text: &str| times::parse_moment(text).expect("a moment");
        let incident = |waiting_jobs| Incident {
            id: IncidentId(1),
            credential: Name::new("c").expect("a name"),
            verdict: Verdict::RevokedOrRotatedSecret,
            scopes: Scopes::default(),
            opened_at: at("2026-11-24T11:59:42Z"),
            probes: 0,
            probe_at: at("2026-11-24T12:04:30Z"),
            waiting_jobs,
            summary: "It is refused\u{1b}".to_owned(),
            remedy: "Mend it.".to_owned(),
        };
        let told = |waiting_jobs| told(&incident(waiting_jobs), at("2026-11-24T12:00:00Z"));
        let rest = ", tried again in 4m 30s: It is refused\\u{1b} → Mend it.";
        assert_eq!(told(50), format!("credential `c` is refused (first 18s ago), 50 jobs wait{rest}"));
        assert_eq!(told(1), format!("credential `c` is refused (first 18s ago), 1 job waits{rest}"));
        assert_eq!(told(0), format!("credential `c` is refused (first 18s ago){rest}"));
    }
}
