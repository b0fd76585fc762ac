//! Token endpoints that refuse, fail, are slow, or send somewhere else; and tokens that no API takes.

use apicron::standin::{Clocks, Cut, Fault, Knobs};
use serde_json::json;

use super::told::{Case, TOKEN, USAGE, case, refusing, told_of_all};

fn error(status: u16, error: &str) -> Knobs {
    let body = json!({ "error": error, "error_description": "Because." });
    refusing(Fault { body: Some(body), ..Fault::status(TOKEN, status) })
}

fn clocks(token_s: i64) -> Knobs {
    Knobs { clocks: Clocks { token_s, api_s: 0 }, ..Knobs::default() }
}

fn endpoints() -> Vec<Case> {
    let redirect = |status| Fault { location: Some("/v1/elsewhere".to_owned()), ..Fault::status(TOKEN, status) };
    vec![
        case("invalid_client, 401", error(401, "invalid_client")),
        case("invalid_client, 400", error(400, "invalid_client")),
        case("invalid_scope", error(400, "invalid_scope")),
        case("unauthorized_client", error(400, "unauthorized_client")),
        case("unsupported_grant_type", error(400, "unsupported_grant_type")),
        case("403 without a word", refusing(Fault { body: Some(json!("")), ..Fault::status(TOKEN, 403) })),
        case("404", refusing(Fault { html: true, ..Fault::status(TOKEN, 404) })),
        case("500", refusing(Fault::status(TOKEN, 500))),
        case("502 with a page", refusing(Fault { html: true, ..Fault::status(TOKEN, 502) })),
        case("503 with Retry-After within the deadline", refusing(Fault::status(TOKEN, 503).retry_after(1))),
        case("503 with Retry-After beyond the deadline", refusing(Fault::status(TOKEN, 503).retry_after(20))),
        case("503 with Retry-After of an hour", refusing(Fault::status(TOKEN, 503).retry_after(3600))),
        case("429", refusing(Fault::status(TOKEN, 429))),
        case("429 with Retry-After of an hour", refusing(Fault::status(TOKEN, 429).retry_after(3600))),
        case("500 once", refusing(Fault::status(TOKEN, 500).times(1))),
        case("slow beyond the deadline", Knobs { token_delay_ms: 60_000, ..Knobs::default() })
            .with("deadline = \"2s\""),
        case("a body that never ends", refusing(Fault::slow(TOKEN, 60_000))).with("deadline = \"2s\""),
        case("a connection that is cut", refusing(Fault::cut(TOKEN, Cut::Reply))),
        case("a body that is cut", refusing(Fault::cut(TOKEN, Cut::Body))),
        case("a redirect, 307", refusing(redirect(307))),
        case("a redirect, 302", refusing(redirect(302))),
    ]
}

fn tokens() -> Vec<Case> {
    let same = Fault {
        body: Some(json!({ "access_token": "a-token-of-the-test", "token_type": "bearer", "expires_in": 3600 })),
        ..Fault::status(TOKEN, 200)
    };
    vec![
        case("401 for ever", Knobs { faults: vec![Fault::status(USAGE, 401)], ..Knobs::default() }),
        case(
            "401 for ever, and the same token again",
            Knobs { faults: vec![same, Fault::status(USAGE, 401)], ..Knobs::default() },
        ),
        case("403 for ever", Knobs { faults: vec![Fault::status(USAGE, 403)], ..Knobs::default() }),
        case("each token is taken once", Knobs { revoke_after_requests: Some(1), ..Knobs::default() }),
        case("no token is taken at all", Knobs { revoke_after_requests: Some(0), ..Knobs::default() }),
        case("tokens that live a second", Knobs { token_life_s: 1, ..Knobs::default() }),
        case("tokens that are dead when they come", Knobs { token_life_s: 0, ..Knobs::default() }),
        case("the token clock is 10 minutes ahead", clocks(600)),
        case("the token clock is 10 minutes behind", clocks(-600)),
        case("the token clock is 10 minutes ahead, and tokens live 5", Knobs { token_life_s: 300, ..clocks(600) }),
        case("the token clock is 10 minutes behind, and tokens live 5", Knobs { token_life_s: 300, ..clocks(-600) }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_token_endpoint_ends_in_its_kind_and_no_request_too_many() {
    insta::assert_snapshot!(told_of_all(endpoints()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_an_api_refuses_costs_one_more_token_and_one_more_request() {
    insta::assert_snapshot!(told_of_all(tokens()).await);
}
