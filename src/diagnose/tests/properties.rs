//! Whatever comes in, a well-formed judgement comes out.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Judgement, diagnose, judge, read_evidence, table};
use crate::run::{Evidence, Scopes};

/// Words that rules look for, so that random texts reach deep into the table.
const FRAGMENTS: &[&str] = &[
    "scope",
    "scopes:",
    "a:b",
    "Missing",
    "required",
    "Bearer ",
    "DPoP ",
    "Basic ",
    "error=\"insufficient_scope\"",
    "\"",
    "\\",
    ",",
    "=",
    "expired",
    "invalid",
    "audience",
    "IP",
    "allow-list",
    "plan",
    "permission",
    "<html",
    "{",
    "[",
    "}",
    "{\"error\":\"",
    "invalid_scope",
    "{\"detail\":",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{0}",
    "é",
    "0",
    "-1",
    "1e400",
    "Tue, 24 Nov 2026 13:00:00 GMT",
    "; r=0",
];

fn text() -> impl Strategy<Value = String> {
    let fragments = vec(prop::sample::select(FRAGMENTS), 0..12).prop_map(|fragments| fragments.join(" "));
    prop_oneof![
        fragments,
        ".{0,80}",
        vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let names = prop::sample::select(
        &["error", "detail", "scope", "required_scopes", "needed", "ok", "exp", "nbf", "iss", "aud", "scp", "x"][..],
    );
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(names.clone(), inner, 0..5)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

fn evidence() -> impl Strategy<Value = Value> {
    let status = prop_oneof![prop::sample::select(&[200, 400, 401, 403, 429, 500][..]).prop_map(Value::from), value()];
    let headers = btree_map(
        prop::sample::select(
            &[
                "www-authenticate",
                "date",
                "age",
                "retry-after",
                "content-type",
                "server",
                "cf-ray",
                "ratelimit",
                "location",
            ][..],
        ),
        prop_oneof![text().prop_map(Value::from), value()],
        0..5,
    );
    let body = prop_oneof![text().prop_map(Value::from), value()];
    let token = (
        value(),
        value(),
        prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), value()],
        value(),
        value(),
    );
    (status, headers, body, token, value(), value(), (value(), value(), value())).prop_map(
        |(status, headers, body, (asked, granted, age, life, claims), second, skew, (job, source, redirects))| {
            json!({
                "token": {
                    "requested_scopes": asked, "granted_scopes": granted, "age_s": age, "expires_in_s": life,
                    "jwt_claims": claims,
                },
                "response": {"status": status, "headers": headers, "body": body},
                "second_attempt_status": second, "server_date_skew_s": skew,
                "context": {"job": job, "secret_source": source, "redirects": redirects, "waiting_jobs": 2},
            })
        },
    )
}

fn assert_well_formed(judgement: &Judgement) {
    let of_the_row = |row: &table::Row| row.id == judgement.rule && row.verdict == judgement.verdict;
    assert!(table::rows().any(of_the_row), "{judgement:?}");
    for sentence in [&judgement.summary, &judgement.remedy] {
        assert!(!sentence.trim().is_empty(), "{judgement:?}");
        let deceives = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}');
        assert!(!sentence.chars().any(deceives), "{judgement:?}");
        assert!(sentence.chars().count() < 4000, "{judgement:?}");
    }
    let fits = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(judgement.missing_scopes.iter().count() <= 200, "{judgement:?}");
    assert!(judgement.missing_scopes.iter().all(|scope| !scope.is_empty() && scope.bytes().all(fits)), "{judgement:?}");
}

proptest! {
    #[test]
    fn any_evidence_gets_a_well_formed_judgement(evidence in evidence()) {
        assert_well_formed(&judge(&evidence));
    }

    #[test]
    fn any_json_can_be_read_as_evidence(value in value()) {
        if let Ok(evidence) = Evidence::deserialize(value) {
            assert_well_formed(&diagnose(&evidence));
        }
    }

    #[test]
    fn any_bytes_are_evidence_or_an_error(bytes in vec(any::<u8>(), 0..400), line in text()) {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), line] {
            if let Ok(evidence) = read_evidence(&text) {
                assert_well_formed(&diagnose(&evidence));
            }
        }
    }

    #[test]
    fn evidence_that_lost_a_byte_is_read_or_named_and_never_a_panic(
        evidence in evidence(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut line = evidence.to_string().into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        if let Ok(evidence) = read_evidence(&String::from_utf8_lossy(&line)) {
            assert_well_formed(&diagnose(&evidence));
        }
    }

    #[test]
    fn a_body_that_was_cut_anywhere_is_judged(body in value(), status in prop::sample::select(&[200, 400, 401, 403][..]), at in any::<prop::sample::Index>()) {
        let body = body.to_string();
        let cut: String = body.chars().take(at.index(body.len() + 1)).collect();
        for age in [json!(null), json!(100)] {
            let evidence = json!({
                "token": {"age_s": age}, "response": {"status": status, "body": cut, "truncated": true},
            });
            assert_well_formed(&judge(&evidence));
        }
    }

    #[test]
    fn what_is_healed_is_never_tried_again_and_what_is_judged_is_judged_the_same(evidence in evidence()) {
        let evidence = Evidence::deserialize(evidence).expect("evidence can be read");
        let judgement = diagnose(&evidence);
        prop_assert_eq!(&diagnose(&evidence), &judgement);
        let healed = diagnose(&Evidence { second_attempt_status: Some(200), ..evidence });
        prop_assert!(!healed.retry, "{:?}", healed);
        prop_assert!(!judgement.given_again(&Scopes::default()).retry);
    }

    #[test]
    fn stored_evidence_is_judged_as_it_was(evidence in evidence()) {
        let first = Evidence::deserialize(evidence).expect("evidence can be read");
        let stored = serde_json::to_string(&first).expect("evidence can be stored");
        let again: Evidence = serde_json::from_str(&stored).expect("stored evidence can be read");
        prop_assert_eq!(diagnose(&again), diagnose(&first));
    }
}

#[test]
fn a_large_hostile_answer_is_judged_at_once() {
    for body in ["\"a:b ".repeat(16_000), "[".repeat(64_000), "scope: x, ".repeat(6_500), "{\"error\":".repeat(7_000)] {
        let lines = vec!["Bearer a=\"".repeat(2_000); 4];
        let evidence = json!({
            "token": {"requested_scopes": vec!["x:y".repeat(50); 200], "age_s": 1},
            "response": {"status": 403, "headers": {"www-authenticate": lines}, "body": body},
        });
        assert_well_formed(&judge(&evidence));
    }
}
