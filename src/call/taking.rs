//! What is taken out of one answer: items, records, and what it says of the next page. Pure.

use bytes::Bytes;

use super::failure::Failure;
use super::harvest::needs_content;
use super::measure;
use super::paging::Signs;
use super::send::Reply;
use crate::filter::{Filter, Json, Variables};
use crate::job::{Call, PageBy};
use crate::run::{Kind, Record};
use crate::secret::Redactor;
use crate::token::cut;

/// As many times the longest body may its values take of memory. What people send stays below: a record of some
/// members takes five to ten times its text, an empty array fifty times.
const HEAVIEST: u64 = 10;

/// As much of the name of a content coding is shown.
const LONGEST_CODING: usize = 50;

/// The longest key, in bytes. Keys stand in indexes and in labels.
const LONGEST_KEY: usize = 2 * 1024;

/// All that is to be taken from one answer. Owns its parts, so that it can go to another thread.
pub(super) struct Taking {
    body: Bytes,
    /// As much memory may it take as a value.
    heaviest: u64,
    empty: Empty,
    /// What the body still says that it is packed in.
    coding: Option<String>,
    that: Option<Filter>,
    items: Items,
    more: Option<Filter>,
    cursor: Option<Filter>,
    key: Option<Filter>,
    columns: Vec<(String, Filter)>,
    variables: Variables,
    redactor: Redactor,
    host: String,
}

/// What an answer without content is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    /// `null`: its status says that there need not be any (204), or nothing asks for it.
    Null,
    /// Nothing that a filter could look into.
    NotJson,
}

/// Where the items of an answer are.
enum Items {
    /// Where this filter says.
    Filter(Filter),
    /// It is them, or the only one.
    Whole,
    /// Nobody asks for them.
    None,
}

/// What an answer held.
#[derive(Debug)]
pub(super) struct Taken {
    /// The whole of it.
    pub(super) body: Json,
    /// Its items, where the call has any.
    pub(super) items: Vec<Json>,
    /// The same as they are kept, where they are.
    pub(super) records: Vec<Record>,
    pub(super) signs: Signs,
}

impl Taking {
    /// All that `call` takes from a reply, of which `longest` bytes are read at most.
    pub(super) fn of(
        call: &Call,
        reply: &Reply,
        longest: u64,
        variables: Variables,
        host: &str,
        redactor: &Redactor,
    ) -> Taking {
        let pages = call.pages.as_ref();
        let cursor = pages.and_then(|pages| match &pages.by {
            PageBy::Cursor { cursor, .. } => Some(cursor.clone()),
            PageBy::Link { next } => next.clone(),
            PageBy::Offset { .. } | PageBy::Number { .. } => None,
        });
        let items = match (pages, &call.records) {
            (Some(pages), _) => Items::Filter(pages.items.clone()),
            (None, Some(_)) => Items::Whole,
            (None, None) => Items::None,
        };
        // These statuses say that the content is the answer.
        let has_content = matches!(reply.status, 200 | 206);
        Taking {
            body: reply.body.clone(),
            heaviest: longest.saturating_mul(HEAVIEST),
            empty: if has_content && needs_content(call) { Empty::NotJson } else { Empty::Null },
            // The HTTP client takes the header away with each coding that it unpacks.
            coding: reply.header("content-encoding").filter(|coding| *coding != "identity").map(str::to_owned),
            that: call.expect.that.clone(),
            items,
            more: pages.and_then(|pages| pages.more.clone()),
            cursor,
            key: call.records.as_ref().map(|records| records.key.clone()),
            columns: call.records.as_ref().map(|records| records.columns.clone()).unwrap_or_default(),
            variables,
            redactor: redactor.clone(),
            host: host.to_owned(),
        }
    }

