//! `apicron alerts` and `apicron silence`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::file::find_alert;
use super::screen::{Tone, clean_line, paint};
use super::{Context, args, times};
use crate::clock::{Time, add, rfc3339};
use crate::job::{Alert, Jobs};
use crate::run::Name;
use crate::store::{AlertRow, Silence, Store, StoreError};
use crate::watch::State;

#[derive(Serialize)]
struct Line<'a> {
    alert: &'a str,
    series: Option<&'a str>,
    step: Option<&'a str>,
    kind: &'static str,
    severity: &'static str,
    /// `null`: it was never judged.
    state: Option<&'static str>,
    /// Whether a server watches now: else this is how it stood when one did.
    watched: bool,
    since: Option<String>,
    value: Option<f64>,
    threshold: Option<f64>,
    unit: Option<&'a str>,
    reason: Option<&'a str>,
    why: &'a [String],
    silenced_until: Option<String>,
    silenced_for: Option<&'a str>,
    channels: Vec<&'a str>,
}

/// What the store knows.
#[derive(Default)]
struct Known {
    rows: Vec<AlertRow>,
    silences: BTreeMap<Name, Silence>,
    is_watched: bool,
}

/// One line for each instance of each alert of the file: how it stands.
pub(super) async fn alerts(context: &Context, args: &args::Alerts) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let shown: Vec<&Alert> = match &args.alert {
        Some(name) => vec![find_alert(&jobs, name)?],
        None => jobs.alerts.values().map(AsRef::as_ref).collect(),
    };
    let now = context.clock.now();
    let known = match context.read_store(&jobs).await? {
        Some(store) => known(&store, &jobs, now).await?,
        None => Known::default(),
    };
    let lines: Vec<Line> = shown.iter().flat_map(|alert| lines(alert, &known)).collect();
    if context.is_json() {
        for line in &lines {
            context.screen.json(line)?;
        }
        return Ok(Exit::Done);
    }
    if !known.is_watched && !lines.is_empty() {
        context.screen.note("nobody watches now: start `apicron serve`. This is how alerts stood when one did.");
    }
    let rows = lines.iter().map(|line| text_row(line, now)).collect();
    context.screen.table(&["ALERT", "SERIES", "STATE", "SINCE", "SEVERITY", "REASON"], rows)?;
    Ok(Exit::Done)
}

async fn known(store: &Store, jobs: &Jobs, now: Time) -> Result<Known, StoreError> {
    let forms: Vec<(Name, String)> =
        jobs.jobs.values().map(|job| (job.name.clone(), job.config_hash.clone())).collect();
    let is_watched =
        !store.served_elsewhere(&forms).await?.is_empty() || !store.served_otherwise(&forms).await?.is_empty();
    Ok(Known { rows: store.alerts().await?, silences: store.silences(now).await?, is_watched })
}

fn lines<'a>(alert: &'a Alert, known: &'a Known) -> Vec<Line<'a>> {
    let rows: Vec<&AlertRow> = known.rows.iter().filter(|row| row.key.alert == alert.name).collect();
    if rows.is_empty() {
        return vec![line(alert, None, known)];
    }
    rows.into_iter().map(|row| line(alert, Some(row), known)).collect()
}

fn line<'a>(alert: &'a Alert, row: Option<&'a AlertRow>, known: &'a Known) -> Line<'a> {
    let standing = row.map(|row| &row.standing);
    let silence = known.silences.get(&alert.name);
    Line {
        alert: alert.name.as_str(),
        series: row.map(|row| row.key.series.as_str()),
        step: row.map(|row| row.key.step.as_str()).filter(|step| !step.is_empty()),
        kind: alert.rule.kind(),
        severity: standing.map_or(alert.severity, |standing| standing.severity).as_str(),
        state: standing.map(|standing| standing.state.as_str()),
        watched: known.is_watched,
        since: standing.map(|standing| rfc3339(standing.since)),
        value: standing.and_then(|standing| standing.value),
        threshold: standing.and_then(|standing| standing.threshold),
        unit: row.and_then(|row| row.unit.as_deref()),
        reason: standing.map(|standing| standing.reason.as_str()),
        why: row.map(|row| row.why.as_slice()).unwrap_or_default(),
        silenced_until: silence.map(|silence| rfc3339(silence.until)),
        silenced_for: silence.and_then(|silence| silence.reason.as_deref()),
        channels: alert.channels.iter().map(Name::as_str).collect(),
    }
}

fn text_row(line: &Line<'_>, now: Time) -> Vec<String> {
    let moment = |text: &Option<String>| text.as_deref().and_then(|text| times::parse_moment(text).ok());
    let since = moment(&line.since).map(|at| times::relative(now, at)).unwrap_or_default();
    let series = [line.series, line.step].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let silenced = moment(&line.silenced_until).map(|until| {
        let reason = line.silenced_for.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("silenced until {}{reason}", times::relative(now, until))
    });
    let reason = [silenced.as_deref(), line.reason].into_iter().flatten().collect::<Vec<_>>().join(": ");
    vec![line.alert.to_owned(), clean_line(&series), state(line), since, line.severity.to_owned(), clean_line(&reason)]
}

/// What nobody watches is never shown as well.
fn state(line: &Line<'_>) -> String {
    let Some(word) = line.state else { return "not judged yet".to_owned() };
    if !line.watched {
        return format!("was {word}");
    }
    let tone = match State::from_word(word) {
        Some(State::Ok) => Tone::Good,
        Some(State::Firing) => Tone::Bad,
        Some(State::Pending | State::Unknown | State::Silenced) | None => Tone::Strong,
    };
    paint(tone, word)
}

/// Has an alert tell nobody for a while, or ends that.
pub(super) async fn silence(context: &Context, args: args::Silence) -> Result<Exit, CliError> {
    let jobs = context.load_to_read()?;
    let alert = find_alert(&jobs, &args.alert)?.name.clone();
    match args.length {
        Some(length) => {
            let now = context.clock.now();
            begin(context, &jobs, &alert, Silence { at: now, until: add(now, length), reason: args.reason }).await
        }
        None => lift(context, &jobs, &alert).await,
    }
}

async fn begin(context: &Context, jobs: &Jobs, alert: &Name, silence: Silence) -> Result<Exit, CliError> {
    let store = context.write_store(jobs).await?;
    let silenced = store.silence(alert, silence.clone()).await;
    store.close().await;
    silenced?;
    let Silence { at, until, reason } = silence;
    if context.is_json() {
        let (at, until) = (rfc3339(at), rfc3339(until));
        context.screen.json(&json!({ "alert": alert, "silenced_at": at, "until": until, "reason": reason }))?;
    } else {
        let end = format!("{} ({})", rfc3339(until), times::relative(at, until));
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        context.screen.line(&clean_line(&format!("`{alert}` is silenced until {end}{reason}")))?;
    }
    Ok(Exit::Done)
}

async fn lift(context: &Context, jobs: &Jobs, alert: &Name) -> Result<Exit, CliError> {
    let was_silenced = match context.write_store_with_rows(jobs).await? {
        None => false,
        Some(store) => {
            let ended = store.end_silence(alert).await;
            store.close().await;
            ended?
        }
    };
    if context.is_json() {
        context.screen.json(&json!({ "alert": alert, "was_silenced": was_silenced }))?;
    } else if was_silenced {
        context.screen.line(&format!("`{alert}` tells again"))?;
    } else {
        context.screen.line(&format!("`{alert}` was not silenced"))?;
    }
    Ok(Exit::Done)
}
