//! T: the token endpoint answers.

use serde_json::json;

use super::super::{Case, case, mint, with};

pub(super) fn cases() -> Vec<Case> {
    let html = json!({"response": {"headers": {"content-type": "text/html"}}});
    vec![
        case(
            "T1 rate_limited proven retry",
            "429 in the general shape of Stytch",
            mint(429, json!({"error_type": "too_many_requests"})),
        ),
        case(
            "T2 token_endpoint_down proven retry",
            "500 with a page",
            with(mint(500, json!("<html>oops</html>")), html.clone()),
        ),
        case("T2 token_endpoint_down proven retry", "408", mint(408, json!(""))),
        case(
            "T3 revoked_or_rotated_secret proven",
            "400, as Stytch does",
            mint(400, json!({"error": "invalid_client", "status_code": 400})),
        ),
        case(
            "T3 revoked_or_rotated_secret proven",
            "the code in error_type",
            mint(401, json!({"error_type": "invalid_client"})),
        ),
        case(
            "T3 revoked_or_rotated_secret proven",
            "a body that was cut",
            mint(401, json!(r#"{"error":"invalid_client","error_desc"#)),
        ),
        case(
            "T3 revoked_or_rotated_secret proven",
            "JSON called HTML",
            with(mint(401, json!({"error": "invalid_client"})), html.clone()),
        ),
        case(
            "T3 revoked_or_rotated_secret proven",
            "a form for an answer",
            with(
                mint(400, json!("error=invalid_client")),
                json!({"response": {"headers": {"content-type": "application/x-www-form-urlencoded"}}}),
            ),
        ),
        case(
            "T4 scope_not_assignable proven -datasets:admin -usage:read",
            "no name: all that was asked",
            mint(400, json!({"error": "invalid_scope"})),
        ),
        case(
            "T4 scope_not_assignable proven -datasets:admin",
            "named without the word scope",
            mint(
                400,
                json!({"error": "invalid_scope", "error_description": "datasets:admin is not assigned to this client"}),
            ),
        ),
        case(
            "T4 scope_not_assignable proven -datasets:admin -usage:read",
            "names only what would be allowed",
            mint(400, json!({"error": "invalid_scope", "error_description": "Valid scopes: files:read"})),
        ),
        case(
            "T4 scope_not_assignable proven -datasets:admin",
            "names in error_message",
            mint(400, json!({"error_type": "invalid_scope", "error_message": "Unknown scope \"datasets:admin\"."})),
        ),
        case(
            "T4 scope_not_assignable proven",
            "nothing was asked for",
            with(mint(400, json!({"error": "invalid_scope"})), json!({"token": {"requested_scopes": []}})),
        ),
        case(
            "T5 client_not_allowed proven",
            "unauthorized_client with 401",
            mint(401, json!({"error": "unauthorized_client"})),
        ),
        case("T6 wrong_audience proven", "RFC 8707", mint(400, json!({"error": "invalid_target"}))),
        case("T7 token_request_malformed proven", "415", mint(415, json!(""))),
        case(
            "T7 token_request_malformed proven",
            "another grant",
            mint(401, json!({"error": "unsupported_grant_type"})),
        ),
        case(
            "T7 token_request_malformed proven",
            "a 400 of no known code",
            mint(400, json!({"error": "temporarily_sad"})),
        ),
        case(
            "T8 blocked_by_edge stated",
            "a page without content type",
            with(
                mint(403, json!("<!DOCTYPE html><title>Denied</title>")),
                json!({"response": {"headers": {"content-type": null}}}),
            ),
        ),
        case("T9 wrong_environment inferred", "404", mint(404, json!({"error": "not_found"}))),
        case(
            "T10 revoked_or_rotated_secret inferred",
            "403 access_denied",
            mint(403, json!({"error": "access_denied"})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "a token that is null",
            mint(200, json!({"access_token": null})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "a text that fits no header",
            mint(200, json!({"access_token": "bad\ntoken\u{0}"})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "the same as it is kept",
            mint(200, json!({"access_token": "(unusable text)"})),
        ),
        case("T11 token_response_invalid proven retry", "an empty text", mint(200, json!({"access_token": ""}))),
        case("T11 token_response_invalid proven retry", "a number", mint(200, json!({"access_token": 5}))),
        case(
            "T11 token_response_invalid proven retry",
            "a number as it is kept",
            mint(200, json!({"access_token": "(number)"})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "an object as it is kept, with 201",
            mint(201, json!({"access_token": "(object)"})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "a token that is no bearer",
            mint(200, json!({"access_token": "(string)", "token_type": "mac"})),
        ),
        case(
            "T11 token_response_invalid proven retry",
            "a type that is no text",
            mint(200, json!({"access_token": "(string)", "token_type": 7})),
        ),
        case(
            "T12 token_request_malformed inferred",
            "a token for all that is kept of it",
            mint(200, json!({"access_token": "(string)", "token_type": "Bearer"})),
        ),
        case("T11 token_response_invalid proven retry", "a page", with(mint(200, json!("<html>")), html)),
        case("T12 token_request_malformed inferred", "307", mint(307, json!(""))),
        case("T12 token_request_malformed inferred", "a status that is none", mint(0, json!(""))),
        case("T1 rate_limited proven retry", "no field but the status", json!({"response": {"status": "429"}})),
    ]
}
