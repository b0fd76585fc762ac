//! How a call's list is read, and where its items are kept.

use super::super::api::Known;
use super::super::choice::choice;
use super::super::filters::{self, Uses};
use super::super::pages;
use super::records;
use super::sees::{Sees, is_there};
use crate::config::file::{Call as Written, FlagOr};
use crate::config::names;
use crate::config::place::At;
use crate::filter::Template;
use crate::job::{Method, PageBy, Pages, Records};
use crate::run::Gone;

/// Columns that each view of a collection has.
const RESERVED_COLUMNS: &[&str] = &["key", "first_seen_at", "changed_at", "last_seen_at", "gone_at"];

const GONE: [(&str, Gone); 3] = [("keep", Gone::Keep), ("mark", Gone::Mark), ("mark-empty", Gone::MarkEmpty)];

/// How the list is paged: `Some(None)` for an answer that is whole, and `None` for paging that is wrong.
pub(super) fn pages<'f>(
    at: &At<'f>,
    written: &Written,
    method: Option<Method>,
    api: Option<&Known>,
    sees: Sees,
    uses: &mut Vec<Uses<'f>>,
) -> Option<Option<Pages>> {
    let here = at.key("pages");
    let paged = match (at.get("pages", &written.pages), api) {
        (None | Some(FlagOr::Flag(false)), _) => return Some(None),
        // That there is no such API is said already.
        (Some(FlagOr::Flag(true)), None) => None,
        (Some(FlagOr::Table(table)), None) => {
            pages::check(&here, table, sees.reply(), uses);
            None
        }
        (Some(FlagOr::Table(table)), Some(known)) => {
            pages::of_call(&here, table, known.pages.as_ref(), sees.reply(), uses)
        }
        (Some(FlagOr::Flag(true)), Some(known)) => as_api(&here, known),
    };
    check_fits(at, written, method);
    paged.map(Some)
}

fn as_api(at: &At<'_>, known: &Known) -> Option<Pages> {
    if known.pages.is_none() {
        let name = &known.api.name;
        at.error("missing-key", format!("API `{name}` does not say how its lists are paged"))
            .help(format!("write `[apis.{name}.pages]`, or a table here"))
            .report();
    }
    pages::as_api(at, known.pages.as_ref()?)
}

fn check_fits(at: &At<'_>, written: &Written, method: Option<Method>) {
    if method.is_some_and(|method| !method.is_safe()) {
        at.key("pages")
            .key_error("conflicting-keys", "only a `get` is read page by page")
            .help("leave `pages` out, or write `get` and put what is sent into `query`")
            .report();
    }
    if is_there(&written.until) {
        at.key("until")
            .key_error("conflicting-keys", "`until` does not go with `pages`")
            .related(at.key("pages").as_related("the pages"))
            .help("read the list in a later call")
            .report();
    }
}

/// Reports parameters of the query that paging sets.
pub(super) fn check_query(at: &At<'_>, query: &[(String, Template)], pages: &Pages) {
    let place = match &pages.by {
        PageBy::Cursor { param, .. } | PageBy::Offset { param } | PageBy::Number { param, .. } => Some(param),
        PageBy::Link { .. } => None,
    };
    let set: Vec<&String> = place.into_iter().chain(pages.size.as_ref().map(|size| &size.param)).collect();
    let mut names: Vec<&String> = query.iter().map(|(name, _)| name).filter(|name| set.contains(name)).collect();
    // A list gives its name once for each element.
    names.dedup();
    for name in names {
        at.key("query")
            .key(name)
            .key_error("conflicting-keys", format!("`pages` sets parameter `{name}` itself"))
            .related(at.key("pages").as_related("the pages"))
            .help("leave it out of `query`")
            .report();
    }
}

/// Where the items are kept: `Some(None)` for nowhere, and `None` for a wrong place.
pub(super) fn records<'f>(
    at: &At<'f>,
    written: &Written,
    method: Option<Method>,
    sees: Sees,
    uses: &mut Vec<Uses<'f>>,
) -> Option<Option<Records>> {
    let Some(records) = at.get("records", &written.records).map(|table| &table.0) else { return Some(None) };
    records::check_fits(at, written);
    let call = at;
    let at = at.key("records");
    let into = at
        .require("into", &records.into, "`records`")
        .and_then(|into| names::checked_value(&at.key("into"), into, "a collection"));
    let mut filter = |at: &At<'f>, text: &str| filters::noted_filter(at, text, sees.before_reply(), uses);
    let key = at.require("key", &records.key, "`records`").and_then(|text| filter(&at.key("key"), text));
    let gone = choice(&at, "gone", &records.gone, &GONE).unwrap_or(Gone::Keep);
    if gone != Gone::Keep {
        records::check_marks(call, written, method);
    }
    let mut columns = Vec::new();
    for (name, field) in at.get("columns", &records.columns).map_or(&[][..], |columns| &columns.0) {
        let at = at.key("columns").key(name);
        check_column(&at, name);
        if let Some(filter) = at.value(field).and_then(|text| filter(&at, text)) {
            columns.push((name.clone(), filter));
        }
    }
    Some(Some(Records { into: into?, key: key?, gone, columns }))
}

/// Names are of small letters, and TOML has no key twice, so no two columns differ by their case only.
fn check_column(at: &At<'_>, name: &str) {
    names::checked(at, name, "a column");
    if RESERVED_COLUMNS.contains(&name) {
        at.key_error("reserved-name", format!("column `{name}` is one that every collection has anyway"))
            .help("give this one another name")
            .report();
    }
}
