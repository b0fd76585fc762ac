//! Lists, a page at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::reply::Problem;
use super::visit::Visit;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// The page of `all` that a request asks for with `limit` and `cursor`.
pub(super) fn page(visit: &Visit, all: &[Value]) -> Result<Value, Problem> {
    let limit = limit(visit)?;
    let start = start(visit)?.min(all.len());
    let end = start.saturating_add(limit).min(all.len());
    let next = (end < all.len()).then(|| URL_SAFE_NO_PAD.encode(format!("from:{end}")));
    let items = all.get(start..end).unwrap_or_default();
    Ok(json!({ "items": items, "hasMore": next.is_some(), "nextCursor": next, "totalCount": all.len() }))
}

fn limit(visit: &Visit) -> Result<usize, Problem> {
    let Some(text) = visit.param("limit") else { return Ok(DEFAULT_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| Problem::invalid(["query", "limit"], "Input should be a whole number from 1 to 100"))
}

/// Where a page starts. To clients the cursor is an opaque text.
fn start(visit: &Visit) -> Result<usize, Problem> {
    let Some(cursor) = visit.param("cursor") else { return Ok(0) };
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let start = text.and_then(|text| text.strip_prefix("from:")?.parse().ok());
    start.ok_or_else(|| Problem::new(400, "Invalid cursor."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::visit::example;

    fn all() -> Vec<Value> {
        (0..5).map(Value::from).collect()
    }

    #[test]
    fn following_the_cursor_gives_everything_once() {
        let (mut collected, mut query) = (Vec::new(), "limit=2".to_owned());
        loop {
            let page = page(&example("GET", &format!("/v1/datasets?{query}")), &all()).expect("a page");
            collected.extend(page["items"].as_array().expect("items").clone());
            assert_eq!(page["hasMore"] == true, page["nextCursor"].is_string());
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            query = format!("limit=2&cursor={cursor}");
        }
        assert_eq!(collected, all());
    }

    #[test]
    fn a_limit_out_of_range_and_a_foreign_cursor_are_refused() {
        for (query, status) in
            [("limit=0", 422), ("limit=101", 422), ("limit=x", 422), ("cursor=x", 400), ("cursor=", 400)]
        {
            let visit = example("GET", &format!("/v1/datasets?{query}"));
            assert_eq!(page(&visit, &all()).expect_err(query).status, status, "{query}");
        }
    }

    #[test]
    fn a_cursor_beyond_the_end_gives_an_empty_last_page() {
        let cursor = URL_SAFE_NO_PAD.encode(format!("from:{}", usize::MAX));
        let page = page(&example("GET", &format!("/v1/datasets?cursor={cursor}")), &all()).expect("a page");
        assert_eq!((&page["items"], &page["hasMore"]), (&json!([]), &json!(false)));
    }
}
