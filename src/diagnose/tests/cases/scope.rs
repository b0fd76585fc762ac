//! S: the server speaks of scopes.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

/// 403 with a challenge.
fn challenged(status: u16, lines: Value) -> Value {
    with(api(status, json!("")), json!({"response": {"headers": {"WWW-Authenticate": lines}}}))
}

fn token(evidence: Value, asked: Value, claims: Value) -> Value {
    with(evidence, json!({"token": {"requested_scopes": asked, "jwt_claims": claims}}))
}

fn second(evidence: Value, status: u16) -> Value {
    with(evidence, json!({"second_attempt_status": status}))
}

pub(super) fn cases() -> Vec<Case> {
    let says = |text: &str| api(403, json!({"detail": text}));
    vec![
        case(
            "S1 stale_token proven -usage:read",
            "granted in between",
            second(says("Missing required scope: usage:read"), 200),
        ),
        case(
            "S2 scope_contradiction proven retry",
            "held, first try",
            token(says("Missing required scope: usage:read"), json!([]), json!({"scope": "usage:read"})),
        ),
        case(
            "S2 scope_contradiction proven",
            "held, second try",
            second(token(says("Missing required scope: usage:read"), json!([]), json!({"scp": ["usage:*"]})), 403),
        ),
        case(
            "S2 scope_contradiction proven retry",
            "one of them is enough and held",
            token(
                says("Requires one of the scopes: usage:read, usage:admin"),
                json!([]),
                json!({"scope": "usage:read"}),
            ),
        ),
        case(
            "S3 missing_scope stated retry -usage:read",
            "asked, unknown grant, a minute old",
            with(says("Missing required scope: usage:read"), json!({"token": {"age_s": 60}})),
        ),
        case(
            "S3 missing_scope stated -usage:read",
            "asked, unknown grant, younger",
            with(says("Missing required scope: usage:read"), json!({"token": {"age_s": 59}})),
        ),
        case(
            "S3 missing_scope stated -usage:read",
            "a fresh token did not help",
            second(says("Missing required scope: usage:read"), 403),
        ),
        case(
            "S3 missing_scope stated -files:read -usage:read",
            "one of two was never asked",
            says("Missing required scopes: usage:read, files:read"),
        ),
        case(
            "S3 missing_scope stated retry -usage:read",
            "asked by wildcard",
            token(says("Missing required scope: usage:read"), json!("usage:*"), json!(null)),
        ),
        case(
            "S3 missing_scope stated -Usage:Read",
            "scopes are case-sensitive",
            token(says("Missing required scope: Usage:Read"), json!("usage:read"), json!({"scope": "usage:read"})),
        ),
        case(
            "S3 missing_scope stated -files:read",
            "a permissions claim",
            token(says("Missing scope files:read"), json!([]), json!({"permissions": ["usage:read"]})),
        ),
        case(
            "S2 scope_contradiction proven retry",
            "claims add up",
            token(
                says("Missing scope files:read"),
                json!([]),
                json!({"scope": "usage:read", "permissions": ["files:read"]}),
            ),
        ),
        case(
            "S3 missing_scope stated -files:read",
            "a claim that is no scope does not hide the token reply",
            with(
                token(says("Missing scope files:read"), json!([]), json!({"scope": 5})),
                json!({"token": {"granted_scopes": "usage:read"}}),
            ),
        ),
        case(
            "S3 missing_scope proven",
            "a code without a name, all granted",
            with(api(403, json!({"error": "insufficient_scope"})), json!({"token": {"granted_scopes": "usage:read"}})),
        ),
        case(
            "S3 missing_scope proven",
            "a code without a name, grant unknown",
            api(403, json!({"code": "INSUFFICIENT_SCOPE"})),
        ),
        case(
            "S3 missing_scope proven -a:b",
            "a code in the type URI, a name in a member",
            api(403, json!({"type": "https://api.test/errors/insufficient-scope", "required_scopes": ["a:b"]})),
        ),
        case(
            "S3 missing_scope proven -a:b",
            "Google's code, a member deep down",
            api(
                403,
                json!({"error": {"code": 403, "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "requiredScopes": "a:b"}]}}),
            ),
        ),
        case(
            "S3 missing_scope stated -a:b -c:d",
            "a member alone",
            api(403, json!({"detail": "No.", "missingScopes": "a:b c:d"})),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "a member beside words",
            api(403, json!({"message": "Insufficient scope", "required": ["a:b"]})),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "detail is an array",
            api(403, json!({"detail": [{"msg": "Missing required scope: a:b"}]})),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "a body that was cut",
            api(403, json!(r#"{"detail": "Missing required scope: a:b", "trace": "0"#)),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "plain text",
            with(
                api(403, json!("Missing required scope: a:b")),
                json!({"response": {"headers": {"content-type": "text/plain"}}}),
            ),
        ),
        case(
            "S3 missing_scope proven -a:b",
            "the second of two lines",
            challenged(403, json!(["Basic realm=\"x\"", "Bearer error=\"insufficient_scope\", scope=\"a:b\""])),
        ),
        case(
            "S3 missing_scope proven -a:b",
            "the second in one line, of any case",
            challenged(403, json!("Basic realm=\"a, b\", bearer Error=\"insufficient_scope\", SCOPE=\"a:b\"")),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "a 403 whose challenge has no error",
            challenged(403, json!("Bearer scope=\"a:b\"")),
        ),
        case(
            "S3 missing_scope stated -a:b",
            "a 401 that names what the token is known to lack",
            token(challenged(401, json!("Bearer scope=\"a:b\"")), json!("usage:read"), json!({"scope": "usage:read"})),
        ),
        case(
            "U8 token_rejected inferred retry",
            "a 401 that names what the token holds",
            token(
                challenged(401, json!("Bearer scope=\"usage:read\"")),
                json!("usage:read"),
                json!({"scope": "usage:read"}),
            ),
        ),
        case(
            "U8 token_rejected inferred retry",
            "an invalid token may need scopes as well",
            challenged(401, json!("Bearer error=\"invalid_token\", scope=\"usage:read\"")),
        ),
        case(
            "S3 missing_scope proven -a:b",
            "names that are no scopes are left out",
            challenged(403, json!("Bearer error=insufficient_scope, scope=\"a:b \\\\ \u{e9}:x\"")),
        ),
        case(
            "S3 missing_scope stated -repo",
            "GitHub's headers",
            with(
                api(403, json!({"message": "Not accessible"})),
                json!({"response": {"headers": {"x-oauth-scopes": "gist, user", "x-accepted-oauth-scopes": "repo"}}}),
            ),
        ),
        case(
            "F7 resource_forbidden inferred",
            "GitHub's headers, one is held",
            with(
                api(403, json!({"message": "Not accessible"})),
                json!({"token": {"requested_scopes": []}, "response": {"headers": {"x-oauth-scopes": "gist, user", "x-accepted-oauth-scopes": "repo, gist"}}}),
            ),
        ),
    ]
}
