//! What a token is asked for, and under which key it is cached.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::refusals::Asker;
use super::sources::Unreadable;
use crate::job::{ClientCredentials, Credential};
use crate::run::{Context, Name, Scopes};
use crate::secret::{Secret, Source};

/// One token to ask for.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) credential: Arc<Credential>,
    pub(super) client: ClientCredentials,
    pub(super) client_id: String,
    /// What is sent.
    pub(super) proof: Proof,
    /// What is sent when that is refused.
    pub(super) spare: Spare,
    pub(super) scopes: Scopes,
}

/// One of a client's secrets.
#[derive(Clone)]
pub(super) struct Proof {
    pub(super) which: Which,
    pub(super) secret: Secret,
}

/// A client's other secret.
#[derive(Clone)]
pub(super) enum Spare {
    /// There is none.
    Nothing,
    /// This.
    Ready(Proof),
    /// There should be one.
    Unreadable(Unreadable),
}

/// Which of a client's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// `client_secret`.
    Current,
    /// `next_client_secret`.
    Next,
}

impl Ask {
    pub(super) fn name(&self) -> &Name {
        &self.credential.name
    }

    pub(super) fn host(&self) -> Arc<str> {
        self.client.token_url.host_str().unwrap_or("without a host").into()
    }

    /// The words that fill the blanks of a remedy.
    pub(super) fn context(&self) -> Context {
        let known = context(&self.credential, Some(&self.client_id));
        Context { secret_source: Some(self.proof_source().to_string()), ..known }
    }

    /// The same with the secrets exchanged; `None` when there is none to try.
    pub(super) fn with_spare(&self) -> Option<Ask> {
        match &self.spare {
            Spare::Ready(spare) => {
                Some(Ask { proof: spare.clone(), spare: Spare::Ready(self.proof.clone()), ..self.clone() })
            }
            Spare::Nothing | Spare::Unreadable(_) => None,
        }
    }

    /// `next_client_secret`, where it is tried.
    pub(super) fn next(&self) -> Option<&Proof> {
        self.proof_of(Which::Next)
    }

    /// One of the secrets that are tried.
    fn proof_of(&self, which: Which) -> Option<&Proof> {
        let spare = match &self.spare {
            Spare::Ready(spare) => Some(spare),
            Spare::Nothing | Spare::Unreadable(_) => None,
        };
        [Some(&self.proof), spare].into_iter().flatten().find(|proof| proof.which == which)
    }

    /// Where the secret that is sent is kept.
    pub(super) fn proof_source(&self) -> &Source {
        match (self.proof.which, &self.client.next_client_secret) {
            (Which::Next, Some(next)) => &next.source,
            _ => &self.client.client_secret,
        }
    }
}

/// What is known about a credential for the remedy of a refusal: the API's part is left open.
pub fn context(credential: &Credential, client_id: Option<&str>) -> Context {
    use crate::job::Grant;
    let known = Context { credential: Some(credential.name.to_string()), ..Context::default() };
    match &credential.grant {
        Grant::Bearer(source) => Context { secret_source: Some(source.to_string()), ..known },
        Grant::ClientCredentials(client) => Context {
            client_id: client_id.map(str::to_owned),
            secret_source: Some(client.client_secret.to_string()),
            token_host: client.token_url.host_str().map(str::to_owned),
            auth_method: Some(client.auth_method.as_str().to_owned()),
            token_body: Some(client.token_body.as_str().to_owned()),
            ..known
        },
    }
}

/// Tells one cached token from another: a keyed digest of all that a token is asked with, so that
/// a changed secret is a new key and no key gives a secret away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

/// Tells one secret of a client from another, as [`Key`] does tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark([u8; 32]);

/// Tells one state of a credential from another. See [`super::Tokens::fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Makes keys that mean nothing outside this process.
pub(super) struct Keyring([u8; 64]);

impl Keyring {
    pub(super) fn new() -> Keyring {
        Keyring(rand::random())
    }

    pub(super) fn key(&self, client: &ClientCredentials, client_id: &str, secret: &Secret, scopes: &Scopes) -> Key {
        let mut digest = self.digest();
        digest.client(client, client_id, secret);
        digest.part(&scopes.to_string());
        Key(digest.end())
    }

    /// Tells one secret of a client from another.
    pub(super) fn mark(&self, ask: &Ask, proof: &Proof) -> Mark {
        let mut digest = self.digest();
        digest.client(&ask.client, &ask.client_id, &proof.secret);
        Mark(digest.end())
    }

