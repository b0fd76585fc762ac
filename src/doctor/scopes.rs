//! The scope sets that jobs ask for, and what is granted of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Map, Value};

use super::Doctor;
use super::trouble::{Seat, Trouble};
use crate::clock::{Time, rfc3339, subtract};
use crate::job::{Credential, Grant, Job};
use crate::run::{Name, Scopes};
use crate::token::Bearer;

/// Token requests under way at once.
const AT_ONCE: usize = 4;

/// The claims that are told of a token that is a JWT (RFC 7519 section 4.1, RFC 9068 section 2.2), and the names
/// that issuers have for scopes.
const TOLD: [&str; 10] = ["iss", "aud", "sub", "client_id", "iat", "nbf", "exp", "scope", "scp", "permissions"];

/// The most characters of a claim that people are shown.
const LONGEST_CLAIM: usize = 200;

/// The longest claims that are told, as JSON in bytes.
const LONGEST_CLAIMS: usize = 8 * 1024;

/// A credential, and scopes that jobs ask it for.
#[derive(Clone, Debug)]
pub struct ScopeSet {
    /// Whose token.
    pub credential: Arc<Credential>,
    /// What is asked for; nothing for whatever the client has.
    pub scopes: Scopes,
    /// Who asks, by name; at least one.
    pub jobs: Vec<Name>,
}

/// A token that was given. Never the token itself.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The scopes that it has, by its own claims or else by the reply; `None` when neither tells.
    pub scopes: Option<Scopes>,
    /// What was asked for and not granted, as far as that is known.
    pub missing: Scopes,
    /// Its number within this process.
    pub generation: u64,
    /// When the request for it left; of a fixed bearer, when it was issued or else read.
    pub fetched_at: Time,
    /// When it ends; `None` when that is not known.
    pub expires_at: Option<Time>,
    /// The token endpoint's clock less ours, in seconds; `None` when that is not known.
    pub skew_s: Option<i64>,
    /// What it says about itself where it is a JWT, unverified: `iss`, `aud`, `sub`, times and scopes, scrubbed.
    pub claims: Option<Map<String, Value>>,
    /// The client; `None` for a fixed bearer.
    pub client: Option<String>,
}

/// The distinct scope sets of jobs that have a credential, by credential and scopes.
pub fn scope_sets<'j>(jobs: impl Iterator<Item = &'j Job>) -> Vec<ScopeSet> {
    let mut sets: BTreeMap<(Name, Scopes), ScopeSet> = BTreeMap::new();
    for job in jobs {
        let Some(credential) = &job.api.credential else { continue };
        let new = || ScopeSet { credential: Arc::clone(credential), scopes: job.scopes.clone(), jobs: Vec::new() };
        let key = (credential.name.clone(), job.scopes.clone());
        sets.entry(key).or_insert_with(new).jobs.push(job.name.clone());
    }
    sets.into_values().collect()
}

impl Doctor {
    /// Asks for a token of each set, a few at a time; the answers are in the order of the sets.
    pub async fn ask_each(&self, sets: &[ScopeSet]) -> Vec<Result<Granted, Trouble>> {
        stream::iter(sets).map(|set| self.ask(set)).buffered(AT_ONCE).collect().await
    }

    async fn ask(&self, set: &ScopeSet) -> Result<Granted, Trouble> {
        let bearer = self.tokens.bearer(&set.credential, &set.scopes).await;
        let bearer = bearer.map_err(|failure| Trouble::of_token(&failure, set.jobs.first()))?;
        let granted = self.granted(&bearer);
        self.is_alive(&set.credential, &granted)?;
        Ok(granted)
    }

    /// What a token says about itself.
    pub(super) fn granted(&self, bearer: &Bearer) -> Granted {
        let scopes = bearer.granted();
        let missing = scopes.as_ref().map(|granted| bearer.requested().without(granted)).unwrap_or_default();
        let scopes = scopes.map(|scopes| Scopes::parse(&self.redactor.scrub_owned(scopes.to_string())));
        Granted {
            scopes,
            missing,
            generation: bearer.generation(),
            fetched_at: subtract(self.clock.now(), bearer.age(&self.clock)),
            expires_at: bearer.expires_at(),
            skew_s: bearer.server_date_skew_s(),
            claims: bearer.claims().and_then(|claims| self.told(claims)),
            client: bearer.client_id().map(str::to_owned),
        }
    }

    /// A fixed bearer can have ended by the time it is read.
    pub(super) fn is_alive(&self, credential: &Credential, granted: &Granted) -> Result<(), Trouble> {
        let (Grant::Bearer(source), Some(end)) = (&credential.grant, granted.expires_at) else { return Ok(()) };
        if self.clock.now() < end {
            return Ok(());
        }
        let detail = format!("the bearer in {source} ended at {}", rfc3339(end));
        Err(Trouble::new(detail, format!("Put a current one in {source}.")))
    }

    fn told(&self, claims: &Value) -> Option<Map<String, Value>> {
        let told = TOLD.iter().filter_map(|name| Some(((*name).to_owned(), claims.get(name)?.clone())));
        let text = self.redactor.scrub_owned(Value::Object(told.collect()).to_string());
        if text.len() > LONGEST_CLAIMS { None } else { serde_json::from_str(&text).ok() }
    }
}

impl Granted {
    /// A claim as a short text: of a list its texts, of anything else its JSON. It may hold any characters.
    pub fn claim(&self, name: &str) -> Option<String> {
        let text = match self.claims.as_ref()?.get(name)? {
            Value::String(text) => text.clone(),
            Value::Array(values) if values.iter().all(Value::is_string) => {
                values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        Some(text.chars().take(LONGEST_CLAIM).collect())
    }

    /// Where it comes from, or whose it is, in words.
    pub fn origin(&self, grant: &Grant) -> String {
        match grant {
            Grant::Bearer(source) => format!("the bearer in {source}"),
            Grant::ClientCredentials(_) => format!("a token for client {}", self.client.as_deref().unwrap_or_default()),
        }
    }

    /// Whether something that was asked for is missing: what, and what to do for `job`.
    ///
    /// # Errors
    /// [`Trouble`] when something is.
    pub fn suffices(&self, job: Option<&Name>) -> Result<(), Trouble> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let job = job.map_or_else(|| "the job".to_owned(), |job| format!("job {job}"));
        let missing = listed(&self.missing);
        // In the words of a refusal for want of a scope; but whether the calls need it is not known yet.
        let grant = match &self.client {
            Some(id) => {
                format!("Client {id} is not granted {missing}; assign it (Dashboard → Settings → API Access)")
            }
            None => format!("Put a token that holds {missing} in the place of this one"),
        };
        let remedy = format!("{grant}, or drop it from `scopes` of {job}.");
        Err(Trouble { lies_in: Seat::Scopes, ..Trouble::new(format!("not granted: {missing}"), remedy) })
    }
}

/// `a:b, c:d`; "none" for none.
pub(super) fn listed(scopes: &Scopes) -> String {
    if scopes.is_empty() { "none".to_owned() } else { scopes.iter().collect::<Vec<_>>().join(", ") }
}
