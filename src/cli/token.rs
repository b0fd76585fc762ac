//! `apicron token`: what tokens jobs ask for, what is known of the last ones, and what a real one holds.

mod fetched;
mod known;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Context;
use super::args;
use super::error::CliError;
use super::exit::Exit;
use super::file::find_credential;
use crate::doctor::{ScopeSet, scope_sets};
use crate::job::{Credential, Grant, Jobs};
use crate::run::{Name, Scopes};

/// A token as `--json` tells of it. Never the token itself.
#[derive(Serialize)]
struct Line<'a> {
    credential: &'a Name,
    scopes: &'a Scopes,
    /// `null` where that is not known.
    granted: Option<&'a Scopes>,
    generation: Option<u64>,
    fetched_at: Option<String>,
    expires_at: Option<String>,
    skew_s: Option<i64>,
    jobs: &'a [Name],
    source: String,
    #[serde(flatten)]
    more: More<'a>,
}

/// What only one of the two ways has.
#[derive(Serialize)]
#[serde(untagged)]
enum More<'a> {
    /// What the store has.
    Known { event: Option<&'static str>, detail: Option<&'a str> },
    /// What a request gave.
    Fetched {
        ok: bool,
        missing: Option<&'a Scopes>,
        claims: Option<&'a Map<String, Value>>,
        detail: Option<&'a str>,
        verdict: Option<&'static str>,
        remedy: Option<&'a str>,
    },
}

/// Shows the tokens of one credential, or of all.
pub(super) async fn token(context: &Context, args: &args::Token) -> Result<Exit, CliError> {
    let name = args.credential.as_deref();
    if args.fetch {
        let jobs = context.load()?;
        let sets = sets(&jobs, name)?;
        // A credential that no job uses is asked only when it is meant.
        let asked: Vec<ScopeSet> = sets.into_iter().filter(|set| name.is_some() || !set.jobs.is_empty()).collect();
        return fetched::fetch(context, &jobs, &asked).await;
    }
    let jobs = context.load_to_read()?;
    known::tell(context, &jobs, &sets(&jobs, name)?).await
}

/// What jobs ask for, of one credential or of all. One that no job uses has one set, without scopes and jobs.
fn sets(jobs: &Jobs, credential: Option<&str>) -> Result<Vec<ScopeSet>, CliError> {
    let wanted: Vec<&Arc<Credential>> = match credential {
        Some(name) => vec![find_credential(jobs, name)?],
        None => jobs.credentials.values().collect(),
    };
    let asked = scope_sets(jobs.jobs.values().map(AsRef::as_ref));
    let mut sets = Vec::new();
    for credential in wanted {
        let before = sets.len();
        sets.extend(asked.iter().filter(|set| set.credential.name == credential.name).cloned());
        if sets.len() == before {
            let credential = Arc::clone(credential);
            sets.push(ScopeSet { credential, scopes: Scopes::default(), jobs: Vec::new() });
        }
    }
    Ok(sets)
}

/// Where the token comes from, in words.
fn source(credential: &Credential) -> String {
    match &credential.grant {
        Grant::Bearer(source) => source.to_string(),
        Grant::ClientCredentials(client) => client.token_url.host_str().unwrap_or_default().to_owned(),
    }
}

/// The jobs of a set, in words.
fn jobs_of(set: &ScopeSet) -> String {
    if set.jobs.is_empty() {
        return "no job uses it".to_owned();
    }
    set.jobs.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

/// The scopes of a set, in words.
fn scopes_of(set: &ScopeSet) -> String {
    if set.scopes.is_empty() { "(none)".to_owned() } else { set.scopes.to_string() }
}
