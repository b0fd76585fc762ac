//! What servers write for people, in the wordings that were met.

use serde_json::json;

use super::super::{Case, api, case, mint};

pub(super) fn cases() -> Vec<Case> {
    let of_the_api = [
        ("G10 blocked_by_edge stated", 403, "IP address 1.2.3.4 is not on the allowlist"),
        ("G10 blocked_by_edge stated", 403, "Your IP is not whitelisted"),
        ("G10 blocked_by_edge stated", 403, "IP restriction applies"),
        ("G10 blocked_by_edge stated", 403, "Access denied from this IP address"),
        ("S3 missing_scope stated -chat:invoke", 403, "Missing required scope: chat:invoke"),
        ("S3 missing_scope stated -chat:invoke", 403, "Requires scope chat:invoke."),
        ("S3 missing_scope stated", 403, "insufficient scope"),
        ("S3 missing_scope stated -files:read", 403, "This endpoint requires the 'files:read' scope."),
        (
            "S3 missing_scope stated -files:read -files:write",
            403,
            "Insufficient scopes. Required: files:read, files:write",
        ),
        ("S3 missing_scope stated -files:read -files:write", 403, "Token is missing scopes files:read, files:write."),
        ("S3 missing_scope stated -files:read", 403, "The access token does not have the required scope (files:read)"),
        ("S3 missing_scope stated -files:read", 403, "scope `files:read` missing"),
        ("S3 missing_scope stated -files:read", 403, "Missing scope files:read; token has usage:read"),
        ("S3 missing_scope stated -files:read", 403, "You need files:read scope"),
        ("S3 missing_scope stated -files:read -files:write", 403, "Requires any of scopes: files:read, files:write"),
        ("S3 missing_scope stated", 403, "This is outside the scope of your access."),
        ("E5 credentials_missing stated", 401, "Authorization header missing"),
        ("E5 credentials_missing stated", 401, "Missing bearer token"),
        ("E1 wrong_audience stated", 401, "Invalid audience"),
        ("E2 wrong_environment stated", 401, "Invalid issuer"),
        ("E2 wrong_environment stated", 403, "This resource belongs to another workspace"),
        ("E2 wrong_environment stated", 403, "Token belongs to another tenant."),
        ("E1 wrong_audience stated", 401, "aud claim mismatch"),
        ("E1 wrong_audience stated", 403, "invalid_audience"),
        ("E2 wrong_environment stated", 401, "Token was issued by an unknown issuer"),
        ("E2 wrong_environment stated", 403, "Token is for a different workspace than the one requested"),
        ("E2 wrong_environment stated", 403, "Dataset belongs to a different organization"),
        ("E5 credentials_missing stated", 401, "Missing authorization"),
        ("E5 credentials_missing stated", 401, "No credentials provided"),
        ("F7 resource_forbidden inferred", 403, "You are not a member of this organization"),
        ("F4 role_visibility stated", 403, "Requires admin role"),
        ("F3 plan_limit stated", 403, "Upgrade your plan"),
        ("F3 plan_limit stated", 403, "Insufficient balance"),
        ("F4 role_visibility stated", 403, "organization owner only"),
        ("F3 plan_limit stated", 403, "Credit limit reached"),
        ("F3 plan_limit stated", 403, "Quota exceeded"),
        ("F3 plan_limit stated", 403, "Not available on the Free tier"),
        ("F3 plan_limit stated", 403, "Your subscription does not include API access"),
        ("F3 plan_limit stated", 403, "Insufficient credits"),
        ("F4 role_visibility stated", 403, "Admin access required"),
        ("F4 role_visibility stated", 403, "Requires owner"),
        ("F4 role_visibility stated", 403, "User role viewer cannot do this"),
        ("F6 role_visibility stated", 403, "You do not have permission"),
        ("F6 role_visibility stated", 403, "Insufficient permissions"),
        ("F6 role_visibility stated", 403, "permission_denied"),
        ("F3 plan_limit stated", 403, "You do not have access to dataset plan_123"),
        ("U8 token_rejected inferred retry", 401, "Not authenticated"),
        ("U5 token_expired stated retry", 401, "JWTExpired"),
        ("U8 token_rejected inferred retry", 401, "Token invalid or expired"),
        ("U8 token_rejected inferred retry", 401, "The token is either expired or invalid"),
        ("U5 token_expired stated retry", 401, "plan expired"),
        ("U8 token_rejected inferred retry", 401, "Authentication required"),
    ];
    let of_the_token_endpoint = [
        ("-datasets:admin", "invalid scope: datasets:admin"),
        ("-datasets:admin", "Scope 'datasets:admin' is not allowed"),
        ("-datasets:admin", "The requested scope 'datasets:admin' is invalid, unknown, or malformed."),
        ("-datasets:admin", "Scope datasets:admin not allowed"),
        ("-datasets:admin", "Unknown scope(s): datasets:admin"),
        ("-datasets:admin", "datasets:admin: no such scope"),
        ("-datasets:admin", "Requested scopes [datasets:admin] are not allowed for this client"),
        ("-datasets:admin", "The scope(s) \"datasets:admin\" are not supported"),
        ("-datasets:admin", "Invalid scopes: datasets:admin. Allowed scopes: usage:read"),
        ("-datasets:admin", "Scope datasets:admin is not in the allowed list: usage:read, files:read"),
        ("-datasets:admin", "The client is not allowed to request scope(s) datasets:admin; granted: usage:read"),
        ("-datasets:admin", "scope=datasets:admin is not assigned"),
        (
            "-datasets:admin",
            "AADSTS70011: The provided value for the input parameter 'scope' is not valid. The scope datasets:admin is not valid.",
        ),
        ("-datasets:admin", "client may not request <datasets:admin>"),
        ("-datasets:admin", "The following scopes are not assigned: datasets:admin"),
        ("-datasets:admin", "scopes not permitted: datasets:admin"),
        ("-datasets:admin", "datasets:admin"),
        ("-datasets:admin", "Not granted: datasets:admin"),
        ("-datasets:admin", "Client has scopes usage:read but requested datasets:admin"),
        ("-datasets:admin", "Policy evaluation failed: datasets:admin cannot be granted"),
        ("-datasets:admin -usage:read", "Client is only allowed usage:read"),
        (
            "-datasets:admin",
            "One or more scopes are not configured for the authorization server resource: datasets:admin",
        ),
        ("-datasets:admin", "The scope 'datasets:admin' has not been granted to this client."),
        ("-datasets:admin", "Requested scope datasets:admin exceeds the scope granted"),
        ("-datasets:admin -usage:read", "invalid scope: usage:read datasets:admin"),
    ];
    let of_the_api =
        of_the_api.map(|(expected, status, text)| case(expected, text, api(status, json!({"detail": text}))));
    let of_the_token_endpoint = of_the_token_endpoint.map(|(missing, text)| {
        let expected = format!("T4 scope_not_assignable proven {missing}");
        case(&expected, text, mint(400, json!({"error": "invalid_scope", "error_description": text})))
    });
    of_the_api.into_iter().chain(of_the_token_endpoint).collect()
}
