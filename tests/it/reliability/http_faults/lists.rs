//! Lists that have no end, or do not say where it is.

use super::fault::Right::Fails;
use super::fault::{Fault, answer, json};

/// A list that is paged by what a body says.
const LIST: &str = r#"get = "/items"
pages = { by = "cursor", items = ".items", cursor = ".next", more = ".more", param = "cursor" }
metrics = { used = "$items.seen" }"#;
const LINKED: &str = r#"get = "/items"
pages = { by = "link", items = ".items" }
metrics = { used = "$items.seen" }"#;

pub(super) fn faults() -> Vec<Fault> {
    let list = |name, body: &str, kind| Fault::answer(name, json(body), Fails(kind)).calls(&[LIST]);
    let linked = |name, link: &str, kind| {
        Fault::answer(name, answer(200, &format!("link: {link}\r\n"), r#"{"items":[1]}"#), Fails(kind)).calls(&[LINKED])
    };
    let long = format!(r#"{{"items":[1],"next":"{}"}}"#, "c".repeat(100_000));
    vec![
        list("cursor-that-repeats", r#"{"items":[1],"next":"a"}"#, "cursor_repeats").twice(),
        list("cursor-missing", r#"{"items":[1],"next":null,"more":true}"#, "cursor_missing"),
        list("cursor-of-100000-bytes", &long, "too_large"),
        list("page-without-items", r#"{"error":"busy"}"#, "filter"),
        list("page-that-is-empty", "", "not_json"),
        linked("link-to-itself", "</items>; rel=\"next\"", "cursor_repeats").twice(),
        linked("link-to-another-host", "<https://elsewhere.invalid/items>; rel=\"next\"", "blocked_target"),
        linked("link-that-cannot-be-read", "<http://x; rel=next", "cursor_missing"),
    ]
}
