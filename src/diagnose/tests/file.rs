//! The cases of `tests/fixtures/diagnosis-cases.jsonl`: a user's failure becomes a test by adding
//! its evidence there as one line.

use serde::Deserialize;
use serde_json::Value;

use super::judge;
use crate::run::{Confidence, Verdict};

const CASES: &str = include_str!("../../../tests/fixtures/diagnosis-cases.jsonl");

#[derive(Debug, PartialEq, Deserialize)]
struct Expected {
    verdict: Verdict,
    missing_scopes: Vec<String>,
    retry: bool,
    /// Of a case that says so.
    confidence: Option<Confidence>,
}

#[test]
fn every_case_of_the_file_is_judged_as_expected() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a case is one line of JSON");
        let expected = Expected::deserialize(&case["expected"]).expect("a case says what it expects");
        let judgement = judge(&case);
        let missing_scopes = judgement.missing_scopes.iter().map(str::to_owned).collect();
        let confidence = expected.confidence.map(|_| judgement.confidence);
        let found = Expected { verdict: judgement.verdict, missing_scopes, retry: judgement.retry, confidence };
        count += 1;
        if found != expected {
            wrong
                .push(format!("{} by {}\n  expected {expected:?}\n  found    {found:?}", case["name"], judgement.rule));
        }
    }
    assert!(count >= 60, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
