//! F: 403 without a word about scopes.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

fn short(evidence: Value) -> Value {
    with(evidence, json!({"token": {"requested_scopes": "usage:read files:read", "granted_scopes": "usage:read"}}))
}

pub(super) fn cases() -> Vec<Case> {
    let says = |text: &str| api(403, json!({"detail": text}));
    let second = |evidence: Value, status: u16| with(evidence, json!({"second_attempt_status": status}));
    let old = json!({"token": {"age_s": 3601}});
    vec![
        case(
            "F1 token_expired proven retry",
            "past its life, whatever it says",
            with(says("Upgrade your plan"), old.clone()),
        ),
        case("F1 token_expired proven", "a fresh token did not help", second(with(says("no"), old), 403)),
        case(
            "F1 token_expired proven retry",
            "a life of nothing",
            with(says("no"), json!({"token": {"expires_in_s": 0}})),
        ),
        case(
            "F1 token_expired proven retry",
            "a life in a text",
            with(says("no"), json!({"token": {"expires_in_s": "600"}})),
        ),
        case(
            "F1 token_expired proven retry",
            "a life in the claims",
            with(says("no"), json!({"token": {"expires_in_s": null, "jwt_claims": {"iat": 100, "exp": 700}}})),
        ),
        case("F2 stale_token proven", "healed", second(says("Your plan does not allow this"), 200)),
        case(
            "F2 stale_token proven -files:read",
            "healed, and a scope had not been granted",
            second(short(says("no")), 204),
        ),
        case("F3 plan_limit stated", "quota in a code", api(403, json!({"error": {"code": "QuotaExceeded"}}))),
        case("F3 plan_limit stated", "tier in a title", api(403, json!({"title": "Not in your tier"}))),
        case(
            "F7 resource_forbidden inferred",
            "credentials are no credit",
            says("Bad credentials for frontier planet"),
        ),
        case(
            "F7 resource_forbidden inferred",
            "a path is not what the server says",
            api(403, json!({"instance": "/plans/admin/permissions", "detail": "no"})),
        ),
        case("F4 role_visibility stated", "admin", short(says("Admins only"))),
        case(
            "F5 missing_scope inferred retry -files:read",
            "an asked scope was not granted",
            short(says("Forbidden, permission denied")),
        ),
        case("F5 missing_scope inferred -files:read", "tried already", second(short(says("Forbidden")), 403)),
        case(
            "F5 missing_scope inferred -files:read",
            "a young token",
            with(short(says("Forbidden")), json!({"token": {"age_s": 59}})),
        ),
        case(
            "F6 role_visibility stated",
            "permission in a code",
            api(403, json!({"error": {"status": "PERMISSION_DENIED"}})),
        ),
        case("F7 resource_forbidden inferred", "nothing at all", api(403, json!(""))),
        case(
            "F7 resource_forbidden inferred",
            "a grant that is not known cannot be short",
            with(says("no"), json!({"token": {"requested_scopes": ["a:b", "c:d"]}})),
        ),
        case(
            "F5 missing_scope inferred retry -a:*",
            "a wildcard is not covered by one of its own",
            with(says("no"), json!({"token": {"requested_scopes": ["a:*"], "granted_scopes": ["a:b"]}})),
        ),
    ]
}
