//! What the store knows of tokens.

use super::{Line, More, jobs_of, scopes_of, source};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::screen::clean_line;
use crate::cli::{Context, times};
use crate::clock::rfc3339;
use crate::doctor::ScopeSet;
use crate::job::Jobs;
use crate::run::{TokenEvent, TokenEventKind};

/// What was last heard of the token of one scope set.
struct Known<'a> {
    set: &'a ScopeSet,
    /// The newest that came.
    came: Option<&'a TokenEvent>,
    /// The last that happened.
    last: Option<&'a TokenEvent>,
}

impl<'a> Known<'a> {
    fn of(set: &'a ScopeSet, events: &'a [TokenEvent]) -> Known<'a> {
        let is_its = |event: &&TokenEvent| event.credential == set.credential.name && event.scopes == set.scopes;
        let has_come = |event: &&TokenEvent| matches!(event.event, TokenEventKind::Fetched | TokenEventKind::Renewed);
        let its = || events.iter().filter(is_its);
        Known { set, came: its().rfind(has_come), last: its().next_back() }
    }
}

pub(super) async fn tell(context: &Context, jobs: &Jobs, sets: &[ScopeSet]) -> Result<Exit, CliError> {
    let events = match context.read_store(jobs).await? {
        Some(store) => store.last_token_events().await?,
        None => Vec::new(),
    };
    let known: Vec<Known<'_>> = sets.iter().map(|set| Known::of(set, &events)).collect();
    if context.is_json() {
        for one in &known {
            context.screen.json(&line(one))?;
        }
    } else {
        let rows = known.iter().map(|one| row(context, one)).collect();
        let head = ["CREDENTIAL", "SCOPES", "TOKEN", "FETCHED", "ENDS", "JOBS", "LAST"];
        context.screen.table(&head, rows)?;
    }
    Ok(Exit::Done)
}

fn line<'a>(known: &Known<'a>) -> Line<'a> {
    let Known { set, came, last } = known;
    Line {
        credential: &set.credential.name,
        scopes: &set.scopes,
        granted: None,
        generation: came.map(|came| came.generation),
        fetched_at: came.map(|came| rfc3339(came.at)),
        expires_at: came.and_then(|came| came.expires_at).map(rfc3339),
        skew_s: None,
        jobs: &set.jobs,
        source: source(&set.credential),
        more: More::Known {
            event: last.map(|last| last.event.as_str()),
            detail: last.and_then(|last| last.detail.as_deref()),
        },
    }
}

fn row(context: &Context, known: &Known<'_>) -> Vec<String> {
    let Known { set, came, last } = known;
    let now = context.clock.now();
    let relative = |at| times::relative(now, at);
    let detail = last.and_then(|last| last.detail.as_deref()).map(|detail| format!(": {detail}"));
    vec![
        set.credential.name.to_string(),
        scopes_of(set),
        came.map(|came| came.generation.to_string()).unwrap_or_default(),
        came.map(|came| relative(came.at)).unwrap_or_default(),
        came.and_then(|came| came.expires_at).map(relative).unwrap_or_default(),
        jobs_of(set),
        last.map(|last| clean_line(&format!("{}{}", last.event, detail.unwrap_or_default()))).unwrap_or_default(),
    ]
}
