//! Lists, a page at a time.
//!
//! A client asks for a page by `cursor` (an opaque text), by `offset` or by `page` (from 1), and for its size with
//! `limit` or `per_page`. Every answer carries what leads on: `nextCursor`, `hasMore`, `totalCount`, and a `Link`
//! header (RFC 8288) to the next page, spelt in the way that the request chose.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::form_urlencoded::{self, Serializer};

use super::answer::Answer;
use super::paging::{ListBody, PagingKnobs};
use super::reply::Problem;
use super::visit::Visit;

const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;
const PLACES: [&str; 3] = ["cursor", "offset", "page"];

/// The page that a request asks for of a list of `total`, whose elements `nth` makes.
pub(super) fn page(
    visit: &Visit,
    knobs: &PagingKnobs,
    total: u64,
    nth: impl Fn(u64) -> Value,
) -> Result<Answer, Problem> {
    let asked = Asked::read(visit)?;
    let from = asked.from;
    let to = from.saturating_add(asked.limit);
    let elements: Vec<Value> = if asked.is_before_the_first(knobs) {
        Vec::new()
    } else if knobs.endless && total > 0 {
        (from..to).map(|n| nth(n % total)).collect()
    } else {
        (from.min(total)..to.min(total)).map(nth).collect()
    };
    let next = asked.next(knobs, total);
    let leads_on = next.filter(|_| !knobs.null_cursor_with_more);
    let link = leads_on.map(|next| format!("<{}>; rel=\"next\"", asked.address(visit, knobs, next)));
    let name = match knobs.body {
        ListBody::Items => "items",
        ListBody::Data => "data",
        ListBody::Bare => return Ok(Answer { link, ..Answer::ok(elements.into()) }),
    };
    let body = json!({
        name: elements,
        "hasMore": next.is_some(),
        "nextCursor": leads_on.map(cursor),
        "totalCount": total,
    });
    Ok(Answer { link, ..Answer::ok(body) })
}

/// The page of a list that is at hand.
pub(super) fn page_of(visit: &Visit, knobs: &PagingKnobs, all: &[Value]) -> Result<Answer, Problem> {
    let nth = |n| usize::try_from(n).ok().and_then(|n| all.get(n)).cloned().unwrap_or_default();
    page(visit, knobs, u64::try_from(all.len()).unwrap_or(u64::MAX), nth)
}

/// What a request asks for.
struct Asked {
    by: By,
    from: u64,
    limit: u64,
}

/// How it says where its page is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Nothing,
    Cursor,
    Offset,
    Page,
}

impl Asked {
    fn read(visit: &Visit) -> Result<Asked, Problem> {
        let limit = limit(visit)?;
        match PLACES.map(|name| visit.param(name)) {
            [None, None, None] => Ok(Asked { by: By::Nothing, from: 0, limit }),
            [Some(text), None, None] => Ok(Asked { by: By::Cursor, from: place(&text)?, limit }),
            [None, Some(text), None] => Ok(Asked { by: By::Offset, from: whole("offset", &text, 0)?, limit }),
            [None, None, Some(text)] => {
                let from = (whole("page", &text, 1)? - 1).saturating_mul(limit);
                Ok(Asked { by: By::Page, from, limit })
            }
            _ => Err(Problem::invalid(["query", "cursor"], "Only one of cursor, offset and page may be given")),
        }
    }

    fn is_before_the_first(&self, knobs: &PagingKnobs) -> bool {
        knobs.empty_first_page && self.by == By::Nothing
    }

    /// Where the next page starts.
    fn next(&self, knobs: &PagingKnobs, total: u64) -> Option<u64> {
        let to = self.from.saturating_add(self.limit);
        if self.is_before_the_first(knobs) {
            return Some(0);
        }
        if !knobs.endless && to >= total {
            return None;
        }
        let number = self.from / self.limit + 1;
        let repeats = knobs.repeat_cursor_after.is_some_and(|after| number >= after);
        Some(if repeats { self.from } else { to })
    }

    /// The address of the page that starts at `next`: this one's with another place in it.
    fn address(&self, visit: &Visit, knobs: &PagingKnobs, next: u64) -> String {
        let mut query = Serializer::new(String::new());
        let kept = form_urlencoded::parse(visit.query().as_bytes());
        query.extend_pairs(kept.filter(|(name, _)| !PLACES.contains(&name.as_ref())));
        match self.by {
            By::Nothing | By::Cursor => query.append_pair("cursor", &cursor(next)),
            By::Offset => query.append_pair("offset", &next.to_string()),
            By::Page => query.append_pair("page", &(next / self.limit + 1).to_string()),
        };
        let here = || visit.header("host").map(|host| format!("http://{host}"));
        let origin = knobs.foreign_link.clone().or_else(here).unwrap_or_default();
        format!("{origin}{}?{}", visit.path(), query.finish())
    }
}

fn limit(visit: &Visit) -> Result<u64, Problem> {
    let Some(text) = visit.param("limit").or_else(|| visit.param("per_page")) else { return Ok(DEFAULT_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| Problem::invalid(["query", "limit"], "Input should be a whole number from 1 to 100"))
}

fn whole(name: &str, text: &str, least: u64) -> Result<u64, Problem> {
    let number = text.parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| Problem::invalid(["query", name], &format!("Input should be a whole number from {least}")))
}

/// To clients it is an opaque text.
fn cursor(from: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("from:{from}"))
}

fn place(cursor: &str) -> Result<u64, Problem> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let from = text.and_then(|text| text.strip_prefix("from:")?.parse().ok());
    from.ok_or_else(|| Problem::new(400, "Invalid cursor."))
}

#[cfg(test)]
mod tests;
