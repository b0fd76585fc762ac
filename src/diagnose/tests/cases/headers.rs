//! Headers other than challenges: waits, budgets, content types, scopes.

use serde_json::json;

use super::super::{Case, api, case, with};

pub(super) fn cases() -> Vec<Case> {
    let cases = [
        ("G8 rate_limited stated retry", 403, json!(""), json!({"X-RateLimit-Remaining-Requests": "0"})),
        ("G8 rate_limited stated retry", 403, json!(""), json!({"ratelimit": "\"default\";r=0;t=30"})),
        ("G8 rate_limited stated retry", 403, json!(""), json!({"x-ratelimit-remaining": "0, 0;w=60"})),
        ("G8 rate_limited stated retry", 403, json!(""), json!({"Retry-After": "999999999999999999999"})),
        ("G9 blocked_by_edge stated", 403, json!("  \n<HTML><HEAD>"), json!({"content-type": ""})),
        ("G9 blocked_by_edge stated", 403, json!(""), json!({"content-type": "text/html"})),
        ("G9 blocked_by_edge stated", 403, json!("Access denied"), json!({"content-type": "text/html"})),
        (
            "S3 missing_scope stated -files:read",
            403,
            json!(""),
            json!({"x-accepted-oauth-scopes": "files:read", "x-oauth-scopes": ""}),
        ),
        ("S3 missing_scope stated -repo", 403, json!(""), json!({"X-Accepted-OAuth-Scopes": "repo"})),
        (
            "E5 credentials_missing stated",
            401,
            json!("Missing Authorization header"),
            json!({"content-type": "text/plain"}),
        ),
        ("F7 resource_forbidden inferred", 403, json!(""), json!({"ratelimit": "\"a;r=0\";r=5;t=30"})),
        ("F7 resource_forbidden inferred", 403, json!(""), json!({"ratelimit-policy": "\"default\";q=0;w=30"})),
        ("F7 resource_forbidden inferred", 403, json!(""), json!({"Retry-After": "-5"})),
        ("F7 resource_forbidden inferred", 403, json!(""), json!({"Retry-After": "abc"})),
        (
            "F7 resource_forbidden inferred",
            403,
            json!("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
            json!({"content-type": "application/xml"}),
        ),
        ("F7 resource_forbidden inferred", 403, json!("Forbidden"), json!({"content-type": "text/plain"})),
    ];
    let read = |(expected, status, body, headers): (&str, u16, serde_json::Value, serde_json::Value)| {
        let name = format!("{headers} {body}");
        case(expected, &name, with(api(status, body), json!({"response": {"headers": headers}})))
    };
    cases.map(read).into()
}
