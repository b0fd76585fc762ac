//! What an OAuth client proves itself with, as it is kept at one moment.

use super::ask::{Proof, Spare, Which};
use super::sources::{Reading, Sources, Unreadable, Use};
use crate::job::{Absence, ClientCredentials, ClientId};
use crate::secret::Secret;

/// A client's id and secrets.
pub(super) struct Identity {
    pub(super) client_id: String,
    pub(super) secret: Secret,
    pub(super) spare: Spare,
}

impl Identity {
    /// The secret that takes the place of the other, where there is one to be had.
    pub(super) fn next(&self) -> Option<&Secret> {
        match &self.spare {
            Spare::Ready(proof) => Some(&proof.secret),
            Spare::Nothing | Spare::Unreadable(_) => None,
        }
    }
}

impl Sources {
    /// Reads what a client proves itself with. That its next secret cannot be read is no failure: the other
    /// may be all that is needed.
    pub(super) async fn identity(&self, client: &ClientCredentials, reading: Reading) -> Result<Identity, Unreadable> {
        let client_id = match &client.client_id {
            ClientId::Text(text) => text.clone(),
            ClientId::From(source) => self.read_as(reading, source, Use::ClientId).await?.expose().to_owned(),
        };
        let secret = self.read_as(reading, &client.client_secret, Use::ClientSecret).await?;
        let spare = self.spare(client, &secret, reading).await;
        Ok(Identity { client_id, secret, spare })
    }

    async fn spare(&self, client: &ClientCredentials, current: &Secret, reading: Reading) -> Spare {
        let Some(next) = &client.next_client_secret else { return Spare::Nothing };
        match self.read_as(reading, &next.source, Use::ClientSecret).await {
            // As after a rotation whose last step is still to come.
            Ok(secret) if secret.expose() == current.expose() => Spare::Nothing,
            Ok(secret) => Spare::Ready(Proof { which: Which::Next, secret }),
            Err(why) if why.is_absence && next.absence == Absence::Allowed => Spare::Nothing,
            Err(why) => Spare::Unreadable(why),
        }
    }
}
