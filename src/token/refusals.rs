//! Clients that the token endpoint does not accept: for other scopes it would not either.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ask::Mark;
use super::failure::TokenFailure;

/// The refusals of clients that still hold.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Mark, Refusal>>);

/// One client's.
struct Refusal {
    failure: TokenFailure,
    until: Duration,
    /// The `next_client_secret` that was tried as well.
    next: Option<Mark>,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    /// The client with its `client_secret`.
    pub(super) client: Mark,
    pub(super) next: Option<Mark>,
}

impl Refusals {
    /// The refusal that holds for a client. One without the next secret that there is now holds no more.
    pub(super) fn of(&self, asker: Asker, now: Duration) -> Option<TokenFailure> {
        let known = self.known();
        let refusal = known.get(&asker.client).filter(|refusal| now < refusal.until)?;
        let was_tried = asker.next.is_none() || asker.next == refusal.next;
        was_tried.then(|| refusal.failure.clone())
    }

    /// Takes note of one that holds for so long.
    pub(super) fn note(&self, asker: Asker, failure: TokenFailure, until: Duration, now: Duration) {
        let mut known = self.known();
        // Secrets that rotate must not pile up.
        known.retain(|_, refusal| now < refusal.until);
        known.insert(asker.client, Refusal { failure, until, next: asker.next });
    }

    /// Forgets that of a client.
    pub(super) fn forget(&self, client: Mark) {
        self.known().remove(&client);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Mark, Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