    pub(super) fn take(&self) -> Result<Taken, Failure> {
        self.weigh()?;
        let body = parse(&self.body, self.empty, &self.host).map_err(|failure| self.still_packed(failure))?;
        if let Some(that) = &self.that {
            measure::check(that, &body, &self.variables)?;
        }
        let items = self.items(&body)?;
        let records = match &self.key {
            Some(key) => items.iter().map(|item| self.record(key, item)).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let signs = self.signs(&body, items.len() as u64)?;
        Ok(Taken { body, items, records, signs })
    }

    fn weigh(&self) -> Result<(), Failure> {
        let weight = Json::weight(&self.body) as u64;
        if weight <= self.heaviest {
            return Ok(());
        }
        let (host, mebibytes) = (&self.host, weight >> 20);
        let reason = format!(
            "the answer of {host} has so many values that filters would need about {mebibytes} MiB of memory for it; \
             ask for less at a time, or raise `limits.body` if that is right"
        );
        Err(Failure::new(Kind::TooLarge, reason))
    }

    /// What cannot be read may be packed in a way that nobody here knows. What can, only says that it is.
    fn still_packed(&self, failure: Failure) -> Failure {
        let Some(coding) = &self.coding else { return failure };
        let (host, coding) = (&self.host, cut(coding.clone(), LONGEST_CODING).0);
        let reason =
            format!("{host} answers in the content coding `{coding}`, which is not unpacked: {}", failure.reason);
        Failure::new(Kind::Encoding, reason)
    }

    fn items(&self, body: &Json) -> Result<Vec<Json>, Failure> {
        match &self.items {
            Items::None => Ok(Vec::new()),
            Items::Whole => Ok(body.elements().map_or_else(|| vec![body.clone()], Iterator::collect)),
            Items::Filter(filter) => {
                let found = filter.one(body, &self.variables)?.unwrap_or_else(Json::null);
                let items = found.elements().map(Iterator::collect);
                items.ok_or_else(|| {
                    let reason = format!(
                        "the page of {} has no items: `{}` gives {} where an array is needed",
                        self.host,
                        filter.text(),
                        found.kind()
                    );
                    Failure::new(Kind::Filter, reason)
                })
            }
        }
    }

    fn record(&self, key: &Filter, item: &Json) -> Result<Record, Failure> {
        let found = one_key(key, item, &self.variables, "a record")?;
        let mut columns = Vec::with_capacity(self.columns.len());
        for (name, filter) in &self.columns {
            columns.push((name.as_str(), filter.one(item, &self.variables)?.unwrap_or_else(Json::null)));
        }
        let columns = (!columns.is_empty()).then(|| Json::object(columns).to_string());
        Ok(Record {
            key: self.redactor.scrub_owned(found),
            body: scrubbed(&self.redactor, &item.to_sorted_text()),
            columns: columns.map(|columns| scrubbed(&self.redactor, &columns)).filter(|text| text.starts_with('{')),
        })
    }

    fn signs(&self, body: &Json, items: u64) -> Result<Signs, Failure> {
        let ask = |filter: &Option<Filter>| {
            filter.as_ref().map(|filter| measure::present(filter, body, &self.variables)).transpose()
        };
        let more = ask(&self.more)?.flatten().map(|more| more.is_truthy());
        let cursor = ask(&self.cursor)?.flatten().map(|cursor| cursor.to_text()).filter(|text| !text.is_empty());
        Ok(Signs { items, more, cursor })
    }
}

/// JSON text without secrets. One that was part of a number or of an escape leaves no JSON behind: then it is
/// one text.
pub(super) fn scrubbed(redactor: &Redactor, text: &str) -> String {
    let scrubbed = redactor.scrub(text);
    if scrubbed == text || Json::parse(scrubbed.as_bytes()).is_ok() {
        return scrubbed;
    }
    Json::string(&scrubbed).to_string()
}

/// What something is known by: one text or number that is not empty.
pub(super) fn one_key(filter: &Filter, of: &Json, variables: &Variables, what: &str) -> Result<String, Failure> {
    let found = filter.one(of, variables)?.unwrap_or_else(Json::null);
    key_of(&found).ok_or_else(|| {
        let reason = format!("{what} has no key: `{}` gives {}", filter.text(), no_key(&found));
        Failure::new(Kind::Filter, reason)
    })
}

/// A text that is not empty, or a number, as a key.
pub(super) fn key_of(value: &Json) -> Option<String> {
    let is_key = value.as_str().is_some() || value.as_f64().is_some();
    is_key.then(|| value.to_text()).filter(|key| (1..=LONGEST_KEY).contains(&key.len()))
}

/// What a value is that is no key.
pub(super) fn no_key(value: &Json) -> String {
    match value.as_str() {
        Some("") => "an empty text".to_owned(),
        Some(text) => format!("a text of {} bytes, and a key has {LONGEST_KEY} at most", text.len()),
        None => value.kind().to_owned(),
    }
}

fn parse(body: &Bytes, empty: Empty, host: &str) -> Result<Json, Failure> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Failure::new(Kind::Encoding, format!("the answer of {host} is not UTF-8: {error}")))?;
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    if text.is_empty() {
        let reason = || format!("the answer of {host} is empty, and JSON is needed");
        return if empty == Empty::Null { Ok(Json::null()) } else { Err(Failure::new(Kind::NotJson, reason())) };
    }
    Json::parse(text.as_bytes())
        .map_err(|error| Failure::new(Kind::NotJson, format!("the answer of {host} is not JSON: {error}")))
}