    /// Who asks, whatever the scopes.
    pub(super) fn asker(&self, ask: &Ask) -> Asker {
        let current = ask.proof_of(Which::Current).unwrap_or(&ask.proof);
        let next = ask.next().map(|next| self.mark(ask, next));
        Asker { client: self.mark(ask, current), next }
    }

    /// The state of an OAuth client; `next` as it is, `None` when there is none to be had.
    pub(super) fn of_client(
        &self,
        client: &ClientCredentials,
        client_id: &str,
        secret: &Secret,
        next: Option<&Secret>,
    ) -> Fingerprint {
        let mut digest = self.digest();
        digest.client(client, client_id, secret);
        digest.optional("next", next.map(Secret::expose));
        Fingerprint(digest.end())
    }

    /// The state of a fixed bearer.
    pub(super) fn of_bearer(&self, bearer: &Secret) -> Fingerprint {
        let mut digest = self.digest();
        digest.part(bearer.expose());
        Fingerprint(digest.end())
    }

    fn digest(&self) -> Digest {
        Digest(Hmac::<Sha256>::new(&self.0.into()))
    }
}

struct Digest(Hmac<Sha256>);

impl Digest {
    /// Adds a part with its length, so that no two lists of parts read the same.
    fn part(&mut self, part: &str) {
        self.0.update(&part.len().to_be_bytes());
        self.0.update(part.as_bytes());
    }

    /// Adds a part that may be absent, which is something else than empty.
    fn optional(&mut self, name: &str, part: Option<&str>) {
        self.part(if part.is_some() { name } else { "" });
        self.part(part.unwrap_or_default());
    }

    fn client(&mut self, client: &ClientCredentials, client_id: &str, secret: &Secret) {
        self.part(client.token_url.as_str());
        self.part(client_id);
        self.part(secret.expose());
        self.part(client.auth_method.as_str());
        self.part(client.token_body.as_str());
        self.optional("audience", client.audience.as_deref());
        self.part(&client.extra.len().to_string());
        for (name, value) in &client.extra {
            self.part(name);
            self.part(value);
        }
    }

    fn end(self) -> [u8; 32] {
        self.0.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::job::{AuthMethod, ClientId, TokenBody};
    use crate::secret::Source;

    fn client() -> ClientCredentials {
        ClientCredentials {
            token_url: "https://auth.example.com/token".parse().expect("a URL"),
            client_id: ClientId::Text("id".to_owned()),
            client_secret: Source::Env("SECRET".to_owned()),
            auth_method: AuthMethod::Basic,
            token_body: TokenBody::Form,
            next_client_secret: None,
            default_ttl: Duration::from_secs(300),
            audience: None,
            extra: BTreeMap::new(),
        }
    }

    #[test]
    fn whatever_changes_the_request_changes_the_key_and_nothing_else_does() {
        let keyring = Keyring::new();
        let key = |client: &ClientCredentials, id: &str, secret: &str, scopes: &str| {
            keyring.key(client, id, &Secret::new(secret.to_owned()), &Scopes::parse(scopes))
        };
        let plain = key(&client(), "id", "secret-1", "a b");
        let url = "https://auth.example.com/other".parse().expect("a URL");
        let other = [
            key(&client(), "id2", "secret-1", "a b"),
            key(&client(), "id", "secret-2", "a b"),
            key(&client(), "ids", "ecret-1", "a b"),
            key(&client(), "id", "secret-1", "a"),
            key(&ClientCredentials { token_url: url, ..client() }, "id", "secret-1", "a b"),
            key(&ClientCredentials { auth_method: AuthMethod::BasicRaw, ..client() }, "id", "secret-1", "a b"),
            key(&ClientCredentials { token_body: TokenBody::Json, ..client() }, "id", "secret-1", "a b"),
            key(&ClientCredentials { audience: Some(String::new()), ..client() }, "id", "secret-1", "a b"),
            key(
                &ClientCredentials { extra: BTreeMap::from([("a".to_owned(), "b".to_owned())]), ..client() },
                "id",
                "secret-1",
                "a b",
            ),
        ];
        assert!(other.iter().all(|key| *key != plain));
        assert!(plain == key(&client(), "id", "secret-1", "b a b"));
        let ttl = ClientCredentials { default_ttl: Duration::from_secs(1), ..client() };
        assert!(plain == key(&ttl, "id", "secret-1", "a b"));
    }
}
