//! What the cache holds, for those who watch it.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::Tokens;
use crate::clock::Time;
use crate::run::{Name, Scopes};

/// A token that is held. Never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub credential: Name,
    /// What was asked for.
    pub scopes: Scopes,
    /// When it ends, on the local wall clock.
    pub expires_at: Time,
}

impl Held {
    pub(super) fn new(credential: &Name, scopes: &Scopes, expires_at: Time) -> Held {
        Held { credential: credential.clone(), scopes: scopes.clone(), expires_at }
    }
}

impl Tokens {
    /// The tokens whose end is known: those that a caller would be given now, and the fixed bearers that were
    /// read, over or not. Of two for one credential and scopes, as after a change of the secret, the newer.
    pub fn held(&self) -> Vec<Held> {
        let now = self.0.fleet.clock.elapsed();
        let mut newest: BTreeMap<(Name, Scopes), (u64, Time)> = BTreeMap::new();
        let berths = self.0.berths.lock().unwrap_or_else(PoisonError::into_inner);
        for berth in berths.values() {
            let Some(bearer) = berth.with(|cell| cell.usable(now).cloned()) else { continue };
            let Some(end) = bearer.expires_at() else { continue };
            let known = newest.entry((bearer.credential().clone(), bearer.requested().clone())).or_default();
            *known = (*known).max((berth.id, end));
        }
        let asked_for = newest.iter().map(|((name, scopes), (_, end))| Held::new(name, scopes, *end));
        asked_for.chain(self.0.fixed.held()).collect()
    }
}
