//! C: clocks.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

const NOW: i64 = 1_795_525_200;

/// A JWT whose times are these many seconds from the server's `Date`.
fn at(status: u16, not_before: i64, expires: i64, skew: i64) -> Value {
    with(
        api(status, json!({"detail": "Invalid or expired token."})),
        json!({
            "token": {"jwt_claims": {"nbf": NOW + not_before, "exp": NOW + expires}},
            "response": {"headers": {"date": "Tue, 24 Nov 2026 13:00:00 GMT"}},
            "server_date_skew_s": skew,
        }),
    )
}

fn second(evidence: Value, status: u16) -> Value {
    with(evidence, json!({"second_attempt_status": status}))
}

fn cached(evidence: Value) -> Value {
    with(evidence, json!({"response": {"headers": {"age": "10"}}}))
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("C1 clock_skew proven retry", "not before", at(401, 1, 3600, 0)),
        case("C1 clock_skew proven retry", "a fresh one fares the same", second(at(401, 5, 3600, 0), 401)),
        case("C1 clock_skew proven", "healed", second(at(401, 5, 3600, 0), 200)),
        case("U8 token_rejected inferred retry", "valid from this very second", at(401, 0, 3600, 0)),
        case("U8 token_rejected inferred retry", "an answer from a cache", cached(at(401, 5, 3600, 0))),
        case("F7 resource_forbidden inferred", "403 is not about when a token begins", at(403, 5, 3600, 0)),
        case(
            "C1 clock_skew proven retry",
            "iat where there is no nbf",
            with(at(401, 0, 3600, 0), json!({"token": {"jwt_claims": {"nbf": null, "iat": NOW + 9}}})),
        ),
        case("C2 clock_skew proven retry", "ended for the server, clocks a minute apart", at(401, -3600, 0, 60)),
        case("C2 clock_skew proven retry", "the local clock is ahead", at(403, -3600, -1, -60)),
        case("C2 clock_skew proven", "a fresh one is rejected too", second(at(401, -3600, -1, 7200), 401)),
        case("C3 token_expired proven retry", "clocks less than a minute apart", at(401, -3600, 0, 59)),
        case(
            "C3 token_expired proven retry",
            "a difference that nobody measured",
            with(at(403, -3600, -1, 0), json!({"server_date_skew_s": null})),
        ),
        case("C3 token_expired proven", "healed", second(at(401, -3600, -1, 0), 200)),
        case("U3 fresh_token_rejected proven", "a fresh one is rejected", second(at(401, -3600, -1, 0), 401)),
        case(
            "U4 token_expired proven retry",
            "ended by both clocks",
            with(at(401, -4000, -1, 7200), json!({"token": {"age_s": 3600}})),
        ),
        case(
            "U8 token_rejected inferred retry",
            "hostile claims",
            with(at(401, 0, 1, 0), json!({"token": {"jwt_claims": ["nbf", 1e300]}})),
        ),
        case(
            "C1 clock_skew proven retry",
            "absurd numbers",
            with(
                at(401, 0, 0, 0),
                json!({"token": {"age_s": i64::MIN, "jwt_claims": {"nbf": 1e300, "exp": -1e300}}, "server_date_skew_s": i64::MIN}),
            ),
        ),
    ]
}
