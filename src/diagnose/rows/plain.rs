//! G: the token plays no part, or the status alone tells.

use serde_json::Value;

use super::super::facts::Facts;
use super::super::problem::names;
use super::super::prose::Sentence;
use super::super::table::Retry::{No, Yes};
use super::super::table::Row;
use super::super::table::Sure::{Inferred, Proven, Stated};
use crate::run::{Scopes, Verdict};

/// Errors of a reply with `ok: false` by which a scope is missing (Slack).
const SCOPE_ERRORS: &[&str] = &["missing_scope", "not_allowed_token_type", "no_permission"];

pub(in super::super) const ROWS: &[Row] = &[
    Row::new("G1", |f| f.status() == 429, Verdict::RateLimited, Yes, Proven),
    Row::new("G2", |f| f.status() == 402, Verdict::PlanLimit, No, Proven),
    Row::new("G3", |f| f.is_down(), Verdict::UpstreamError, Yes, Proven),
    Row::new("G4", is_refused_with_success, Verdict::MissingScope, No, Stated).missing(needed),
    Row::new("G5", |f| f.is_success() && !f.ungranted().is_empty(), Verdict::RoleVisibility, No, Inferred)
        .missing(|f| f.ungranted()),
    Row::new("G6", |f| f.is_success(), Verdict::Ok, No, Proven),
    Row::new("G7", |f| f.status() == 407, Verdict::BlockedByEdge, No, Proven),
    Row::new("G8", |f| f.is_denial() && f.is_rate_limited(), Verdict::RateLimited, Yes, Stated),
    Row::new("G9", |f| f.is_denial() && f.is_html(), Verdict::BlockedByEdge, No, Stated),
    Row::new("G10", is_kept_out_by_address, Verdict::BlockedByEdge, No, Stated),
    Row::new("G11", |f| !f.is_denial(), Verdict::NotAuth, No, Inferred),
];

fn is_refused_with_success(facts: &Facts<'_>) -> bool {
    let denied = facts.member("ok") == Some(&Value::Bool(false));
    facts.is_success() && denied && (facts.has_code(SCOPE_ERRORS) || !facts.problem.needed.is_empty())
}

/// What the API needs and the token does not hold. Where the token seems to hold it all, the API's
/// own view of the token counts.
fn needed(facts: &Facts<'_>) -> Scopes {
    let missing = facts.scopes.missing();
    let provided = || facts.member("provided").map(names).unwrap_or_default().into_iter().collect();
    if missing.is_empty() { facts.scopes.server.scopes.without(&provided()) } else { missing }
}

fn is_kept_out_by_address(facts: &Facts<'_>) -> bool {
    facts.status() == 403 && facts.prose_but_names.any(Sentence::is_about_an_address_list)
}
