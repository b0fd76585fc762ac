//! Bearers that something else keeps fresh.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::bearer::{Bearer, Parts, Uses};
use super::claims::{claims, seconds};
use super::failure::TokenFailure;
use super::held::Held;
use super::sources::{Sources, Use};
use crate::clock::{Clock, Time};
use crate::job::Credential;
use crate::run::{Name, Scopes};
use crate::secret::{Secret, Source};

/// Generations of no cell: those of the cache count from 1.
const NO_CELL: u64 = 0;

/// The fixed bearers that were seen, by their source.
#[derive(Default)]
pub(super) struct FixedBearers(Mutex<HashMap<Source, Seen>>);

struct Seen {
    value: Secret,
    generation: u64,
    since: Duration,
    since_wall: Time,
    /// What those were given that it was read for.
    uses: BTreeMap<(Name, Scopes), Bearer>,
}

impl FixedBearers {
    /// The bearer that the source holds.
    pub(super) async fn bearer(
        &self,
        sources: &Sources,
        clock: &Clock,
        credential: &Credential,
        source: &Source,
        scopes: &Scopes,
    ) -> Result<Bearer, TokenFailure> {
        let value = sources.read(source, Use::Bearer).await;
        let value = value.map_err(|why| TokenFailure::unreadable(credential, &why))?;
        if !value.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = format!("{source} holds characters that fit no header");
            return Err(TokenFailure::Unreadable { credential: credential.name.clone(), why: why.into() });
        }
        Ok(self.seen(clock, credential, source, scopes, value))
    }

    /// Those of which it is known when they end, also those that have ended.
    pub(super) fn held(&self) -> Vec<Held> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().flat_map(|seen| seen.uses.values()).filter_map(Held::of).collect()
    }

    fn seen(&self, clock: &Clock, credential: &Credential, source: &Source, scopes: &Scopes, value: Secret) -> Bearer {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = claims(value.expose());
        let claim = |name: &str| claims.as_ref().and_then(|claims| seconds(claims, name));
        let instant = |name: &str| claim(name).and_then(|seconds| Time::from_timestamp(seconds, 0));
        let (issued, expires_at) = (instant("iat"), instant("exp"));
        let first = || Seen {
            value: value.clone(),
            generation: 1,
            since: clock.elapsed(),
            since_wall: clock.now(),
            uses: BTreeMap::new(),
        };
        let known = seen.entry(source.clone()).or_insert_with(first);
        if known.value.expose() != value.expose() {
            *known = Seen { generation: known.generation + 1, ..first() };
        }
        // Without a time of issue its life is what was left of it when it was first seen.
        let begin = issued.unwrap_or(known.since_wall);
        let bearer = Bearer::new(Parts {
            generation: known.generation,
            cell: NO_CELL,
            credential: credential.name.clone(),
            client_id: None,
            requested: scopes.clone(),
            reply_scope: None,
            expires_in: expires_at.map(|end| (end - begin).num_seconds()),
            started: known.since,
            started_wall: known.since_wall,
            issued,
            expires_at,
            claims,
            server_date_skew_s: None,
            uses: Uses::Many,
            value,
        });
        known.uses.insert((credential.name.clone(), scopes.clone()), bearer.clone());
        bearer
    }
}
