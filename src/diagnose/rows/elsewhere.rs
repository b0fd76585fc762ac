//! E: a new token cannot help, since something else than the token is wrong.

use super::super::facts::Facts;
use super::super::prose::Sentence;
use super::super::table::Retry::No;
use super::super::table::Row;
use super::super::table::Sure::{Proven, Stated};
use crate::run::Verdict;

pub(in super::super) const ROWS: &[Row] = &[
    Row::new("E1", |f| f.prose.says(&["audience", "audiences", "aud"]), Verdict::WrongAudience, No, Stated),
    Row::new("E2", is_for_others, Verdict::WrongEnvironment, No, Stated),
    Row::new("E3", wants_only_dpop, Verdict::TokenTypeMismatch, No, Proven),
    Row::new("E4", wants_no_bearer, Verdict::BlockedByEdge, No, Proven),
    Row::new("E5", got_no_credentials, Verdict::CredentialsMissing, No, Stated),
];

fn is_for_others(facts: &Facts<'_>) -> bool {
    facts.prose.says(&["issuer", "issuers", "iss"]) || facts.prose.any(Sentence::is_about_another_organisation)
}

/// RFC 9449 section 7.1.
fn wants_only_dpop(facts: &Facts<'_>) -> bool {
    is_challenged(facts) && facts.challenges.iter().all(|challenge| challenge.is("DPoP"))
}

fn wants_no_bearer(facts: &Facts<'_>) -> bool {
    is_challenged(facts) && !facts.challenges.iter().any(|challenge| challenge.is("Bearer"))
}

fn is_challenged(facts: &Facts<'_>) -> bool {
    facts.status() == 401 && !facts.challenges.is_empty()
}

/// RFC 6750 section 3: a request without credentials gets a challenge without an error.
fn got_no_credentials(facts: &Facts<'_>) -> bool {
    let has_error = facts.challenges.iter().any(|challenge| challenge.param("error").is_some())
        || facts.has_code(&["invalid_token", "insufficient_scope"]);
    facts.status() == 401 && !has_error && facts.prose.any(Sentence::misses_credentials)
}
