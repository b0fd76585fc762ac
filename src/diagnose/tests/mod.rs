//! Cases for the whole table: those of a file, and more derived from the rows and the standards.

#![expect(clippy::needless_pass_by_value, reason = "cases read best with their JSON in place")]

mod cases;
mod file;
mod properties;
mod sentences;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Judgement, diagnose, read_evidence, table};
use crate::run::Evidence;

/// What one answer is expected to be judged as.
struct Case {
    name: String,
    /// `rule verdict`, and the rest as words: `retry`, a confidence, `-scope` for each missing scope.
    expected: String,
    evidence: Value,
}

fn case(expected: &str, name: &str, evidence: Value) -> Case {
    Case { name: name.to_owned(), expected: expected.to_owned(), evidence }
}

/// Evidence for an answer of the token endpoint.
fn mint(status: u16, body: Value) -> Value {
    json!({
        "token": {"requested_scopes": ["usage:read", "datasets:admin"], "age_s": null},
        "response": {"status": status, "headers": {"content-type": "application/json"}, "body": body},
    })
}

/// Evidence for an answer of the API to an opaque token of 600 s out of 3600 s.
fn api(status: u16, body: Value) -> Value {
    json!({
        "token": {"requested_scopes": ["usage:read"], "age_s": 600, "expires_in_s": 3600},
        "response": {"status": status, "headers": {"content-type": "application/problem+json"}, "body": body},
    })
}

/// The same evidence with some of it changed, as in RFC 7396 but that null stays.
fn with(mut evidence: Value, changes: Value) -> Value {
    fn merge(into: &mut Value, changes: Value) {
        match (into, changes) {
            (Value::Object(into), Value::Object(changes)) => {
                changes.into_iter().for_each(|(name, change)| merge(into.entry(name).or_insert(Value::Null), change));
            }
            (into, change) => *into = change,
        }
    }
    merge(&mut evidence, changes);
    evidence
}

fn judge(evidence: &Value) -> Judgement {
    diagnose(&Evidence::deserialize(evidence).expect("evidence can be read"))
}

/// A judgement in the words of [`Case::expected`].
fn in_words(judgement: &Judgement) -> String {
    let missing = judgement.missing_scopes.iter().map(|scope| format!(" -{scope}")).collect::<String>();
    let retry = if judgement.retry { " retry" } else { "" };
    format!("{} {} {}{retry}{missing}", judgement.rule, judgement.verdict, judgement.confidence)
}

#[test]
fn every_derived_case_is_judged_as_the_table_says() {
    let wrong: Vec<String> = cases::all()
        .iter()
        .map(|case| (case, in_words(&judge(&case.evidence))))
        .filter(|(case, found)| case.expected != *found)
        .map(|(case, found)| format!("{}\n  expected {}\n  found    {found}", case.name, case.expected))
        .collect();
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_decides_some_case() {
    let decided: Vec<&str> = cases::all().iter().map(|case| judge(&case.evidence).rule).collect();
    let idle: Vec<&str> = table::rows().map(|row| row.id).filter(|id| !decided.contains(id)).collect();
    assert!(idle.is_empty(), "no case for {idle:?}");
}

#[test]
fn row_names_are_unique_but_for_the_row_with_two_verdicts() {
    let mut ids: Vec<&str> = table::rows().map(|row| row.id).collect();
    assert_eq!(ids.len(), 50, "rows were added or lost: say so in docs/diagnosis.md too");
    ids.sort_unstable();
    assert_eq!(ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect::<Vec<_>>(), ["U1"]);
}

#[test]
fn a_token_of_the_future_is_sent_again_once_the_server_has_caught_up() {
    let ahead = with(
        api(401, json!("")),
        json!({"token": {"jwt_claims": {"nbf": 1_795_525_203}}, "response": {"headers": {"date": "Tue, 24 Nov 2026 13:00:00 GMT"}}}),
    );
    let wait = |evidence: &Value| super::wait_until_valid(&Evidence::deserialize(evidence).expect("evidence"));
    assert_eq!(wait(&ahead), Some(std::time::Duration::from_secs(4)));
    assert_eq!(wait(&with(ahead, json!({"response": {"status": 429}}))), None);
}
