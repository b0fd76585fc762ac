//! Challenges as servers write them: several in one line and in several lines, commas and quotes
//! inside quoted texts, names in any case, values without quotes.

use serde_json::json;

use super::super::{Case, api, case, with};

pub(super) fn cases() -> Vec<Case> {
    let cases = [
        (
            "S3 missing_scope proven -files:read -x:y",
            403,
            json!(""),
            json!({"response": {"headers": {"WWW-AUTHENTICATE": ["Basic realm=\"a\"", "Bearer realm=\"q\\\"uo, te\", ERROR=\"insufficient_scope\", Scope=\"files:read x:y\""]}}}),
        ),
        (
            "S3 missing_scope proven -files:read",
            403,
            json!(""),
            json!({"response": {"headers": {"Www-Authenticate": "Negotiate abc==, Bearer scope=files:read, error=insufficient_scope"}}}),
        ),
        (
            "S3 missing_scope proven -files:read",
            403,
            json!(""),
            json!({"response": {"headers": {"Www-Authenticate": "Bearer error=\"insufficient_scope\", error_description=\"The request requires higher privileges than provided by the access token.\", scope=\"files:read\""}}}),
        ),
        (
            "S3 missing_scope proven -files:read",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"files:read\""}}}),
        ),
        (
            "S3 missing_scope proven -a:b",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer realm=x error=insufficient_scope scope=a:b"}}}),
        ),
        (
            "S3 missing_scope proven -a:b -c:d",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b c:d\""}}}),
        ),
        (
            "S3 missing_scope proven -a:b -c:d",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b,c:d\""}}}),
        ),
        (
            "S3 missing_scope proven -https://x.y/auth/drive",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"https://x.y/auth/drive\""}}}),
        ),
        (
            "S3 missing_scope proven -a:b",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b"}}}),
        ),
        (
            "S3 missing_scope proven",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"\""}}}),
        ),
        (
            "S3 missing_scope proven -a:b",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:*", "x:y"], "granted_scopes": ["x:y"], "age_s": 10}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b\""}}}),
        ),
        (
            "S2 scope_contradiction proven",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:*"], "granted_scopes": ["a:*"]}, "second_attempt_status": 403, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b\""}}}),
        ),
        (
            "S3 missing_scope proven -a:b:c",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a"], "granted_scopes": ["a"]}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b:c\""}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:*"], "granted_scopes": ["a:*"]}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"a:b:c\""}}}),
        ),
        (
            "S3 missing_scope proven retry -x:y",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:b", "x:y"], "jwt_claims": {"scope": ["a:b"]}}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"x:y\""}}}),
        ),
        (
            "S3 missing_scope proven retry -x:y",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:b", "x:y"], "granted_scopes": ["x:y"], "jwt_claims": {"scope": ""}}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"x:y\""}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:b", "x:y"], "granted_scopes": ["x:y"], "jwt_claims": {"scope": null}}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"x:y\""}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!(""),
            json!({"token": {"requested_scopes": ["a:b"], "granted_scopes": "a:b x:y"}, "response": {"headers": {"www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"x:y\""}}}),
        ),
        (
            "E3 token_type_mismatch proven",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "DPoP error=\"invalid_token\", algs=\"ES256\""}}}),
        ),
        (
            "E3 token_type_mismatch proven",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": ["DPoP algs=\"ES256\"", "DPoP algs=\"x\""]}}}),
        ),
        ("E4 blocked_by_edge proven", 401, json!(""), json!({"response": {"headers": {"www-authenticate": "NTLM"}}})),
        (
            "E4 blocked_by_edge proven",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Digest realm=\"a\", nonce=\"b\""}}}),
        ),
        (
            "E5 credentials_missing stated",
            401,
            json!({"detail": "No authorization header was provided"}),
            json!({"response": {"headers": {"www-authenticate": "Bearer"}}}),
        ),
        (
            "E1 wrong_audience stated",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"invalid_token\", error_description=\"The audience 'a, b' is invalid\""}}}),
        ),
        (
            "E4 blocked_by_edge proven",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Basic realm=\"Bearer error=\\\"x\\\"\""}}}),
        ),
        (
            "E4 blocked_by_edge proven",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Basic realm=\"a\", Digest realm=\"b\""}}}),
        ),
        (
            "F7 resource_forbidden inferred",
            403,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer error=\"invalid_token\""}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer"}}}),
        ),
        (
            "U5 token_expired stated retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "Bearer realm=\"api\",error=\"invalid_token\",error_description=\"The access token expired\""}}}),
        ),
        (
            "U5 token_expired stated retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "BEARER ERROR=\"invalid_token\", ERROR_DESCRIPTION=\"The access token expired\""}}}),
        ),
        (
            "U5 token_expired stated retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": ["Basic realm=\"x, Bearer y\"", "Bearer error_description=\"token \\\"abc\\\" expired, sorry\""]}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": "DPoP algs=\"ES256\", Bearer"}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!(""),
            json!({"response": {"headers": {"www-authenticate": ["DPoP algs=\"ES256\"", "Bearer"]}}}),
        ),
        (
            "U5 token_expired stated",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": null}, "second_attempt_status": 200, "response": {"headers": {"www-authenticate": "Bearer error_description=\"expired\""}}}),
        ),
        (
            "U4 token_expired proven retry",
            401,
            json!({"detail": "Missing Authorization header."}),
            json!({"token": {"age_s": 4000}, "response": {"headers": {"www-authenticate": "Bearer error=\"invalid_token\""}}}),
        ),
    ];
    let read = |(expected, status, body, more): (&str, u16, serde_json::Value, serde_json::Value)| {
        case(expected, &more.to_string(), with(api(status, body), more))
    };
    cases.map(read).into()
}
