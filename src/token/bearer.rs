//! An access token in use.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::claims;
use crate::clock::{Clock, Time};
use crate::run::{Name, Scopes, TokenEvidence};
use crate::secret::Secret;

/// An access token in use. It cannot be printed. Cheap to clone.
#[derive(Clone)]
pub struct Bearer(Arc<Parts>);

pub(super) struct Parts {
    pub(super) value: Secret,
    pub(super) generation: u64,
    /// The cell of the cache that it came from: generations of two cells cannot be compared.
    pub(super) cell: u64,
    pub(super) credential: Name,
    pub(super) client_id: Option<String>,
    pub(super) requested: Scopes,
    pub(super) reply_scope: Option<Scopes>,
    pub(super) expires_in: Option<i64>,
    pub(super) started: Duration,
    pub(super) started_wall: Time,
    pub(super) issued: Option<Time>,
    pub(super) expires_at: Option<Time>,
    pub(super) claims: Option<Value>,
    pub(super) server_date_skew_s: Option<i64>,
    pub(super) uses: Uses,
}

/// How often a token may be used.
pub(super) enum Uses {
    Many,
    /// Once, by whoever claims it first.
    One {
        is_claimed: AtomicBool,
    },
}

impl Uses {
    /// Of a token that has a life, or none.
    pub(super) fn of(life: Option<Duration>) -> Uses {
        match life {
            Some(_) => Uses::Many,
            None => Uses::One { is_claimed: AtomicBool::new(false) },
        }
    }
}

impl Bearer {
    pub(super) fn new(parts: Parts) -> Bearer {
        Bearer(Arc::new(parts))
    }

    /// The token: only for the request that carries it.
    pub fn value(&self) -> &Secret {
        &self.0.value
    }

    /// Its number, counting up within its key from 1. For a fixed bearer, how many values its
    /// source has had.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// The credential that it belongs to.
    pub fn credential(&self) -> &Name {
        &self.0.credential
    }

    /// The client it was given to; `None` for a fixed bearer.
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// The scopes that were asked for.
    pub fn requested(&self) -> &Scopes {
        &self.0.requested
    }

    /// The scopes it has, by its own claims or else by the token reply; `None` when neither tells.
    pub fn granted(&self) -> Option<Scopes> {
        self.claims().and_then(claims::scopes).or_else(|| self.0.reply_scope.clone())
    }

    /// The claims of a token that is a JWT, unverified.
    pub fn claims(&self) -> Option<&Value> {
        self.0.claims.as_ref()
    }

    /// When it ends, on the local wall clock; `None` when that is not known.
    pub fn expires_at(&self) -> Option<Time> {
        self.0.expires_at
    }

    /// When the request for it left, on the local wall clock. For a fixed bearer, when it was first seen.
    pub fn fetched_at(&self) -> Time {
        self.0.started_wall
    }

    /// The token endpoint's `Date` less the local clock when the token came, in seconds: positive when the
    /// server is ahead. `None` for a fixed bearer, and where the answer had no usable `Date`.
    pub fn server_date_skew_s(&self) -> Option<i64> {
        self.0.server_date_skew_s
    }

    /// How long ago the request for it left. For a fixed bearer, how long ago it was issued by its
    /// own claims, or else first seen.
    pub fn age(&self, clock: &Clock) -> Duration {
        match self.0.issued {
            Some(issued) => (clock.now() - issued).to_std().unwrap_or_default(),
            None => clock.elapsed().saturating_sub(self.0.started),
        }
    }

    /// The token's part of the evidence about an answer that came just now.
    pub fn evidence(&self, clock: &Clock) -> TokenEvidence {
        TokenEvidence {
            requested_scopes: self.0.requested.clone(),
            granted_scopes: self.0.reply_scope.clone(),
            age_s: Some(i64::try_from(self.age(clock).as_secs()).unwrap_or(i64::MAX)),
            expires_in_s: self.0.expires_in,
            jwt_claims: self.0.claims.clone(),
            generation: Some(self.0.generation),
            ..TokenEvidence::default()
        }
    }

    /// Whether it is for one use only, its life being none.
    pub fn is_for_one_use(&self) -> bool {
        matches!(self.0.uses, Uses::One { .. })
    }

    /// Whether the caller may use it: of all who waited for one that is for one use only, the first.
    pub(super) fn claim(&self) -> bool {
        match &self.0.uses {
            Uses::Many => true,
            Uses::One { is_claimed } => !is_claimed.swap(true, Ordering::Relaxed),
        }
    }

    pub(super) fn cell(&self) -> u64 {
        self.0.cell
    }

    pub(super) fn has_value(&self, value: &Secret) -> bool {
        self.0.value.expose() == value.expose()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("generation", &self.0.generation)
            .field("requested", &self.0.requested)
            .field("expires_at", &self.0.expires_at)
            .finish_non_exhaustive()
    }
}
