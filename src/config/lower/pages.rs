//! How lists are paged: what an API says of its lists, and what a call says otherwise.

use super::choice::choice;
use super::filters::{self, Uses};
use crate::config::file::{Field, PageSize as WrittenSize, Pages as Written, Table};
use crate::config::names::listed;
use crate::config::place::At;
use crate::filter::{Filter, Variable};
use crate::job::{PageBy, PageSize, Pages};

/// What an API's filters may name: it does not know which calls use them.
const OF_API: &[Variable] = &[Variable::Run, Variable::Reply];

const MOST_ITEMS: u32 = 1_000_000;

/// The kinds of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cursor,
    Offset,
    Page,
    Link,
}

impl Kind {
    const WORDS: [(&str, Kind); 4] =
        [("cursor", Kind::Cursor), ("offset", Kind::Offset), ("page", Kind::Page), ("link", Kind::Link)];

    fn as_str(self) -> &'static str {
        Kind::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether a key means something to it.
    fn takes(self, key: &str) -> bool {
        match key {
            "cursor" => matches!(self, Kind::Cursor | Kind::Link),
            "param" => self != Kind::Link,
            "first" => self == Kind::Page,
            _ => true,
        }
    }
}

/// What one table says of paging. A key that is wrong is there, but has no value.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    by: Option<Kind>,
    items: Option<Filter>,
    cursor: Option<Filter>,
    more: Option<Filter>,
    param: Option<String>,
    first: Option<i64>,
    size: Option<PageSize>,
    there: Vec<&'static str>,
}

/// What the table `pages` of an API says.
pub(super) fn of_api(at: &At<'_>, field: &Field<Table<Written>>) -> Option<Parts> {
    let written = at.get("pages", field)?;
    let at = at.key("pages");
    let parts = read(&at, &written.0, OF_API, &mut Vec::new());
    check_fits(&at, &parts, parts.by);
    check_parameters(&at, &parts, &parts);
    Some(parts)
}

/// The paging of a call that says something else than its API.
pub(super) fn of_call<'f>(
    at: &At<'f>,
    written: &Written,
    api: Option<&Parts>,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Pages> {
    let own = read(at, written, allowed, uses);
    let all = own.clone().over(api);
    check_fits(at, &own, all.by);
    check_parameters(at, &own, &all);
    // Which keys are missing is not known while the kind is wrong, here or in the API.
    if own.by.is_none() && own.is_there("by") || api.is_some_and(|api| api.by.is_none() && api.is_there("by")) {
        return None;
    }
    complete(at, all)
}

/// Reports what is wrong with the paging of a call by itself, where its API is not known.
pub(super) fn check<'f>(at: &At<'f>, written: &Written, allowed: &'static [Variable], uses: &mut Vec<Uses<'f>>) {
    let own = read(at, written, allowed, uses);
    check_fits(at, &own, own.by);
    check_parameters(at, &own, &own);
}

/// The paging of a call that goes by its API's.
pub(super) fn as_api(at: &At<'_>, api: &Parts) -> Option<Pages> {
    complete(at, api.clone())
}

fn read<'f>(at: &At<'f>, written: &Written, allowed: &'static [Variable], uses: &mut Vec<Uses<'f>>) -> Parts {
    let mut filter = |key: &str, field: &Field<String>| {
        at.get(key, field).and_then(|text| filters::noted_filter(&at.key(key), text, allowed, uses))
    };
    let (items, cursor, more) =
        (filter("items", &written.items), filter("cursor", &written.cursor), filter("more", &written.more));
    let is_there = [
        ("by", !matches!(written.by, Field::Absent)),
        ("items", !matches!(written.items, Field::Absent)),
        ("cursor", !matches!(written.cursor, Field::Absent)),
        ("param", !matches!(written.param, Field::Absent)),
        ("first", !matches!(written.first, Field::Absent)),
    ];
    Parts {
        by: choice(at, "by", &written.by, &Kind::WORDS),
        items,
        cursor,
        more,
        param: at.get("param", &written.param).and_then(|param| parameter(&at.key("param"), param)),
        first: at.get("first", &written.first).copied(),
        size: at.get("size", &written.size).and_then(|size| page_size(&at.key("size"), &size.0)),
        there: is_there.into_iter().filter_map(|(key, is_there)| is_there.then_some(key)).collect(),
    }
}

fn parameter(at: &At<'_>, text: &str) -> Option<String> {
    if text.is_empty() {
        at.error("wrong-value", "the name of a query parameter is empty")
            .help("write the name that the API has for it, such as `\"cursor\"`")
            .report();
    }
    (!text.is_empty()).then(|| text.to_owned())
}

