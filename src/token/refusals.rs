//! Clients that the token endpoint does not accept: for other scopes it would not either.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ask::Mark;
use super::failure::TokenFailure;
use crate::run::Name;

/// The refusals of clients that still hold.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Mark, Refusal>>);

/// One client's.
struct Refusal {
    failure: TokenFailure,
    until: Duration,
    /// The `next_client_secret` that was tried as well.
    next: Option<Mark>,
    /// Who was told: two credentials may be one client.
    credentials: Vec<Name>,
}

/// Who asks.
pub(super) struct Asker<'a> {
    pub(super) credential: &'a Name,
    /// The client with its `client_secret`.
    pub(super) client: Mark,
    pub(super) next: Option<Mark>,
}

impl Refusals {
    /// The refusal that holds for a client. One without the next secret that there is now holds no more.
    pub(super) fn of(&self, asker: &Asker<'_>, now: Duration) -> Option<TokenFailure> {
        let mut known = self.known();
        let refusal = known.get_mut(&asker.client)?;
        if now >= refusal.until || asker.next.is_some() && asker.next != refusal.next {
            return None;
        }
        if !refusal.credentials.contains(asker.credential) {
            refusal.credentials.push(asker.credential.clone());
        }
        Some(refusal.failure.clone())
    }

    /// Takes note of one that holds for so long.
    pub(super) fn note(&self, asker: &Asker<'_>, failure: TokenFailure, until: Duration, now: Duration) {
        let mut known = self.known();
        // Secrets that rotate must not pile up.
        known.retain(|_, refusal| now < refusal.until);
        let credentials = vec![asker.credential.clone()];
        known.insert(asker.client, Refusal { failure, until, next: asker.next, credentials });
    }

    /// Forgets that of a client that is accepted.
    pub(super) fn accepted(&self, client: Mark) {
        self.known().remove(&client);
    }

    /// Forgets those of a credential, whatever its secret.
    pub(super) fn forget(&self, credential: &Name) {
        self.known().retain(|_, refusal| !refusal.credentials.contains(credential));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Mark, Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
