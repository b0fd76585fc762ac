//! U: an ordinary 401.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

pub(super) fn cases() -> Vec<Case> {
    let says = |text: &str| api(401, json!({"detail": text}));
    let second = |evidence: Value, status: u16| with(evidence, json!({"second_attempt_status": status}));
    let claims = |evidence: Value, claims: Value| with(evidence, json!({"token": {"jwt_claims": claims}}));
    let opaque = |evidence: Value| with(evidence, json!({"token": {"expires_in_s": null}}));
    let short = json!({"token": {"requested_scopes": "a:b c:d", "granted_scopes": ["a:b"]}});
    vec![
        case(
            "U1 missing_scope inferred -c:d",
            "a fresh one is forbidden and short",
            second(with(says("no"), short), 403),
        ),
        case("U1 resource_forbidden inferred", "a fresh one is forbidden, grant unknown", second(says("no"), 403)),
        case(
            "U2 wrong_environment inferred",
            "a sandbox in a list of audiences",
            second(claims(says("no"), json!({"aud": ["x", "api-sandbox2"]})), 401),
        ),
        case(
            "U2 wrong_environment inferred",
            "staging in the issuer",
            second(claims(says("no"), json!({"iss": "https://auth.staging.example.test"})), 401),
        ),
        case(
            "U3 fresh_token_rejected proven",
            "staging against staging",
            with(
                second(claims(says("no"), json!({"iss": "auth.staging.example"})), 401),
                json!({"context": {"api_host": "api.staging.example"}}),
            ),
        ),
        case(
            "U3 fresh_token_rejected proven",
            "words that only hold such a word",
            second(claims(says("no"), json!({"iss": "https://latest.device.example", "aud": "contest"})), 401),
        ),
        case(
            "U3 fresh_token_rejected proven",
            "claims that are no text",
            second(claims(says("no"), json!({"iss": 5, "aud": {"test": 1}})), 401),
        ),
        case(
            "U4 token_expired proven retry",
            "at the very second",
            with(says("no"), json!({"token": {"age_s": 3600}})),
        ),
        case("U4 token_expired proven", "healed", second(with(says("no"), json!({"token": {"age_s": 3600}})), 201)),
        case(
            "U4 token_expired proven retry",
            "the fresh one met a fault",
            second(with(says("no"), json!({"token": {"age_s": 3600}})), 503),
        ),
        case("U5 token_expired stated retry", "a code", api(401, json!({"error": "token_expired"}))),
        case("U5 token_expired stated", "healed", second(says("The access token has expired."), 200)),
        case(
            "U8 token_rejected inferred retry",
            "expired, revoked or invalid",
            says("The access token is expired, revoked, or invalid"),
        ),
        case("U6 token_expired inferred", "healed, life unknown", second(opaque(says("no")), 200)),
        case("U7 stale_token proven", "healed, life known", second(says("no"), 200)),
        case(
            "U7 stale_token proven",
            "healed, life known by its claims",
            second(claims(opaque(says("no")), json!({"iat": 0, "exp": 3600})), 200),
        ),
        case("U8 token_rejected inferred retry", "nothing at all", api(401, json!(""))),
        case("U8 token_rejected inferred retry", "the fresh one met a missing page", second(says("no"), 404)),
        case(
            "U8 token_rejected inferred retry",
            "a second status that is none",
            with(says("no"), json!({"second_attempt_status": "x"})),
        ),
    ]
}
