//! E: a new token cannot help.

use serde_json::{Value, json};

use super::super::{Case, api, case, with};

fn challenged(lines: Value) -> Value {
    with(api(401, json!("")), json!({"response": {"headers": {"www-authenticate": lines}}}))
}

pub(super) fn cases() -> Vec<Case> {
    let says = |status: u16, text: &str| api(status, json!({"detail": text}));
    vec![
        case(
            "E1 wrong_audience stated",
            "in a challenge, as ASP.NET does",
            challenged(json!("Bearer error=\"invalid_token\", error_description=\"The audience 'x' is invalid\"")),
        ),
        case("E1 wrong_audience stated", "403 with a code", api(403, json!({"code": "invalid_audience"}))),
        case("E1 wrong_audience stated", "the claim's name", says(401, "jwt aud invalid")),
        case("E2 wrong_environment stated", "issuer", says(401, "Token issuer is not trusted")),
        case("E2 wrong_environment stated", "tenant", says(403, "Tenant mismatch")),
        case("E2 wrong_environment stated", "workspace", says(403, "This token does not belong to this workspace")),
        case(
            "F4 role_visibility stated",
            "one's own organisation",
            says(403, "Only an owner of the organization may do this"),
        ),
        case("E3 token_type_mismatch proven", "of any case", challenged(json!(["dpop algs=\"ES256 RS256\""]))),
        case(
            "U8 token_rejected inferred retry",
            "DPoP and Bearer",
            challenged(json!("DPoP algs=\"ES256\", Bearer error=\"invalid_token\"")),
        ),
        case(
            "E4 blocked_by_edge proven",
            "DPoP and Basic",
            challenged(json!(["DPoP algs=\"ES256\"", "Basic realm=\"x\""])),
        ),
        case("E4 blocked_by_edge proven", "Negotiate", challenged(json!("Negotiate YII="))),
        case("U8 token_rejected inferred retry", "a challenge that is none", challenged(json!("\"\", =, error=x"))),
        case("E5 credentials_missing stated", "Django", says(401, "Authentication credentials were not provided.")),
        case(
            "E5 credentials_missing stated",
            "beside a code that is no OAuth error",
            api(401, json!({"error": "Unauthorized", "message": "No authorization token was found"})),
        ),
        case(
            "U8 token_rejected inferred retry",
            "with an error it is no missing header",
            with(
                says(401, "Missing Authorization header"),
                json!({"response": {"headers": {"www-authenticate": "Bearer error=\"invalid_token\""}}}),
            ),
        ),
        case(
            "U8 token_rejected inferred retry",
            "missing or invalid",
            says(401, "Missing or invalid Authorization header"),
        ),
        case(
            "F7 resource_forbidden inferred",
            "403 with no authorization",
            says(403, "No authorization for this dataset"),
        ),
    ]
}