fn page_size(at: &At<'_>, written: &WrittenSize) -> Option<PageSize> {
    let param = at.require("param", &written.param, "`size`").and_then(|param| parameter(&at.key("param"), param));
    let value = at.require("value", &written.value, "`size`").and_then(|value| {
        let checked = u32::try_from(*value).ok().filter(|value| (1..=MOST_ITEMS).contains(value));
        if checked.is_none() {
            let message = format!("a page has from 1 to {MOST_ITEMS} items");
            at.key("value").error("wrong-value", message).help("write how many the API may give at once").report();
        }
        checked
    });
    Some(PageSize { param: param?, value: value? })
}

/// Reports the keys here that mean nothing to a kind of paging.
fn check_fits(at: &At<'_>, parts: &Parts, by: Option<Kind>) {
    let Some(by) = by else { return };
    for key in parts.there.iter().filter(|key| !by.takes(key)) {
        let kinds: Vec<&str> = Kind::WORDS.iter().filter(|(_, kind)| kind.takes(key)).map(|(word, _)| *word).collect();
        at.key(key)
            .key_error("conflicting-keys", format!("`{key}` means nothing to `by = \"{}\"`", by.as_str()))
            .help(format!("it goes with {}", listed(&kinds).replace(" and ", " or ")))
            .report();
    }
}

/// Reports a page's size and its place that go by one parameter. `own` is what this table says, `all` with what
/// its API says.
fn check_parameters(at: &At<'_>, own: &Parts, all: &Parts) {
    let (Some(place), Some(size)) = (all.place(), &all.size) else { return };
    if place != size.param {
        return;
    }
    let message = format!("parameter `{place}` cannot say both the size of a page and which page it is");
    let here = match (&own.size, &own.param) {
        (Some(_), _) => at.key("size").key("param"),
        (None, Some(_)) => at.key("param"),
        (None, None) if own.is_there("by") => at.key("by"),
        // The API says it all, and it is told there.
        (None, None) => return,
    };
    here.error("conflicting-keys", message).help("give each the name that the API has for it").report();
}

impl Parts {
    fn is_there(&self, key: &str) -> bool {
        self.there.contains(&key)
    }

    /// The parameter that says which page it is, as far as it is known.
    fn place(&self) -> Option<&str> {
        match self.by? {
            Kind::Link => None,
            by => self.param.as_deref().or_else(|| (!self.is_there("param")).then(|| by.as_str())),
        }
    }

    /// These, and where they say nothing those of an API. What is of another kind of paging does not count.
    fn over(self, api: Option<&Parts>) -> Parts {
        let Some(api) = api else { return self };
        let by = if self.is_there("by") { self.by } else { api.by };
        let counts = |key: &str| by.is_none_or(|by| by.takes(key)) && (by == api.by || key == "items");
        let there = api.there.iter().copied().filter(|key| counts(key));
        Parts {
            by,
            items: self.items.or_else(|| api.items.clone()),
            cursor: self.cursor.or_else(|| api.cursor.clone().filter(|_| counts("cursor"))),
            more: self.more.or_else(|| api.more.clone()),
            param: self.param.or_else(|| api.param.clone().filter(|_| counts("param"))),
            first: self.first.or(api.first.filter(|_| counts("first"))),
            size: self.size.or_else(|| api.size.clone()),
            there: self.there.iter().copied().chain(there).collect(),
        }
    }
}

/// The paging, when nothing is missing. `at` is the call's `pages`.
fn complete(at: &At<'_>, parts: Parts) -> Option<Pages> {
    let missing = |key: &str, help: &str| {
        if !parts.there.contains(&key) && !at.has_misspelled(key) {
            at.key_error("missing-key", format!("neither this call nor its API says `{key}` of its pages"))
                .help(help)
                .report();
        }
    };
    if parts.by.is_none() {
        missing(
            "by",
            "write how the next page is asked for: `by = \"cursor\"`, `\"offset\"`, `\"page\"` or `\"link\"`",
        );
    }
    let by = parts.by?;
    let items = parts.items.or_else(|| whole(at, by));
    if items.is_none() {
        missing("items", "write a filter that gives the array of a page's items, such as `items = \".items\"`");
    }
    let param = parts.param.unwrap_or_else(|| by.as_str().to_owned());
    let by = match by {
        Kind::Cursor => {
            if parts.cursor.is_none() {
                missing("cursor", "write a filter that gives the next cursor, such as `cursor = \".nextCursor\"`");
            }
            PageBy::Cursor { cursor: parts.cursor?, param }
        }
        Kind::Offset => PageBy::Offset { param },
        Kind::Page => PageBy::Number { param, first: parts.first.unwrap_or(1) },
        Kind::Link => PageBy::Link { next: parts.cursor },
    };
    Some(Pages { by, items: items?, more: parts.more, size: parts.size })
}

/// What APIs with links mostly answer with is the array itself.
fn whole(at: &At<'_>, by: Kind) -> Option<Filter> {
    (by == Kind::Link).then(|| filters::noted_filter(at, ".", OF_API, &mut Vec::new())).flatten()
}
