//! What happened, in one sentence that begins with the status.

use super::Decided;
use super::blanks::list;
use super::clean::clean;
use super::facts::Facts;
use super::remedy::wanted_scheme;
use super::rows::NOT_YET_VALID;
use crate::run::Verdict;

/// The summary of what the table decided.
pub(super) fn of(decided: &Decided<'_>) -> String {
    let status = decided.facts.status();
    let what = what(decided);
    if status == 0 { format!("no status: {what}") } else { format!("{status}: {what}") }
}

fn what(decided: &Decided<'_>) -> String {
    let facts = decided.facts;
    match decided.row.verdict {
        Verdict::Ok => "nothing was refused".to_owned(),
        Verdict::NotAuth => said(facts, "the call failed for a reason that has nothing to do with the token"),
        Verdict::UpstreamError => said(facts, "the API is at fault"),
        Verdict::MissingScope => missing_scope(decided),
        Verdict::ScopeNotAssignable => format!("the token endpoint does not give {}", list(decided.missing)),
        Verdict::ScopeContradiction => {
            format!("the API misses {}, which the token holds", list(&facts.scopes.held()))
        }
        Verdict::RoleVisibility if facts.is_success() => {
            format!("accepted, though {} was not granted", list(decided.missing))
        }
        Verdict::RoleVisibility if facts.has_fixed_bearer() => {
            said(facts, "the role behind the token does not allow this")
        }
        Verdict::RoleVisibility => said(facts, "the client's role does not allow this"),
        Verdict::RevokedOrRotatedSecret => said(facts, "the token endpoint does not accept the client"),
        Verdict::ClientNotAllowed => said(facts, "the client may not ask for a token this way"),
        Verdict::TokenRequestMalformed => said(facts, "the token endpoint does not understand the request"),
        Verdict::TokenResponseInvalid => {
            "the token endpoint's answer holds no access token that can be used".to_owned()
        }
        Verdict::TokenEndpointDown => said(facts, "the token endpoint is at fault"),
        Verdict::TokenExpired => with_outcome(facts, "the token had expired"),
        Verdict::ClockSkew if decided.row.id == NOT_YET_VALID => {
            "the token is not yet valid by the API's clock".to_owned()
        }
        Verdict::ClockSkew => with_outcome(facts, "the token had expired, which this host's clock did not show"),
        Verdict::StaleToken => stale_token(decided),
        Verdict::TokenRejected => with_outcome(facts, "the API does not accept a token that should still live"),
        Verdict::FreshTokenRejected => "the API rejects a fresh token as well".to_owned(),
        Verdict::WrongAudience if facts.is_minting() => said(facts, "the token endpoint does not know the audience"),
        Verdict::WrongAudience => said(facts, "the token is for another audience"),
        Verdict::WrongEnvironment if facts.is_minting() => "there is no token endpoint at this address".to_owned(),
        Verdict::WrongEnvironment => said(facts, "the token comes from another environment"),
        Verdict::CredentialsMissing => said(facts, "no credentials arrived at the API"),
        Verdict::TokenTypeMismatch => format!("the API accepts {} tokens only", wanted_scheme(facts)),
        Verdict::BlockedByEdge => said(facts, "something in front of the API answered"),
        Verdict::PlanLimit => said(facts, "the plan or its credits do not allow this"),
        Verdict::RateLimited => said(facts, "too many requests"),
        Verdict::ResourceForbidden if facts.status() == 401 => "a fresh token gets in and is then forbidden".to_owned(),
        Verdict::ResourceForbidden if facts.calls_the_token_invalid() => said(facts, "the API calls the token invalid"),
        Verdict::ResourceForbidden if facts.has_fixed_bearer() => said(facts, "the resource is not open to this token"),
        Verdict::ResourceForbidden => said(facts, "the resource is not open to this client"),
    }
}

fn missing_scope(decided: &Decided<'_>) -> String {
    let (facts, missing) = (decided.facts, decided.missing);
    let asked = missing.iter().filter(|scope| facts.scopes.asked.cover(scope)).count();
    let history = match asked {
        _ if missing.is_empty() => "",
        0 => ", which the job never asked for",
        n if n == missing.iter().count() => ", which the job asked for and was not granted",
        _ => ", of which the job asked for some",
    };
    format!("the token lacks {}{history}", list(missing))
}

fn stale_token(decided: &Decided<'_>) -> String {
    if decided.missing.is_empty() {
        return "the token was refused and a fresh one worked".to_owned();
    }
    format!("the token lacked {} and a fresh one holds it", list(decided.missing))
}

/// Adds what became of a fresh token.
fn with_outcome(facts: &Facts<'_>, what: &str) -> String {
    match facts.evidence.second_attempt_status {
        Some(_) if facts.is_healed() => format!("{what}; a fresh one worked"),
        Some(second) if second > 0 => format!("{what}; the try with a fresh one ended in {second}"),
        _ => what.to_owned(),
    }
}

/// Adds the server's own words.
fn said(facts: &Facts<'_>, what: &str) -> String {
    let described = facts.challenges.iter().find_map(|challenge| challenge.param("error_description"));
    let told = || facts.problem.texts.iter().map(String::as_str).max_by_key(|text| text.len());
    let code = || facts.problem.codes.first().map(String::as_str);
    match described.or_else(told).or_else(code).map(clean).filter(|words| !words.is_empty()) {
        Some(words) => format!("{what} (it says: {})", words.trim_end_matches('.')),
        None => what.to_owned(),
    }
}
