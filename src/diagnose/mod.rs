//! From the evidence of a refusal to what it is and what to do. Pure: no clock, no I/O.
//!
//! [`diagnose`] reads the evidence once into facts and asks the rows of a table in order; the
//! first that holds decides. Rules with proof (codes, clocks, a second try) stand before rules
//! that read prose, and the row and its confidence are part of the answer, so that a judgement
//! can be doubted and an old one made anew.

mod blanks;
mod body;
mod challenge;
mod clean;
mod clocks;
mod facts;
mod json;
mod limits;
mod problem;
mod prose;
mod reading;
mod remedy;
mod rows;
mod scopes;
mod summary;
mod table;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use crate::clock::Time;
use crate::run::{Confidence, Diagnosis, Evidence, Phase, Scopes, Verdict};
use clocks::Clocks;
use facts::Facts;
use table::{Retry, Row, Sure};

pub use reading::{EvidenceError, read_evidence};

/// A token younger than this holds whatever was granted a moment ago.
const YOUNG_S: i64 = 60;

/// What a refusal is, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// What it is.
    pub verdict: Verdict,
    /// What the rejected token lacks; each has the form of a scope (RFC 6749 section 3.3).
    pub missing_scopes: Scopes,
    /// Whether trying again may help, now or after a wait, with nobody changing anything.
    pub retry: bool,
    /// How sure it is.
    pub confidence: Confidence,
    /// The row of the table that decided, such as `S3`.
    pub rule: &'static str,
    /// What happened, in one sentence.
    pub summary: String,
    /// What to do.
    pub remedy: String,
}

impl Judgement {
    /// The diagnosis that it makes of the evidence it was made from, `at` a time: one that is not healed.
    #[must_use]
    pub fn into_diagnosis(self, evidence: Evidence, phase: Phase, at: Time) -> Diagnosis {
        Diagnosis {
            at,
            phase,
            status: evidence.response.status,
            verdict: self.verdict,
            rule: self.rule,
            confidence: self.confidence,
            retry: self.retry,
            healed: false,
            summary: self.summary,
            remedy: self.remedy,
            missing_scopes: self.missing_scopes,
            evidence,
        }
    }

    /// What it comes to when the one fresh token that was asked for is the refused one again: no
    /// second try was made, and none helps before the server gives another.
    fn given_again(self, asked: &Scopes) -> Judgement {
        let remedy = remedy::when_given_again(&self, asked);
        let summary = format!("{}; the token endpoint gave the same token again", self.summary);
        Judgement { retry: false, summary, remedy, ..self }
    }
}

/// Judges an answer by its evidence. Any evidence gets a judgement.
///
/// What stands in `summary` and `remedy` of the server's own words holds no control characters and
/// is cut at 200 characters a piece.
///
/// ```
/// use apicron::diagnose::diagnose;
/// use apicron::run::{Evidence, Scopes, Verdict};
///
/// let mut evidence = Evidence::default();
/// evidence.token.age_s = Some(1800);
/// evidence.token.requested_scopes = Scopes::parse("usage:read");
/// evidence.response.status = 403;
/// evidence.response.body = r#"{"detail": "Missing required scope: chat:invoke"}"#.to_owned();
///
/// let judgement = diagnose(&evidence);
/// assert_eq!(judgement.verdict, Verdict::MissingScope);
/// assert_eq!(judgement.missing_scopes, Scopes::parse("chat:invoke"));
/// assert!(!judgement.retry, "it was never asked for, so a fresh token lacks it too");
/// ```
pub fn diagnose(evidence: &Evidence) -> Judgement {
    let facts = Facts::of(evidence);
    let row = table::decide(&facts);
    let missing = (row.missing)(&facts);
    let retry = !facts.is_healed() && retries(row, &facts, &missing);
    let decided = Decided { facts: &facts, row, missing: &missing, retry };
    let (summary, remedy) = (summary::of(&decided), remedy::of(&decided));
    let confidence = match row.sure {
        Sure::Proven => Confidence::Proven,
        Sure::Stated => Confidence::Stated,
        Sure::Inferred => Confidence::Inferred,
        Sure::ByCode if facts.scopes.server.by_code => Confidence::Proven,
        Sure::ByCode => Confidence::Stated,
    };
    let judgement =
        Judgement { verdict: row.verdict, retry, confidence, rule: row.id, summary, remedy, missing_scopes: missing };
    if facts.was_given_again() { judgement.given_again(&facts.scopes.asked) } else { judgement }
}

/// What the token of an answer holds, as far as is known: by its claims, else by the token reply, else by what the
/// API says of it.
///
/// ```
/// use apicron::diagnose::granted;
/// use apicron::run::{Evidence, Scopes};
///
/// let mut evidence = Evidence::default();
/// assert_eq!(granted(&evidence), None);
/// evidence.token.jwt_claims = Some(serde_json::json!({"scp": ["usage:read"]}));
/// assert_eq!(granted(&evidence), Some(Scopes::parse("usage:read")));
/// ```
pub fn granted(evidence: &Evidence) -> Option<Scopes> {
    scopes::granted(evidence)
}

/// How long to wait before the *same* token is sent again, when the server's clock is behind that
/// of the issuer, so that it takes the token for one of the future (row C1). `None` otherwise.
///
/// The gap may be absurd, since both times come from outside: the caller caps it.
pub fn wait_until_valid(evidence: &Evidence) -> Option<Duration> {
    let facts = Facts::of(evidence);
    let gap = u64::try_from(facts.clocks.not_yet_valid_for_s()?).ok()?;
    (table::decide(&facts).id == rows::NOT_YET_VALID).then(|| Duration::from_secs(gap.saturating_add(1)))
}

/// What the table decided, for those who put it into words.
struct Decided<'a> {
    facts: &'a Facts<'a>,
    row: &'static Row,
    missing: &'a Scopes,
    retry: bool,
}

fn retries(row: &Row, facts: &Facts<'_>, missing: &Scopes) -> bool {
    let Clocks { age_s, .. } = facts.clocks;
    match row.retry {
        Retry::No => false,
        Retry::Yes => true,
        // There is no other token before somebody puts one in its place.
        _ if facts.has_fixed_bearer() => false,
        Retry::Fresh => true,
        Retry::Once => facts.is_untried(),
        Retry::IfJustGranted => {
            let all_asked = missing.iter().all(|scope| facts.scopes.asked.cover(scope));
            facts.is_untried() && age_s >= YOUNG_S && !missing.is_empty() && all_asked
        }
    }
}
