//! The secret that takes the place of another, and what is said about a wrong one.

use super::{GOOD, check};

/// [`GOOD`] with this next secret.
fn next(source: &str) -> String {
    GOOD.replace("client_id =", &format!("next_client_secret = {source}\nclient_id ="))
}

#[test]
fn next_secrets() {
    let client =
        "token_url = \"https://auth.example.com/token\"\nclient_id = \"id\"\nclient_secret = { env = \"SECRET\" }";
    let bearer = "bearer = { env = \"SECRET\" }\nnext_client_secret = { env = \"SECRET\", optional = true }";
    check(
        "next_secrets",
        &[
            ("a literal", next("\"hunter2-hunter2\"")),
            ("no source", next("{ optional = true }")),
            ("one that may be absent, by a text", next("{ env = \"SECRET2\", optional = \"yes\" }")),
            ("one that is too short, though it may be absent", next("{ env = \"SHORT\", optional = true }")),
            ("one in the place of the other", next("{ env = \"SECRET\" }")),
            ("one beside a bearer", GOOD.replace(client, bearer)),
            ("another secret that may be absent", GOOD.replace("\"SECRET\" }", "\"SECRET\", optional = true }")),
        ],
    );
}
