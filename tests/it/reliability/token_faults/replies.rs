//! Token replies with 200 that are odd, or no token at all.

use apicron::standin::Fault;
use serde_json::{Value, json};

use super::told::{Case, TOKEN, case, refusing, reply_with, reply_without, replying, told_of_all};

fn unusable() -> Vec<Case> {
    vec![
        case("a page of HTML", refusing(Fault { html: true, ..Fault::status(TOKEN, 200) })),
        case("an empty body", replying(json!(""))),
        case("an array", replying(json!(["a-token-of-the-test"]))),
        case("half an object", replying(json!("{\"access_token\": \"a-tok"))),
        case("no access_token", reply_without("access_token")),
        case("an empty access_token", reply_with("access_token", json!(""))),
        case("a number as access_token", reply_with("access_token", json!(12_345_678))),
        case("null as access_token", reply_with("access_token", Value::Null)),
        case("a line end in access_token", reply_with("access_token", json!("a-token\r\nX-Evil: yes"))),
        case("a control character in access_token", reply_with("access_token", json!("a-token\u{7}-of-the-test"))),
        case("a letter beyond ASCII in access_token", reply_with("access_token", json!("a-töken-of-the-test"))),
        case("an access_token of 1 MB", reply_with("access_token", json!("t".repeat(1_000_000)))),
        case("a token_type of MAC", reply_with("token_type", json!("mac"))),
        case("a number as token_type", reply_with("token_type", json!(7))),
        case("a list as token_type", reply_with("token_type", json!(["bearer"]))),
    ]
}

fn odd() -> Vec<Case> {
    vec![
        case("an access_token of 8 KB", reply_with("access_token", json!("t".repeat(8_000)))),
        case("an access_token of 60 KB", reply_with("access_token", json!("t".repeat(60_000)))),
        case("no token_type", reply_without("token_type")),
        case("token_type in another case", reply_with("token_type", json!("BEARER"))),
        case("no expires_in", reply_without("expires_in")),
        case("expires_in of null", reply_with("expires_in", Value::Null)),
        case("expires_in of 0", reply_with("expires_in", json!(0))),
        case("expires_in of -60", reply_with("expires_in", json!(-60))),
        case("expires_in of 1e18", reply_with("expires_in", json!(1e18))),
        case("expires_in as a text", reply_with("expires_in", json!("3600"))),
        case("expires_in as a fraction", reply_with("expires_in", json!(3599.9))),
        case("expires_in as a sentence", reply_with("expires_in", json!("an hour"))),
        case("fewer scopes than asked for", reply_with("scope", json!("files:read"))),
        case("a list as scope", reply_with("scope", json!(["usage:read"]))),
        case("fields that nobody asked for", reply_with("refresh_token", json!({ "deep": [1, [2, [3]]] }))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_no_token_fails_the_run_and_says_what_is_wrong_with_it() {
    insta::assert_snapshot!(told_of_all(unusable()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_odd_is_used_as_far_as_it_can_be_and_its_life_is_told() {
    insta::assert_snapshot!(told_of_all(odd()).await);
}
