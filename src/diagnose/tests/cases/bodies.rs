//! Bodies of many shapes.

use serde_json::json;

use super::super::{Case, api, case, mint};

pub(super) fn cases() -> Vec<Case> {
    let of_the_api = [
        ("G8 rate_limited stated retry", 401, json!({"error": "rate_limit_exceeded"})),
        ("G8 rate_limited stated retry", 403, json!("<html>You are being rate limited</html>")),
        ("G4 missing_scope stated", 200, json!({"ok": false, "error": "no_permission"})),
        (
            "G4 missing_scope stated -usage:read",
            200,
            json!({"ok": false, "error": "missing_scope", "needed": "usage:read"}),
        ),
        ("G6 ok proven", 200, json!({"ok": false, "error": "ratelimited"})),
        ("G6 ok proven", 206, json!("")),
        ("G7 blocked_by_edge proven", 407, json!("")),
        ("G3 upstream_error proven retry", 408, json!("")),
        ("G2 plan_limit proven", 402, json!("")),
        ("G11 not_auth inferred", 405, json!("")),
        ("G11 not_auth inferred", 304, json!("")),
        ("G11 not_auth inferred", 451, json!("")),
        ("G9 blocked_by_edge stated", 401, json!("\u{feff}<!doctype html>")),
        ("G3 upstream_error proven retry", 500, json!("<html>")),
        ("G6 ok proven", 200, json!("<html>")),
        ("G11 not_auth inferred", 404, json!("<html>")),
        ("G6 ok proven", 200, json!({"ok": true, "needed": "x:y"})),
        ("G4 missing_scope stated -x:y", 200, json!({"ok": false, "needed": "x:y"})),
        ("G6 ok proven", 200, json!({"ok": "false", "needed": "x:y"})),
        ("G6 ok proven", 200, json!([1])),
        ("G6 ok proven", 200, json!("null")),
        ("S3 missing_scope proven -files:read", 403, json!({"error": "insufficient_scope", "scope": "files:read"})),
        ("S3 missing_scope proven -files:read", 403, json!({"error": "insufficient_scope", "scope": ["files:read"]})),
        (
            "S3 missing_scope proven -files:read",
            403,
            json!({"error": {"code": "insufficient_scope", "message": "need files:read"}}),
        ),
        (
            "S3 missing_scope proven -files:read",
            403,
            json!({"error": {"code": "insufficient_scope", "required_scopes": ["files:read"]}}),
        ),
        ("S3 missing_scope stated -files:read", 403, json!({"missing_scopes": ["files:read"]})),
        ("S3 missing_scope stated -files:read", 403, json!({"scope": "files:read"})),
        ("S3 missing_scope stated -files:read", 403, json!({"scopes": ["files:read"]})),
        ("S3 missing_scope stated -files:read", 403, json!({"detail": {"scope": "files:read", "reason": "missing"}})),
        (
            "S3 missing_scope stated -files:read",
            403,
            json!({"errors": [{"message": "no", "extensions": {"required_scopes": ["files:read"]}}]}),
        ),
        ("S3 missing_scope stated -files:re", 403, json!("{\"detail\":\"Missing required scope: files:re")),
        ("S3 missing_scope stated -x:y", 403, json!({"error": "forbidden", "error_description": "scope x:y required"})),
        ("S3 missing_scope stated -x:y", 403, json!({"errors": ["Missing scope x:y"]})),
        (
            "S3 missing_scope stated -x:y -z:w",
            403,
            json!({"message": "Access denied. You need one of the following scopes: x:y, z:w"}),
        ),
        ("S3 missing_scope stated", 403, json!({"error": {"status": 403, "message": "Insufficient client scope"}})),
        (
            "S3 missing_scope stated",
            403,
            json!({"error": {"code": 403, "message": "Request had insufficient authentication scopes.", "status": "PERMISSION_DENIED"}}),
        ),
        ("S3 missing_scope proven -x:y", 403, json!({"code": "missing_scope", "needed": "x:y"})),
        (
            "S3 missing_scope proven -x:y -z:w",
            403,
            json!({"ok": false, "error": "missing_scope", "needed": "x:y,z:w", "provided": "usage:read"}),
        ),
        ("S3 missing_scope stated -x:y", 403, json!({"title": "insufficient_scope", "required_scopes": ["x:y"]})),
        ("S3 missing_scope proven", 403, json!({"type": "https://x/insufficient_scope", "detail": "no"})),
        (
            "S3 missing_scope proven -x:y -z:w",
            403,
            json!({"type": "urn:problem:missing-scope", "missing_scopes": "x:y z:w"}),
        ),
        ("S3 missing_scope stated -x:y", 403, json!("{\"detail\":\"Missing required scope: x:y\",\"junk\":\"?")),
        ("S3 missing_scope stated -x:y", 403, json!({"required_permissions": ["x:y"], "detail": "no"})),
        ("E5 credentials_missing stated", 401, json!({"message": "No API key or Authorization header supplied"})),
        ("E2 wrong_environment stated", 401, json!({"message": "Wrong tenant"})),
        ("E2 wrong_environment stated", 403, json!({"error": "org_mismatch"})),
        ("E5 credentials_missing stated", 401, json!({"error": "missing_token"})),
        (
            "E5 credentials_missing stated",
            401,
            json!({"message": "Unauthorized: missing Authorization header", "error": "Unauthorized"}),
        ),
        ("F7 resource_forbidden inferred", 403, json!({"required_scopes": []})),
        ("F6 role_visibility stated", 403, json!({"code": "PERMISSION_DENIED"})),
        ("F4 role_visibility stated", 403, json!({"detail": [{"msg": "admin only", "loc": ["x"]}]})),
        ("U5 token_expired stated retry", 401, json!({"error": "TOKEN_EXPIRED"})),
    ];
    let of_the_token_endpoint = [
        (
            "T4 scope_not_assignable proven -datasets:admin",
            400,
            json!({"error": {"code": "invalid_scope", "message": "bad scope datasets:admin"}}),
        ),
        (
            "T4 scope_not_assignable proven -datasets:admin",
            400,
            json!({"error_type": "invalid_scope", "error_message": "scope datasets:admin"}),
        ),
        ("T3 revoked_or_rotated_secret proven", 401, json!({"error": {"type": "invalid_client"}})),
        ("T3 revoked_or_rotated_secret proven", 400, json!({"error": "INVALID_CLIENT"})),
        ("T3 revoked_or_rotated_secret proven", 400, json!("\u{feff}{\"error\":\"invalid_client\"}")),
        ("T3 revoked_or_rotated_secret proven", 400, json!("{\"error\":\"invalid_client\",\"n\":1e999}")),
        ("T3 revoked_or_rotated_secret proven", 403, json!([{"error": "invalid_client"}])),
        ("T10 revoked_or_rotated_secret inferred", 403, json!({"detail": "Forbidden"})),
        ("T8 blocked_by_edge stated", 403, json!("<html>")),
        ("T7 token_request_malformed proven", 400, json!("<html>")),
        ("T9 wrong_environment inferred", 404, json!("<html>")),
        ("T11 token_response_invalid proven retry", 200, json!("<html>")),
        ("T11 token_response_invalid proven retry", 204, json!("")),
        ("T2 token_endpoint_down proven retry", 599, json!("")),
        ("T12 token_request_malformed inferred", 600, json!("")),
        ("T2 token_endpoint_down proven retry", 408, json!("")),
        ("T12 token_request_malformed inferred", 409, json!("")),
        ("T12 token_request_malformed inferred", 410, json!("")),
        ("T12 token_request_malformed inferred", 101, json!("")),
        ("T7 token_request_malformed proven", 401, json!({"error": "invalid_grant"})),
        ("T5 client_not_allowed proven", 403, json!({"error": "unauthorized_client", "error_description": "x"})),
    ];
    let of_the_api =
        of_the_api.map(|(expected, status, body)| case(expected, &format!("{status} {body}"), api(status, body)));
    let minted = |(expected, status, body): (&str, u16, serde_json::Value)| {
        case(expected, &format!("minting, {status} {body}"), mint(status, body))
    };
    of_the_api.into_iter().chain(of_the_token_endpoint.map(minted)).collect()
}
