//! The door of the API: which token is borne, and whether it opens the endpoint.

use std::sync::Arc;

use super::knobs::Knobs;
use super::reply::Problem;
use super::token::{Grant, Grants};
use super::visit::Visit;

/// The grant behind the request's bearer token (RFC 6750 section 2.1), expired or not.
pub(super) fn borne(visit: &Visit, grants: &Grants) -> Option<Arc<Grant>> {
    let (scheme, token) = visit.header("authorization")?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { grants.find(token.trim()) } else { None }
}

/// Lets a request in or says why not; an acceptance counts towards the token's limit.
pub(super) fn admit<'g>(visit: &Visit, knobs: &Knobs, grant: Option<&'g Grant>) -> Result<&'g Grant, Problem> {
    if let Some(grant) = grant {
        knobs.origin.takes(&grant.stamp)?;
    }
    let live = grant.filter(|grant| !grant.is_expired(visit.at) && !grant.is_of_the_future(visit.at));
    let limit = |grant: &Grant| grant.client.revoke_after_requests.or(knobs.revoke_after_requests);
    live.filter(|grant| grant.spend(limit(grant))).ok_or_else(|| Problem::usual(401))
}

/// The refusal of a token without the scope of an endpoint, in the API's own words.
pub(super) fn missing_scope(scope: &str) -> Problem {
    Problem::new(403, format!("Missing required scope: {scope}"))
}
