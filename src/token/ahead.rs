//! Tokens before they are needed.

use std::sync::Arc;

use super::sources::Reading;
use super::{TokenFailure, Tokens};
use crate::job::{Credential, Grant};
use crate::run::Scopes;

impl Tokens {
    /// Sees to it that a bearer of `credential` for `scopes` is there for those who need one soon. Asks nobody where
    /// tokens are for one use only: one that is asked for ahead is used by none.
    ///
    /// # Errors
    /// [`TokenFailure`].
    pub async fn have_ready(&self, credential: &Arc<Credential>, scopes: &Scopes) -> Result<(), TokenFailure> {
        if let Grant::ClientCredentials(client) = &credential.grant {
            let (berth, _) = self.berth(credential, client, scopes, Reading::Recent).await?;
            if !berth.with(|cell| cell.keeps_tokens()) {
                return Ok(());
            }
        }
        self.bearer(credential, scopes).await.map(drop)
    }
}
