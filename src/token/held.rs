//! What the cache holds, for those who watch it.

use std::collections::BTreeMap;

use super::{Bearer, Tokens};
use crate::clock::Time;
use crate::run::{Name, Scopes};

/// A token that is held. Never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whose.
    pub credential: Name,
    /// What was asked for.
    pub scopes: Scopes,
    /// Its number, counting up within its key from 1. See [`Bearer::generation`].
    pub generation: u64,
    /// When the request for it left; for a fixed bearer, when it was first seen.
    pub fetched_at: Time,
    /// When it ends, on the local wall clock.
    pub expires_at: Time,
    /// The scopes it has; `None` when neither its claims nor the token reply tell.
    pub granted: Option<Scopes>,
}

impl Held {
    /// `None` for a bearer of which nobody knows when it ends.
    pub(super) fn of(bearer: &Bearer) -> Option<Held> {
        Some(Held {
            credential: bearer.credential().clone(),
            scopes: bearer.requested().clone(),
            generation: bearer.generation(),
            fetched_at: bearer.fetched_at(),
            expires_at: bearer.expires_at()?,
            granted: bearer.granted(),
        })
    }
}

impl Tokens {
    /// The tokens whose end is known: those that a caller would be given now, and the fixed bearers that were
    /// read, over or not. Of two for one credential and scopes, as after a change of the secret, the newer.
    pub fn held(&self) -> Vec<Held> {
        let now = self.cache.fleet.clock.elapsed();
        let mut newest: BTreeMap<(Name, Scopes), (u64, Held)> = BTreeMap::new();
        for berth in self.cache.berths.all() {
            let Some(held) = berth.with(|cell| cell.usable(now).and_then(Held::of)) else { continue };
            let key = (held.credential.clone(), held.scopes.clone());
            if newest.get(&key).is_none_or(|(known, _)| *known < berth.id) {
                newest.insert(key, (berth.id, held));
            }
        }
        newest.into_values().map(|(_, held)| held).chain(self.cache.fixed.held()).collect()
    }
}
