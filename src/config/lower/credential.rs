//! Credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use super::choice::choice;
use super::source;
use crate::config::file::{Credential as Written, Field, Secret, TextOr};
use crate::config::names::listed;
use crate::config::place::{At, SecretUse};
use crate::config::urls::{self, Use};
use crate::job::{AuthMethod, ClientCredentials, ClientId, Credential, Grant, NextSecret, TokenBody};
use crate::run::Name;
use crate::secret::Source;

const DEFAULT_TTL: Duration = Duration::from_mins(5);

/// Fields of the token request that other keys make.
const RESERVED_FIELDS: &[&str] = &["grant_type", "scope", "client_id", "client_secret", "audience"];

pub(super) fn lower(at: &At<'_>, name: &Name, written: &Written) -> Option<Credential> {
    let secret_issued = at.get("secret_issued", &written.secret_issued).map(|day| day.0);
    let rotate_after = at.get("rotate_after", &written.rotate_after).map(|span| span.0);
    if is_there(&written.rotate_after) && !is_there(&written.secret_issued) && !at.has_misspelled("secret_issued") {
        at.key("rotate_after")
            .key_error("missing-key", "`rotate_after` counts from `secret_issued`, which is missing")
            .help("write the day the secret was made: `secret_issued = 2026-10-01`")
            .report();
    }
    let grant = match (is_there(&written.bearer), is_there(&written.token_url)) {
        (true, false) => bearer(at, written),
        (false, true) => client(at, name, written).map(|client| Grant::ClientCredentials(Box::new(client))),
        (false, false) => {
            if !at.has_misspelled("token_url") && !at.has_misspelled("bearer") {
                at.key_error("missing-key", format!("credential `{name}` has neither `token_url` nor `bearer`"))
                    .help(
                        "an OAuth client has `token_url`, `client_id` and `client_secret`; a fixed token has `bearer`",
                    )
                    .report();
            }
            check_values(at, name, written);
            None
        }
        (true, true) => {
            at.key("bearer")
                .key_error("conflicting-keys", "a credential is either an OAuth client or a `bearer`")
                .help("leave out `bearer`, or else all that is for a client")
                .related(at.key("token_url").as_related("the client"))
                .report();
            check_values(at, name, written);
            None
        }
    }?;
    let known = Credential::new(name.clone(), grant);
    Some(Credential { secret_issued, rotate_after: rotate_after.unwrap_or(known.rotate_after), ..known })
}

/// Reports what is wrong with the values of a credential that is wrong as a whole.
fn check_values(at: &At<'_>, name: &Name, written: &Written) {
    if is_there(&written.bearer) {
        source::of_secret(&at.key("bearer"), &written.bearer);
    }
    let of_client = [
        is_there(&written.token_url),
        is_there(&written.client_id),
        is_there(&written.client_secret),
        is_there(&written.next_client_secret),
    ];
    if of_client.contains(&true) {
        client_values(at, name, written, Missing::Silent);
    }
}

fn is_there<T>(field: &Field<T>) -> bool {
    !matches!(field, Field::Absent)
}

fn bearer(at: &At<'_>, written: &Written) -> Option<Grant> {
    let of_clients = [
        ("client_id", is_there(&written.client_id)),
        ("client_secret", is_there(&written.client_secret)),
        ("next_client_secret", is_there(&written.next_client_secret)),
        ("auth_method", is_there(&written.auth_method)),
        ("token_body", is_there(&written.token_body)),
        ("default_ttl", is_there(&written.default_ttl)),
        ("audience", is_there(&written.audience)),
        ("extra", is_there(&written.extra)),
    ];
    for (key, _) in of_clients.into_iter().filter(|(_, is_there)| *is_there) {
        let message = format!("`{key}` is for OAuth clients, and this credential has a `bearer`");
        at.key(key).key_error("conflicting-keys", message).help("leave it out, or leave out `bearer`").report();
    }
    source::of_secret(&at.key("bearer"), &written.bearer).map(Grant::Bearer)
}

fn client(at: &At<'_>, name: &Name, written: &Written) -> Option<ClientCredentials> {
    client_values(at, name, written, Missing::Reported)
}

