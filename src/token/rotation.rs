//! What is known about the two secrets of a client while one takes the place of the other.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ask::{Ask, Mark};
use crate::job::{ClientCredentials, NextSecret};
use crate::run::Name;
use crate::secret::Source;

/// The rotations that this process has met.
#[derive(Default)]
pub(super) struct Rotations(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The secret of each credential that its next one was accepted in place of.
    retired: HashMap<Name, Mark>,
    /// What was said last about the secret that it was said of, so that nothing is said twice.
    told: HashMap<(Name, News), Mark>,
}

/// What is said of a secret once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum News {
    /// The next one is in use.
    Turned,
    /// The next one is refused as well.
    RefusedAsWell,
    /// The next one could not be tried.
    Untried,
}

impl Rotations {
    /// Whether the secret is known to be refused where its next one is accepted.
    pub(super) fn is_retired(&self, credential: &Name, secret: Mark) -> bool {
        self.known().retired.get(credential) == Some(&secret)
    }

    pub(super) fn retire(&self, credential: &Name, secret: Mark) {
        self.known().retired.insert(credential.clone(), secret);
    }

    /// Takes back what [`Rotations::retire`] said; whether it had been said.
    pub(super) fn restore(&self, credential: &Name) -> bool {
        let mut known = self.known();
        known.told.remove(&(credential.clone(), News::Turned));
        known.retired.remove(credential).is_some()
    }

    /// Whether this was not said of this secret just before.
    pub(super) fn is_news(&self, credential: &Name, news: News, secret: Mark) -> bool {
        self.known().told.insert((credential.clone(), news), secret) != Some(secret)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that the next secret took the place of the other.
pub(super) fn tell_turned(ask: &Ask) {
    let Some((current, next)) = sources(&ask.client) else { return };
    let restart = match current {
        Source::Env(_) => ", and restart apicron",
        Source::File(_) | Source::EnvFile { .. } => "",
    };
    tracing::warn!(
        credential = %ask.name(),
        "the token endpoint {} refuses the secret of credential `{}` in {current} and accepts that in {}, which is in use from now on; put it in {current} and drop `next_client_secret`{restart}",
        ask.host(), ask.name(), next.source,
    );
}

/// Tells that the secret whose place the next one had taken is the one that is accepted.
pub(super) fn tell_restored(ask: &Ask) {
    let Some((current, next)) = sources(&ask.client) else { return };
    tracing::warn!(
        credential = %ask.name(),
        "the token endpoint {} refuses the secret of credential `{}` in {} and accepts that in {current} again; put the new secret in {} or drop `next_client_secret`",
        ask.host(), ask.name(), next.source, next.source,
    );
}

/// Tells that no secret is accepted.
pub(super) fn tell_refused_as_well(ask: &Ask) {
    let Some((current, next)) = sources(&ask.client) else { return };
    tracing::warn!(
        credential = %ask.name(),
        "the token endpoint {} refuses both secrets of credential `{}`, that in {current} and `next_client_secret` in {} as well; put the client's secret in {current}",
        ask.host(), ask.name(), next.source,
    );
}

/// Tells that the next secret could not be tried.
pub(super) fn tell_untried(ask: &Ask, why: &impl std::fmt::Display) {
    tracing::warn!(
        credential = %ask.name(),
        "the token endpoint {} refuses the secret of credential `{}`, and `next_client_secret` could not be tried: {why}",
        ask.host(), ask.name(),
    );
}

fn sources(client: &ClientCredentials) -> Option<(&Source, &NextSecret)> {
    Some((&client.client_secret, client.next_client_secret.as_ref()?))
}
