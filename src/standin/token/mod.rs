//! The token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4), as Stytch speaks it.

mod ask;
mod grants;
mod jwt;

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};

use self::ask::{Ask, Via};
pub(super) use self::grants::{Grant, Grants};
pub(super) use self::jwt::Mint;
use super::clients::Client;
use super::knobs::{ExpiresIn, Knobs, UnknownScope};
use super::reply;
use super::settled::Settled;
use super::visit::Visit;

/// Why a request gets no token.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Denied {
    error: &'static str,
    description: String,
}

impl Denied {
    fn new(error: &'static str, description: impl Into<String>) -> Denied {
        Denied { error, description: description.into() }
    }
}

/// Answers a token request.
pub(super) fn answer(visit: &Visit, settled: &Settled, grants: &Grants, mint: &Mint) -> Response {
    let knobs = settled.knobs();
    let mut reply = match judge(visit, settled) {
        Ok((client, scopes)) => {
            let token = grants.issue(mint, &client, scopes, knobs.origin.stamp(), (knobs.token_life_s, visit.at));
            granted(knobs, &visit.id, &token)
        }
        Err(denied) => refused(knobs, visit, &denied),
    };
    // RFC 6749 section 5.1: what carries a token is not to be cached.
    reply::set(&mut reply, "cache-control", "no-store");
    reply
}

/// Which client asks, and for which scopes it gets a token.
fn judge(visit: &Visit, settled: &Settled) -> Result<(Arc<Client>, Vec<String>), Denied> {
    if visit.method != axum::http::Method::POST {
        return Err(Denied::new("invalid_request", "The token endpoint is for POST."));
    }
    let ask = Ask::read(visit, settled.knobs().basic)?;
    let known = settled.client(&ask.client_id).filter(|client| client.secrets.contains(&ask.client_secret));
    let client = known.ok_or_else(|| Denied::new("invalid_client", "Client authentication failed."))?;
    match ask.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(Denied::new("unsupported_grant_type", "Only client_credentials is supported.")),
        None => return Err(Denied::new("invalid_request", "grant_type is missing.")),
    }
    let scopes = grantable(client, ask.scope.as_deref(), settled.knobs().unknown_scope)?;
    Ok((Arc::clone(client), scopes))
}

/// The scopes that a client gets: all of its own when it asks for none in particular.
fn grantable(client: &Client, asked: Option<&str>, unknown: UnknownScope) -> Result<Vec<String>, Denied> {
    let asked: Vec<&str> = asked.unwrap_or_default().split_ascii_whitespace().collect();
    if asked.is_empty() {
        return Ok(client.scopes.clone());
    }
    let (held, lacking): (Vec<&str>, Vec<&str>) =
        asked.into_iter().partition(|&scope| client.scopes.iter().any(|held| held == scope));
    if !lacking.is_empty() && unknown == UnknownScope::Refuse {
        return Err(Denied::new("invalid_scope", format!("The client does not hold: {}", lacking.join(" "))));
    }
    Ok(held.into_iter().map(str::to_owned).collect())
}

fn granted(knobs: &Knobs, request_id: &str, (token, grant): &(String, Arc<Grant>)) -> Response {
    let mut body = json!({
        "status_code": 200,
        "request_id": request_id,
        "access_token": token,
        "token_type": knobs.token_type,
    });
    let life = match knobs.expires_in {
        ExpiresIn::Number => Some(Value::from(knobs.token_life_s)),
        ExpiresIn::Text => Some(Value::from(knobs.token_life_s.to_string())),
        ExpiresIn::Absent => None,
    };
    let scope = knobs.scope_field.then(|| Value::from(grant.scopes.join(" ")));
    if let Some(members) = body.as_object_mut() {
        let optional = [("expires_in", life), ("scope", scope)];
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    reply::json(200, &body)
}

fn refused(knobs: &Knobs, visit: &Visit, denied: &Denied) -> Response {
    if denied.error == "invalid_client" {
        let mut reply = reply::oauth_error(knobs.bad_client_status, &visit.id, denied.error, &denied.description);
        // RFC 6749 section 5.2: who tried the header is told which scheme it is.
        if knobs.bad_client_status == 401 && Via::of(visit) == Via::Basic {
            reply::set(&mut reply, "www-authenticate", "Basic realm=\"stand-in\"");
        }
        return reply;
    }
    if visit.method != axum::http::Method::POST {
        let mut reply = reply::oauth_error(405, &visit.id, denied.error, &denied.description);
        reply::set(&mut reply, "allow", "POST");
        return reply;
    }
    reply::oauth_error(400, &visit.id, denied.error, &denied.description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::new("a", "secret-of-a", &["usage:read", "files:read"])
    }

    #[test]
    fn asking_for_no_scope_grants_all_of_them() {
        for asked in [None, Some(""), Some("  ")] {
            assert_eq!(grantable(&client(), asked, UnknownScope::Refuse).expect("granted"), client().scopes);
        }
    }

    #[test]
    fn a_scope_the_client_lacks_is_refused_or_left_out_as_the_knob_says() {
        let asked = Some("usage:read org:admin");
        let denied = grantable(&client(), asked, UnknownScope::Refuse).expect_err("refused");
        assert_eq!(denied.error, "invalid_scope");
        assert!(denied.description.contains("org:admin"));
        assert_eq!(grantable(&client(), asked, UnknownScope::Narrow).expect("narrowed"), ["usage:read"]);
    }
}
