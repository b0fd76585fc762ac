//! What a token holds.

use serde_json::Value;

use super::super::problem::names;
use super::valid;
use crate::run::{Evidence, Scopes};

/// Claims that hold scopes: RFC 9068 section 2.2.3, and the habits of Okta, Entra and Auth0.
const CLAIMS: &[&str] = &["scope", "scp", "permissions"];

/// What the token holds; `None` when it is not known.
///
/// Its claims, being what the API sees, come before the token reply. A reply without `scope` is
/// not taken to grant what was asked, whatever RFC 6749 section 5.1 says: servers leave it out as
/// they like. Last comes what the API itself says (GitHub).
pub(in crate::diagnose) fn scopes(evidence: &Evidence) -> Option<Scopes> {
    claimed(evidence).or_else(|| replied(evidence)).or_else(|| header_scopes(evidence, "x-oauth-scopes"))
}

/// The scopes of a header that lists them with commas.
pub(super) fn header_scopes(evidence: &Evidence, name: &str) -> Option<Scopes> {
    let lines = evidence.response.headers.get(name)?.lines();
    Some(valid(lines.iter().flat_map(|line| names(&Value::String(line.clone())))))
}

fn claimed(evidence: &Evidence) -> Option<Scopes> {
    let claims = evidence.token.jwt_claims.as_ref()?;
    let usable = |claim: &&Value| claim.is_string() || claim.is_array();
    let mut held = CLAIMS.iter().filter_map(|name| claims.get(name)).filter(usable).peekable();
    held.peek()?;
    Some(valid(held.flat_map(names)))
}

fn replied(evidence: &Evidence) -> Option<Scopes> {
    let scopes = evidence.token.granted_scopes.as_ref()?;
    Some(valid(scopes.iter().flat_map(|scope| names(&Value::String(scope.to_owned())))))
}
