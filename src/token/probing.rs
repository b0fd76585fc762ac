//! Asking the token endpoint on purpose, and telling whether there is reason to.

use std::sync::Arc;

use super::ask::Fingerprint;
use super::sources::{Reading, Use};
use super::{Bearer, TokenFailure, Tokens};
use crate::job::{Credential, Grant};
use crate::run::{Name, Scopes};

impl Tokens {
    /// A bearer that is asked for now, whatever is held and whatever failure still holds: to see whether the
    /// token endpoint accepts the credential. Joins a request that is under way. When one comes, the failures
    /// of the credential are forgotten, those of other scopes as well. When none comes, a token that is held
    /// stays in use.
    ///
    /// Of a fixed bearer, which nobody is asked for, what its source holds now.
    ///
    /// # Errors
    /// [`TokenFailure`].
    pub async fn probe(&self, credential: &Arc<Credential>, scopes: &Scopes) -> Result<Bearer, TokenFailure> {
        let client = match &credential.grant {
            Grant::Bearer(source) => return self.read_fixed_again(credential, source, scopes).await,
            Grant::ClientCredentials(client) => client,
        };
        let (berth, ask) = self.berth(credential, client, scopes, Reading::Fresh).await?;
        let now = self.cache.fleet.clock.elapsed();
        let next = berth.with(|cell| {
            let step = cell.probe(now);
            self.walk(&berth, cell, step, ask)
        });
        let bearer = next.bearer(credential, self.over_by).await?;
        self.forget_failures(&credential.name);
        Ok(bearer)
    }

    /// Forgets the failures of a credential, so that the next who needs a bearer asks the token endpoint.
    pub fn forget_failures(&self, credential: &Name) {
        for berth in self.cache.berths.of(credential) {
            berth.with(super::cell::Cell::forget_failure);
            self.cache.fleet.refusals.forget(berth.client);
        }
    }

    /// A fingerprint of all that a credential's token requests are made with but the scopes, with secrets as
    /// their sources hold them at this moment. Another one is reason to ask again. A `next_client_secret` that
    /// cannot be read counts as none. Means nothing outside this process.
    ///
    /// # Errors
    /// [`TokenFailure::Unreadable`].
    pub async fn fingerprint(&self, credential: &Credential) -> Result<Fingerprint, TokenFailure> {
        let (sources, keyring) = (&self.cache.sources, &self.cache.fleet.keyring);
        let taken = match &credential.grant {
            Grant::Bearer(source) => {
                sources.read_again(source, Use::Bearer).await.map(|bearer| keyring.of_bearer(&bearer))
            }
            Grant::ClientCredentials(client) => sources
                .identity(client, Reading::Fresh)
                .await
                .map(|known| keyring.of_client(client, &known.client_id, &known.secret, known.next())),
        };
        taken.map_err(|why| TokenFailure::unreadable(credential, &why))
    }
}
