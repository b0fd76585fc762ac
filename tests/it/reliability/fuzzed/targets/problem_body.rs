//! An answer of an API: status, headers, an empty line, body. Whatever it says, the diagnosis can be shown.

use apicron::diagnose::{diagnose, granted, read_evidence, wait_until_valid};
use apicron::run::{Evidence, HeaderValue, Scopes};

use super::parts;
use super::well_formed::assert_well_formed;

pub(crate) fn run(bytes: &[u8]) {
    let input = parts::lossy(bytes);
    let (head, body) = parts::halves(&input);
    let (status, headers) = parts::first_line(head);
    let mut evidence = Evidence::default();
    evidence.response.status = parts::status(status, 403);
    evidence.response.truncated = status.ends_with(' ');
    evidence.response.body = body.to_owned();
    for (name, value) in headers.lines().filter_map(|line| line.split_once(':')) {
        let value = HeaderValue::One(value.trim().to_owned());
        evidence.response.headers.insert(name.trim().to_ascii_lowercase(), value);
    }
    evidence.token.requested_scopes = Scopes::parse("usage:read datasets:read");
    for age in [None, Some(5), Some(4000)] {
        evidence.token.age_s = age;
        check(&evidence);
    }
    if let Ok(evidence) = read_evidence(&input) {
        check(&evidence);
    }
}

fn check(evidence: &Evidence) {
    let judgement = diagnose(evidence);
    assert_well_formed(&judgement);
    _ = (wait_until_valid(evidence), granted(evidence));
    let stored = serde_json::to_string(evidence).expect("evidence can be stored");
    let again = read_evidence(&stored).expect("stored evidence can be read");
    assert_eq!(diagnose(&again), judgement, "stored evidence is judged otherwise");
}
