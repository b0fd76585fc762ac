//! The OAuth clients that the stand-in knows.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A machine-to-machine client: who may ask for a token, and for which scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Each of these is accepted: two while a rotation is under way, none once the client is inactive.
    pub secrets: Vec<String>,
    /// What a token of it may carry.
    pub scopes: Vec<String>,
    /// Its tokens die once they were accepted this many times; goes before the knob for all clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_after_requests: Option<u64>,
}

impl Client {
    /// A client with one secret, whose tokens live until they expire.
    pub fn new(id: &str, secret: &str, scopes: &[&str]) -> Client {
        Client {
            id: id.to_owned(),
            secrets: vec![secret.to_owned()],
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            revoke_after_requests: None,
        }
    }
}

/// A client that every stand-in has. Its secrets open nothing anywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoClient {
    /// Its id.
    pub id: &'static str,
    /// The secret to use.
    pub secret: &'static str,
    /// A second valid secret, as during a rotation.
    pub next_secret: Option<&'static str>,
    /// Its scopes.
    pub scopes: &'static [&'static str],
}

/// Operations: may read everything but what only administrators see.
pub const OPS: DemoClient = DemoClient {
    id: "standin-ops",
    secret: "standin-ops-secret-opens-nothing-else",
    next_secret: None,
    scopes: &[
        "usage:read",
        "models:read",
        "datasets:read",
        "files:read",
        "chat:read",
        "particles:read",
        "system-prompts:read",
    ],
};

/// The data team: datasets, files, and what it builds on them; with a secret rotation under way.
pub const DATA: DemoClient = DemoClient {
    id: "standin-data",
    secret: "standin-data-secret-opens-nothing-else",
    next_secret: Some("standin-data-next-secret-opens-nothing-else"),
    scopes: &[
        "datasets:read",
        "datasets:write",
        "files:read",
        "files:write",
        "models:read",
        "models:write",
        "chat:read",
        "chat:write",
    ],
};

/// Has too few scopes for most jobs.
pub const NARROW: DemoClient = DemoClient {
    id: "standin-narrow",
    secret: "standin-narrow-secret-opens-nothing-else",
    next_secret: None,
    scopes: &["models:read"],
};

/// An administrator: sees the bought credits in the usage report.
pub const ADMIN: DemoClient = DemoClient {
    id: "standin-admin",
    secret: "standin-admin-secret-opens-nothing-else",
    next_secret: None,
    scopes: &["usage:read", "org:admin"],
};

/// One client for all: what operations and the data team may, as where nobody made two. The example's jobs need it.
pub const ALL: DemoClient = DemoClient {
    id: "standin-all",
    secret: "standin-all-secret-opens-nothing-else",
    next_secret: None,
    scopes: &[
        "usage:read",
        "models:read",
        "models:write",
        "datasets:read",
        "datasets:write",
        "files:read",
        "files:write",
        "chat:read",
        "chat:write",
    ],
};

/// All built-in clients.
pub const BUILT_IN: [DemoClient; 5] = [OPS, DATA, NARROW, ADMIN, ALL];

impl From<DemoClient> for Client {
    fn from(demo: DemoClient) -> Client {
        let mut client = Client::new(demo.id, demo.secret, demo.scopes);
        client.secrets.extend(demo.next_secret.map(str::to_owned));
        client
    }
}

/// All clients by id: the built-in ones, and over them those of the knobs.
pub(super) fn index(extra: &[Client]) -> HashMap<String, Arc<Client>> {
    let built_in = BUILT_IN.into_iter().map(Client::from);
    built_in.chain(extra.iter().cloned()).map(|client| (client.id.clone(), Arc::new(client))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_the_knobs_goes_over_the_built_in_one_with_its_id() {
        let clients = index(&[Client::new(OPS.id, "other-secret", &[])]);
        assert_eq!(clients[OPS.id].secrets, ["other-secret"]);
        assert_eq!(clients[DATA.id].secrets.len(), 2);
    }
}
