//! U: an ordinary 401.

use serde_json::Value;

use super::super::facts::Facts;
use super::super::prose::Sentence;
use super::super::table::Retry::{Fresh, No};
use super::super::table::Row;
use super::super::table::Sure::{Inferred, Proven, Stated};
use crate::run::Verdict;

/// Words in names of environments that are not the real one.
const TRIAL: &[&str] = &["test", "sandbox", "staging", "dev"];

pub(in super::super) const ROWS: &[Row] = &[
    // A fresh token gets in and is turned away further inside.
    Row::new("U1", |f| f.second_was(403) && !f.ungranted().is_empty(), Verdict::MissingScope, No, Inferred)
        .missing(|f| f.ungranted()),
    Row::new("U1", |f| f.second_was(403), Verdict::ResourceForbidden, No, Inferred),
    Row::new("U2", |f| f.second_was(401) && comes_from_a_trial(f), Verdict::WrongEnvironment, No, Inferred),
    Row::new("U3", |f| f.second_was(401), Verdict::FreshTokenRejected, No, Proven),
    Row::new("U4", |f| f.is_past_its_life(), Verdict::TokenExpired, Fresh, Proven),
    Row::new("U5", |f| f.prose.any(Sentence::says_expired), Verdict::TokenExpired, Fresh, Stated),
    Row::new("U6", |f| f.is_healed() && f.clocks.life_s.is_none(), Verdict::TokenExpired, No, Inferred),
    Row::new("U7", |f| f.is_healed(), Verdict::StaleToken, No, Proven),
];

/// Provisional: one fresh token tells more.
pub(in super::super) const LAST: Row = Row::new("U8", |_| true, Verdict::TokenRejected, Fresh, Inferred);

/// The token's issuer or audience is named like a trial environment, and the API's host is not.
fn comes_from_a_trial(facts: &Facts<'_>) -> bool {
    let host = facts.evidence.context.as_ref().and_then(|context| context.api_host.as_deref()).unwrap_or_default();
    let named = [facts.claim("iss"), facts.claim("aud")].into_iter().flatten().flat_map(texts);
    named.flat_map(trial_words).any(|word| !trial_words(host).contains(&word))
}

fn texts(claim: &Value) -> impl Iterator<Item = &str> {
    claim.as_array().map_or(std::slice::from_ref(claim), Vec::as_slice).iter().filter_map(Value::as_str)
}

fn trial_words(text: &str) -> Vec<&'static str> {
    let sentence = Sentence::new(text);
    let words: Vec<&str> = sentence.words().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    TRIAL.iter().copied().filter(|trial| words.contains(trial)).collect()
}
