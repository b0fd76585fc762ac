//! What people read.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::{api, cases, judge, mint, with};
use crate::run::Verdict;

#[test]
fn every_verdict_has_its_remedy() {
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    for case in cases::all() {
        let judgement = judge(&case.evidence);
        if seen.insert(judgement.verdict) {
            let _ = writeln!(
                text,
                "{} ({}, {})\n  {}\n  {}",
                judgement.verdict, judgement.rule, case.name, judgement.summary, judgement.remedy
            );
        }
    }
    assert_eq!(seen.len(), Verdict::ALL.len(), "a verdict has no case");
    insta::assert_snapshot!(text);
}

#[test]
fn blanks_are_filled_from_the_evidence_and_its_context() {
    let context = json!({"context": {
        "job": "credit-balance", "credential": "cuadra", "client_id": "m2m-1", "secret_source": "environment variable SECRET",
        "api_host": "api.example", "token_host": "auth.example", "auth_method": "basic", "token_body": "form",
        "request_id": "req-7", "redirects": ["api.example", "eu.example"], "waiting_jobs": 3,
    }});
    let jwt = json!({"token": {"jwt_claims": {"iss": "auth.test.example", "aud": ["a", "b"]}}});
    let dated = json!({"response": {"headers": {"date": "Tue, 24 Nov 2026 13:00:00 GMT", "retry-after": "60"}}});
    let second = |status: u16| json!({"second_attempt_status": status});
    let short = json!({"token": {"requested_scopes": "a:b c:d", "granted_scopes": "a:b"}});
    let mut text = String::new();
    for (name, evidence) in [
        ("asked and not asked", with(api(403, json!({"detail": "Missing scopes: c:d, files:read"})), short.clone())),
        ("asked", with(api(403, json!("")), short)),
        (
            "contradiction",
            with(api(403, json!({"required_scopes": ["a:b"]})), json!({"token": {"granted_scopes": "a:b"}})),
        ),
        ("secret", mint(401, json!({"error": "invalid_client"}))),
        ("format", mint(400, json!({"error": "invalid_request"}))),
        (
            "redirect",
            with(
                mint(302, json!("")),
                json!({"response": {"headers": {"location": "https://me:word@login.example/?key=word"}}}),
            ),
        ),
        ("down", mint(503, json!(""))),
        ("expired", with(api(401, json!("")), json!({"token": {"age_s": 3605}, "second_attempt_status": 200}))),
        ("expired early", api(401, json!({"error": "token_expired"}))),
        (
            "expired, life unknown",
            with(with(api(401, json!("")), second(200)), json!({"token": {"expires_in_s": null}})),
        ),
        ("stale", with(api(401, json!("")), second(200))),
        ("fresh one rejected", with(api(401, json!("")), second(401))),
        ("audience", with(api(401, json!({"detail": "wrong audience"})), jwt.clone())),
        ("environment", with(with(api(401, json!("")), jwt), second(401))),
        ("no header", api(401, json!({"detail": "Missing Authorization header."}))),
        (
            "edge",
            with(
                api(403, json!("<html>")),
                json!({"response": {"headers": {"server": "cloudflare", "cf-ray": "8f0-GRU"}}}),
            ),
        ),
        (
            "plan",
            api(
                402,
                json!({"detail": "Insufficient credits. Required: 75 credits. Available: 50.5 credits.", "periodEnd": "2026-12-01"}),
            ),
        ),
        ("rate", with(api(429, json!("")), dated)),
        (
            "resource",
            with(
                api(403, json!({"instance": "/v1/datasets/ds_1"})),
                json!({"token": {"granted_scopes": "usage:read"}}),
            ),
        ),
    ] {
        let judgement = judge(&with(evidence, context.clone()));
        let _ = writeln!(text, "{name} ({})\n  {}\n  {}", judgement.rule, judgement.summary, judgement.remedy);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn of_a_fixed_bearer_no_remedy_speaks_of_a_client_or_a_token_endpoint_or_a_renewal() {
    let context = json!({"context": {"credential": "cuadra", "secret_source": "file bearer.txt", "job": "j"}});
    let of_a_client = ["client", "token endpoint", "enewing", "enewed", "`scopes`", "default_ttl", "dashboard"];
    let mut told = std::collections::BTreeMap::new();
    for case in cases::all().into_iter().filter(|case| !case.evidence["token"]["age_s"].is_null()) {
        let judgement = judge(&with(case.evidence.clone(), context.clone()));
        for word in of_a_client {
            assert!(!judgement.remedy.contains(word), "{}: {}", judgement.rule, judgement.remedy);
        }
        let summary = judgement.summary.split(" (it says").next().unwrap_or_default();
        assert!(!summary.contains("client"), "{summary}");
        let healed = case.evidence["second_attempt_status"] == 200;
        told.entry((judgement.verdict, healed)).or_insert(judgement.remedy);
    }
    let healed = |healed: bool| if healed { ", healed" } else { "" };
    let lines =
        told.into_iter().map(|((verdict, is_healed), remedy)| format!("{verdict}{}: {remedy}", healed(is_healed)));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_bearer_from_the_environment_needs_a_restart_and_is_never_fresh_by_itself() {
    let context = json!({"context": {"secret_source": "environment variable BEARER"}});
    let judgement = judge(&with(api(401, json!("")), context.clone()));
    assert_eq!(judgement.remedy, "Put a current token in environment variable BEARER and restart apicron.");
    assert!(!judgement.retry);
    assert!(judge(&with(api(429, json!("")), context.clone())).retry, "a wait is enough");
    let of_a_client = with(context, json!({"context": {"client_id": "m2m-1"}}));
    assert!(judge(&with(api(401, json!("")), of_a_client)).retry);
}

#[test]
fn what_a_server_wrote_cannot_dress_up_a_sentence() {
    let evil = format!("no\r\n\u{1b}[2J\u{202e}{}", "x".repeat(5000));
    let judgement = judge(&with(api(403, json!({"detail": evil})), json!({"context": {"job": "a\nb"}})));
    assert!(judgement.summary.chars().count() < 300, "{}", judgement.summary);
    assert!(!judgement.summary.contains(['\r', '\n', '\u{1b}', '\u{202e}']));
}

#[test]
fn a_token_that_was_given_again_promises_no_renewal_and_keeps_what_else_is_to_be_done() {
    let expired = api(401, json!({"error": "token_expired"}));
    let contradicted =
        with(api(403, json!({"required_scopes": ["usage:read"]})), json!({"token": {"granted_scopes": "usage:read"}}));
    let asked = api(403, json!({"detail": "Missing required scope: usage:read"}));
    for (evidence, kept) in [
        (api(401, json!("")), ""),
        (expired, ""),
        (contradicted, "The token holds usage:read"),
        (asked, "The client is not granted usage:read"),
    ] {
        let judgement = judge(&evidence);
        let again = judge(&with(evidence, json!({"token": {"given_again": true}})));
        assert_eq!((again.verdict, again.rule, again.retry), (judgement.verdict, judgement.rule, false));
        assert!(again.summary.ends_with("; the token endpoint gave the same token again"), "{}", again.summary);
        assert!(
            again.remedy.starts_with(kept) && again.remedy.contains("Wait until the token ends"),
            "{}",
            again.remedy
        );
        assert!(!again.remedy.contains("enewing"), "{}", again.remedy);
    }
}

#[test]
fn a_remedy_that_no_renewal_is_part_of_is_the_same_when_the_token_was_given_again() {
    let dpop = with(api(401, json!("")), json!({"response": {"headers": {"www-authenticate": "DPoP algs=\"ES256\""}}}));
    for (rule, evidence) in [
        ("E3", dpop),
        ("E1", api(401, json!({"detail": "wrong audience"}))),
        ("S3", api(403, json!({"detail": "Missing required scope: files:read"}))),
        ("F3", api(403, json!({"detail": "Upgrade your plan"}))),
    ] {
        let judgement = judge(&evidence);
        let again = judge(&with(evidence, json!({"token": {"given_again": true}})));
        assert_eq!((again.rule, again.remedy), (rule, judgement.remedy));
    }
}

#[test]
fn scopes_are_not_called_complete_where_the_server_calls_the_token_invalid() {
    let invalid = json!({
        "token": {"granted_scopes": "usage:read"},
        "response": {"headers": {"www-authenticate": "Bearer error=\"invalid_token\""}},
    });
    let judgement = judge(&with(api(403, json!("")), invalid));
    assert_eq!((judgement.rule, judgement.verdict), ("F7", Verdict::ResourceForbidden));
    assert_eq!(judgement.summary, "403: the API calls the token invalid");
    assert_eq!(
        judgement.remedy,
        "The API calls the token invalid with a 403: check base_url, organisation and API status."
    );
}
