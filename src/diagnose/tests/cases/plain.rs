//! G: the token plays no part.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

fn header(evidence: Value, name: &str, value: Value) -> Value {
    with(evidence, json!({"response": {"headers": {name: value}}}))
}

fn granted(evidence: Value, asked: &str, granted: &str) -> Value {
    with(evidence, json!({"token": {"requested_scopes": asked, "granted_scopes": granted}}))
}

pub(super) fn cases() -> Vec<Case> {
    let slack = |members: Value| api(200, with(json!({"ok": false}), members));
    vec![
        case(
            "G1 rate_limited proven retry",
            "429 although it speaks of scopes",
            api(429, json!({"detail": "Missing scope: a:b"})),
        ),
        case(
            "G1 rate_limited proven",
            "what is healed is not tried again",
            with(api(429, json!("")), json!({"second_attempt_status": 200})),
        ),
        case("G2 plan_limit proven", "402", api(402, json!(""))),
        case("G3 upstream_error proven retry", "a gateway's page", api(504, json!("<html>"))),
        case("G3 upstream_error proven retry", "408", api(408, json!(""))),
        case(
            "G4 missing_scope stated -files:read -files:write",
            "needed with commas",
            slack(json!({"needed": "files:read,files:write"})),
        ),
        case("G4 missing_scope stated", "a token of the wrong type", slack(json!({"error": "not_allowed_token_type"}))),
        case(
            "G4 missing_scope stated -files:read",
            "asked, not granted, not named",
            granted(slack(json!({"error": "no_permission"})), "files:read usage:read", "usage:read"),
        ),
        case(
            "G4 missing_scope stated -files:read",
            "the API sees less than the token holds",
            granted(
                slack(json!({"error": "missing_scope", "needed": "files:read", "provided": "usage:read"})),
                "files:read",
                "files:read",
            ),
        ),
        case("G6 ok proven", "ok: false for another reason", slack(json!({"error": "channel_not_found"}))),
        case("G6 ok proven", "needed is a number", slack(json!({"needed": 5}))),
        case("G6 ok proven", "needed without ok", api(200, json!({"needed": "files:read"}))),
        case(
            "G5 role_visibility inferred -org:admin",
            "a grant of the token reply",
            granted(api(200, json!({})), "usage:read org:admin", "usage:read"),
        ),
        case(
            "G5 role_visibility inferred -usage:read",
            "an empty grant is a grant",
            granted(api(204, json!("")), "usage:read", ""),
        ),
        case("G6 ok proven", "a grant that is not known", api(200, json!({}))),
        case(
            "G6 ok proven",
            "a wildcard covers what was asked",
            granted(api(200, json!({})), "usage:read usage:write", "usage:*"),
        ),
        case("G7 blocked_by_edge proven", "407", api(407, json!(""))),
        case(
            "G8 rate_limited stated retry",
            "no call remains",
            header(api(403, json!("")), "x-ratelimit-remaining", json!("0")),
        ),
        case(
            "G8 rate_limited stated retry",
            "the draft's header",
            header(api(403, json!("")), "RateLimit", json!("\"day\";r=0;t=3600")),
        ),
        case("G8 rate_limited stated retry", "401 in words", api(401, json!({"message": "API rate limit exceeded"}))),
        case(
            "G8 rate_limited stated retry",
            "a date to wait for",
            header(api(403, json!("")), "retry-after", json!("Tue, 24 Nov 2026 13:00:00 GMT")),
        ),
        case(
            "F7 resource_forbidden inferred",
            "a wait that is none",
            header(api(403, json!("")), "retry-after", json!("soon")),
        ),
        case(
            "G9 blocked_by_edge stated",
            "a page that calls itself JSON",
            api(401, json!("  <!doctype HTML><p>Sign in")),
        ),
        case(
            "G9 blocked_by_edge stated",
            "a page in words of scopes",
            header(api(403, json!("Missing scope: a:b")), "content-type", json!("text/html")),
        ),
        case(
            "G10 blocked_by_edge stated",
            "GitHub's list",
            api(
                403,
                json!({"message": "the organization has an IP allow list enabled, and your IP address is not permitted"}),
            ),
        ),
        case(
            "F7 resource_forbidden inferred",
            "an allow-list of something else",
            api(403, json!({"message": "This model is not on your allow-list"})),
        ),
        case(
            "G11 not_auth inferred",
            "422 with an array for a detail",
            api(422, json!({"detail": [{"loc": ["query"], "msg": "bad scope"}]})),
        ),
        case("G11 not_auth inferred", "a redirect", api(302, json!(""))),
        case(
            "G11 not_auth inferred",
            "a status that is none",
            with(api(0, json!("")), json!({"response": {"status": -1}})),
        ),
    ]
}