/// What to do about a key that a client must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Reported,
    /// Another problem says it already.
    Silent,
}

fn client_values(at: &At<'_>, name: &Name, written: &Written, missing: Missing) -> Option<ClientCredentials> {
    let absent: Vec<&str> =
        [("client_id", is_there(&written.client_id)), ("client_secret", is_there(&written.client_secret))]
            .into_iter()
            .filter_map(|(key, is_there)| (!is_there && !at.has_misspelled(key)).then_some(key))
            .collect();
    if !absent.is_empty() && missing == Missing::Reported {
        at.key_error("missing-key", format!("credential `{name}` has no {}", listed(&absent).replace(" and ", " and no ")))
            .help("write `client_id = { env = \"…\" }` and `client_secret = { env = \"…\" }`, with the names of the variables")
            .report();
    }
    let token_url = at
        .get("token_url", &written.token_url)
        .and_then(|url| urls::checked(&at.key("token_url"), url, Use::TokenEndpoint));
    let client_id = at.get("client_id", &written.client_id).and_then(|id| client_id(&at.key("client_id"), id));
    let client_secret = source::of_secret(&at.key("client_secret"), &written.client_secret);
    let next_client_secret = next(at, written, client_secret.as_ref());
    let methods = [AuthMethod::Basic, AuthMethod::BasicRaw, AuthMethod::Body].map(|method| (method.as_str(), method));
    let bodies = [TokenBody::Form, TokenBody::Json].map(|body| (body.as_str(), body));
    let auth_method = choice(at, "auth_method", &written.auth_method, &methods).unwrap_or(AuthMethod::Basic);
    let token_body = choice(at, "token_body", &written.token_body, &bodies).unwrap_or(TokenBody::Form);
    let default_ttl = at.get("default_ttl", &written.default_ttl).map_or(DEFAULT_TTL, |span| span.0);
    let audience = at.get("audience", &written.audience).cloned();
    let extra = extra(at, written);
    Some(ClientCredentials {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        auth_method,
        token_body,
        next_client_secret,
        default_ttl,
        audience,
        extra,
    })
}

/// The secret that is to take the place of the other, which must not stand in the same place.
fn next(at: &At<'_>, written: &Written, client_secret: Option<&Source>) -> Option<NextSecret> {
    let next = source::of_next(&at.key("next_client_secret"), &written.next_client_secret)?;
    if Some(&next.source) == client_secret {
        at.key("next_client_secret")
            .error("conflicting-keys", "`next_client_secret` is kept in the same place as `client_secret`")
            .help("name the place of the secret that is to take over")
            .related(at.key("client_secret").as_related("the other"))
            .report();
    }
    Some(next)
}

fn client_id(at: &At<'_>, written: &TextOr<Secret>) -> Option<ClientId> {
    match written {
        TextOr::Text(text) if text.trim().is_empty() => {
            at.error("wrong-value", "`client_id` is empty")
                .help("write what the API's provider gave you, or `{ env = \"NAME\" }`")
                .report();
            None
        }
        TextOr::Text(text) => Some(ClientId::Text(text.clone())),
        TextOr::Table(table) => source::of_table(at, table, SecretUse::PlainText).map(ClientId::From),
    }
}

/// Where a field of the token request is said.
fn own_place(key: &str) -> String {
    match key {
        "grant_type" => "leave it out: it is always `client_credentials`".to_owned(),
        "scope" => "leave it out: each job has its own `scopes`".to_owned(),
        _ => format!("leave it out, and write `{key}` beside `extra`"),
    }
}

fn extra(at: &At<'_>, written: &Written) -> BTreeMap<String, String> {
    let Some(entries) = at.get("extra", &written.extra) else { return BTreeMap::new() };
    let at = at.key("extra");
    let mut extra = BTreeMap::new();
    for (key, value) in &entries.0 {
        if RESERVED_FIELDS.contains(&key.as_str()) {
            at.key(key)
                .key_error("wrong-value", format!("`{key}` has its own place and cannot be in `extra`"))
                .help(own_place(key))
                .report();
        }
        if let Some(value) = at.key(key).value(value) {
            extra.insert(key.clone(), value.clone());
        }
    }
    extra
}
