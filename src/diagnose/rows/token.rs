//! T: there is no token yet, the answer is the token endpoint's.

use serde_json::Value;

use super::super::facts::Facts;
use super::super::table::Retry::{No, Yes};
use super::super::table::Row;
use super::super::table::Sure::{Inferred, Proven, Stated};
use crate::run::Verdict;

/// Codes of RFC 6749 section 5.2 by which the request itself is wrong.
const MALFORMED: &[&str] = &["invalid_request", "unsupported_grant_type", "invalid_grant"];

pub(in super::super) const ROWS: &[Row] = &[
    Row::new("T1", |f| f.status() == 429, Verdict::RateLimited, Yes, Proven),
    Row::new("T2", |f| f.is_down(), Verdict::TokenEndpointDown, Yes, Proven),
    Row::new("T3", |f| f.has_code(&["invalid_client"]), Verdict::RevokedOrRotatedSecret, No, Proven),
    Row::new("T4", |f| f.has_code(&["invalid_scope"]), Verdict::ScopeNotAssignable, No, Proven)
        .missing(|f| f.scopes.refused()),
    Row::new("T5", |f| f.has_code(&["unauthorized_client"]), Verdict::ClientNotAllowed, No, Proven),
    // RFC 8707 section 2.
    Row::new("T6", |f| f.has_code(&["invalid_target"]), Verdict::WrongAudience, No, Proven),
    Row::new("T7", is_malformed, Verdict::TokenRequestMalformed, No, Proven),
    Row::new("T8", |f| f.is_denial() && f.is_html(), Verdict::BlockedByEdge, No, Stated),
    Row::new("T9", |f| f.status() == 404, Verdict::WrongEnvironment, No, Inferred),
    Row::new("T10", |f| f.is_denial(), Verdict::RevokedOrRotatedSecret, No, Inferred),
    Row::new("T11", holds_no_token, Verdict::TokenResponseInvalid, Yes, Proven),
    Row::new("T12", |_| true, Verdict::TokenRequestMalformed, No, Inferred),
];

fn is_malformed(facts: &Facts<'_>) -> bool {
    facts.has_code(MALFORMED) || matches!(facts.status(), 400 | 405 | 415 | 422)
}

/// RFC 6749 section 5.1 and RFC 6750 section 2.1: a bearer token is a text that fits a header.
fn holds_no_token(facts: &Facts<'_>) -> bool {
    let token = facts.member("access_token").and_then(Value::as_str);
    let is_bearer = match facts.member("token_type") {
        None | Some(Value::Null) => true,
        Some(kind) => kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
    };
    facts.is_success() && !(is_bearer && token.is_some_and(is_usable))
}

/// Of a reply that was kept, only a word for the type of the token is there.
fn is_usable(token: &str) -> bool {
    let is_text = token == "(string)" || !token.starts_with('(');
    is_text && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}
