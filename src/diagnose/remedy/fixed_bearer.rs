//! Remedies where the credential is one fixed bearer: no client, no token endpoint, and no other
//! token before somebody puts one in its place.

use super::super::Decided;
use super::super::blanks::list;
use super::super::facts::Facts;
use super::{checks, resource};
use crate::run::Verdict;

/// The remedy; `None` when that of a client's token holds as well.
pub(super) fn of(decided: &Decided<'_>) -> Option<String> {
    let facts = decided.facts;
    if !facts.has_fixed_bearer() {
        return None;
    }
    match decided.row.verdict {
        Verdict::MissingScope if decided.missing.is_empty() => {
            Some(put(facts, "a token that holds the scope that the API's documentation asks for"))
        }
        Verdict::MissingScope => Some(put(facts, &format!("a token that holds {}", list(decided.missing)))),
        Verdict::TokenRejected => Some(put(facts, "a current token")),
        Verdict::TokenExpired => Some(expired(facts)),
        Verdict::ClockSkew if facts.clocks.expired_since_s().is_some() => Some(format!(
            "This host's clock is {} s off; start time sync. {}",
            facts.clocks.skew_s.unsigned_abs(),
            replaced_or(facts, "a current token")
        )),
        Verdict::StaleToken => Some("Nothing to do: the token that took its place works.".to_owned()),
        Verdict::FreshTokenRejected => {
            Some(format!("The token that took its place is rejected too: {}", checks(facts)))
        }
        Verdict::RoleVisibility if !facts.is_success() => Some("The role behind the token is too low.".to_owned()),
        Verdict::ResourceForbidden => Some(resource(facts, "the owner of this token")),
        _ => None,
    }
}

fn expired(facts: &Facts<'_>) -> String {
    let clocks = &facts.clocks;
    let late = clocks.past_life_s().or(clocks.expired_since_s());
    let when = late.map(|late| format!(" {late} s before use")).unwrap_or_default();
    format!("Expired{when}. {}", replaced_or(facts, "a current token"))
}

fn replaced_or(facts: &Facts<'_>, what: &str) -> String {
    if facts.is_healed() { "The token that took its place works.".to_owned() } else { put(facts, what) }
}

fn put(facts: &Facts<'_>, what: &str) -> String {
    // The environment of a running process cannot change.
    let restart = if facts.keeps_the_secret_in_the_environment() { " and restart apicron" } else { "" };
    format!("Put {what} {}{restart}.", facts.where_the_secret_is())
}
