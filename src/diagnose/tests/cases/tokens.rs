//! What is known of the token: scopes in its claims and in the reply, its times.

use serde_json::json;

use super::super::{Case, api, case, with};

const DATE: &str = "Tue, 24 Nov 2026 13:00:00 GMT";
const NOW: i64 = 1_795_525_200;

pub(super) fn cases() -> Vec<Case> {
    let cases = [
        (
            "T4 scope_not_assignable proven -admin",
            400,
            json!({"error": "invalid_scope", "error_description": "invalid scope: admin"}),
            json!({"token": {"requested_scopes": ["admin", "read"], "age_s": null}}),
        ),
        (
            "T4 scope_not_assignable proven -admin",
            400,
            json!({"error": "invalid_scope", "error_description": "Scope admin is not assigned to this client"}),
            json!({"token": {"requested_scopes": ["admin", "read"], "age_s": null}}),
        ),
        (
            "T4 scope_not_assignable proven -admin",
            400,
            json!({"error": "invalid_scope", "error_description": "admin is not a valid scope"}),
            json!({"token": {"requested_scopes": ["admin", "read"], "age_s": null}}),
        ),
        (
            "G4 missing_scope stated -b:c",
            200,
            json!({"ok": false, "error": "not_allowed_token_type"}),
            json!({"token": {"requested_scopes": ["a:b", "b:c"], "granted_scopes": ["a:b"]}}),
        ),
        (
            "G4 missing_scope stated -usage:read",
            200,
            json!({"ok": false, "error": "missing_scope", "needed": "usage:read"}),
            json!({"token": {"granted_scopes": ["usage:read"]}}),
        ),
        (
            "G5 role_visibility inferred -a:b",
            200,
            json!({}),
            json!({"token": {"requested_scopes": ["a:b", "c:d"], "jwt_claims": {"scp": ["c:d"]}}}),
        ),
        (
            "G6 ok proven",
            200,
            json!({}),
            json!({"token": {"requested_scopes": ["a:b"], "jwt_claims": {"permissions": ["a:*"]}}}),
        ),
        (
            "G5 role_visibility inferred -a:b",
            201,
            json!({}),
            json!({"token": {"requested_scopes": ["a:b"], "granted_scopes": []}}),
        ),
        (
            "S3 missing_scope stated -files:read",
            403,
            json!({"required_scopes": "files:read usage:read"}),
            json!({"token": {"jwt_claims": {"scope": "usage:read"}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!({"required_scopes": ["usage:read"]}),
            json!({"token": {"jwt_claims": {"scope": "usage:read"}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!({"requiredScope": "usage:read"}),
            json!({"token": {"jwt_claims": {"scp": "usage:read other"}}}),
        ),
        (
            "S2 scope_contradiction proven retry",
            403,
            json!({"required_scopes": ["usage:read"]}),
            json!({"token": {"jwt_claims": {"permissions": ["usage:read"]}}}),
        ),
        (
            "C1 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": 1795525200.5}}, "response": {"headers": {"Date": DATE}}}),
        ),
        (
            "C1 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iat": NOW + 5}}, "response": {"headers": {"date": [DATE]}}}),
        ),
        (
            "C1 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": "1795525205"}}, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C2 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "server_date_skew_s": -61, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C1 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iat": NOW + 1, "nbf": NOW - 5}}, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C2 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "server_date_skew_s": 60, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C3 token_expired proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "server_date_skew_s": 59, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "F5 missing_scope inferred retry -b:c",
            403,
            json!({"detail": "You do not have permission"}),
            json!({"token": {"requested_scopes": ["a:b", "b:c"], "granted_scopes": ["a:b"]}}),
        ),
        (
            "F1 token_expired proven retry",
            403,
            json!({"detail": "Your plan does not include this"}),
            json!({"token": {"age_s": 4000}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": 1795525200.5, "nbf": NOW - 100}}, "response": {"headers": {"Date": DATE}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": "soon", "iat": [], "exp": {}}}, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": NOW + 5}}, "response": {"headers": {"date": DATE, "AGE": "0"}}}),
        ),
        (
            "U5 token_expired stated retry",
            401,
            json!({"detail": "Token has expired"}),
            json!({"token": {"expires_in_s": null}}),
        ),
        (
            "U4 token_expired proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"age_s": 3600, "jwt_claims": {"exp": NOW - 5}}, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "response": {"headers": {"date": "junk"}}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": "never", "nbf": true}}, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "U4 token_expired proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"age_s": 1e+300}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"age_s": -5}}),
        ),
        (
            "U4 token_expired proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": -5}}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": "x"}}),
        ),
        (
            "U4 token_expired proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": "60"}}),
        ),
    ];
    let read = |(expected, status, body, more): (&str, u16, serde_json::Value, serde_json::Value)| {
        case(expected, &format!("{status} {body} {more}"), with(api(status, body), more))
    };
    cases.map(read).into()
}
