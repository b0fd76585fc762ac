//! What a second try with a fresh token tells.

use serde_json::json;

use super::super::{Case, api, case, with};

const DATE: &str = "Tue, 24 Nov 2026 13:00:00 GMT";
const NOW: i64 = 1_795_525_200;

pub(super) fn cases() -> Vec<Case> {
    let cases = [
        (
            "C2 clock_skew proven",
            403,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "second_attempt_status": 403, "server_date_skew_s": 61, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C3 token_expired proven",
            403,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW}}, "second_attempt_status": 403, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C1 clock_skew proven",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": NOW + 5}}, "second_attempt_status": 200, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C1 clock_skew proven retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"nbf": NOW + 5}}, "second_attempt_status": 401, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "C3 token_expired proven",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "second_attempt_status": 503, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "E5 credentials_missing stated",
            401,
            json!({"detail": "Missing Authorization header."}),
            json!({"second_attempt_status": 401}),
        ),
        (
            "F1 token_expired proven",
            403,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"age_s": 4000}, "second_attempt_status": 200}),
        ),
        (
            "F2 stale_token proven",
            403,
            json!({"detail": "Invalid or expired token."}),
            json!({"second_attempt_status": 200}),
        ),
        (
            "U2 wrong_environment inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iss": "stytch.com/project-test-1"}}, "second_attempt_status": 401}),
        ),
        (
            "U3 fresh_token_rejected proven",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iss": "stytch.com/project-live-1"}}, "second_attempt_status": 401}),
        ),
        (
            "U6 token_expired inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": null}, "second_attempt_status": 200}),
        ),
        (
            "U1 missing_scope inferred -b:c",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"requested_scopes": ["a:b", "b:c"], "granted_scopes": ["a:b"]}, "second_attempt_status": 403}),
        ),
        (
            "U3 fresh_token_rejected proven",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"exp": NOW - 5}}, "second_attempt_status": 401, "response": {"headers": {"date": DATE}}}),
        ),
        (
            "U6 token_expired inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"expires_in_s": null}, "second_attempt_status": 204}),
        ),
        (
            "U1 resource_forbidden inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"second_attempt_status": 403}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"second_attempt_status": 500}),
        ),
        (
            "U8 token_rejected inferred retry",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"second_attempt_status": 429}),
        ),
        (
            "U2 wrong_environment inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"aud": ["https://api.sandbox.example.com"]}}, "second_attempt_status": 401}),
        ),
        (
            "U2 wrong_environment inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iss": "https://dev-123.okta.com"}}, "second_attempt_status": 401}),
        ),
        (
            "U2 wrong_environment inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"aud": "staging_api"}}, "second_attempt_status": 401}),
        ),
        (
            "U2 wrong_environment inferred",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iss": "https://TEST.example.com"}}, "second_attempt_status": 401}),
        ),
        (
            "U3 fresh_token_rejected proven",
            401,
            json!({"detail": "Invalid or expired token."}),
            json!({"token": {"jwt_claims": {"iss": "https://latest.example.com", "aud": "devices"}}, "second_attempt_status": 401}),
        ),
    ];
    let read = |(expected, status, body, more): (&str, u16, serde_json::Value, serde_json::Value)| {
        case(expected, &format!("{status} {body} {more}"), with(api(status, body), more))
    };
    cases.map(read).into()
}
