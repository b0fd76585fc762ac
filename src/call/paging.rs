//! Where the pages of a list are. Pure.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::failure::Failure;
use super::redirect::is_within;
use crate::job::{PageBy, Pages};
use crate::run::Kind;

/// The longest place that is believed, in bytes: as much as servers take in an address. All places of a list are
/// remembered while it is read.
const LONGEST_PLACE: usize = 8 * 1024;

/// What a page says of the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Items on this page.
    pub(super) items: u64,
    /// Whether there is another one, where the API says so.
    pub(super) more: Option<bool>,
    /// The cursor, or the address of the next page, where it is in the body. Never empty.
    pub(super) cursor: Option<String>,
}

/// The way through the pages of one list. A place is a cursor, a number or an address, as text.
pub(super) struct Way<'a> {
    pages: &'a Pages,
    /// The address of the list, before any page is asked for.
    list: Url,
    host: &'a str,
    /// The places where pages were asked for.
    been: HashSet<String>,
    /// Items on the fullest page so far.
    fullest: u64,
}

impl<'a> Way<'a> {
    pub(super) fn new(pages: &'a Pages, list: Url, host: &'a str) -> Way<'a> {
        Way { pages, list, host, been: HashSet::new(), fullest: 0 }
    }

    /// The address of the page at a place; `None` is the first.
    pub(super) fn address(&self, place: Option<&str>) -> Result<Url, Failure> {
        let mut url = self.list.clone();
        if let PageBy::Link { .. } = self.pages.by
            && let Some(place) = place
        {
            return self.linked(place);
        }
        if let Some(size) = &self.pages.size {
            set_param(&mut url, &size.param, &size.value.to_string());
        }
        match (&self.pages.by, place) {
            (PageBy::Cursor { .. } | PageBy::Link { .. }, None) => {}
            (PageBy::Offset { param }, None) => set_param(&mut url, param, "0"),
            (PageBy::Number { param, first }, None) => set_param(&mut url, param, &first.to_string()),
            (PageBy::Cursor { param, .. } | PageBy::Offset { param } | PageBy::Number { param, .. }, Some(place)) => {
                set_param(&mut url, param, place);
            }
            (PageBy::Link { .. }, Some(_)) => {}
        }
        Ok(url)
    }

    /// The place after the page at `place`, which came from the address `page`; `None` at the end of the list.
    ///
    /// Ways that would never end are failures with names, never "end of the list".
    pub(super) fn next(
        &mut self,
        place: Option<&str>,
        signs: &Signs,
        page: &Url,
        headers: &HeaderMap,
    ) -> Result<Option<String>, Failure> {
        if signs.more == Some(false) {
            return Ok(None);
        }
        let next = match &self.pages.by {
            PageBy::Cursor { .. } => self.told(signs.cursor.clone(), signs, "cursor")?,
            PageBy::Link { next: Some(_) } => self.told(signs.cursor.clone(), signs, "link")?,
            PageBy::Link { next: None } => {
                let next = next_link(headers).ok_or_else(|| self.unreadable_link())?;
                self.told(next, signs, "link")?
            }
            PageBy::Offset { .. } if self.is_last(signs) => None,
            PageBy::Offset { .. } => Some((number(place)?.unwrap_or(0) + i128::from(signs.items)).to_string()),
            PageBy::Number { .. } if self.is_last(signs) => None,
            PageBy::Number { first, .. } => Some((number(place)?.unwrap_or(i128::from(*first)) + 1).to_string()),
        };
        self.fullest = self.fullest.max(signs.items);
        let Some(mut next) = next else { return Ok(None) };
        if let PageBy::Link { .. } = self.pages.by {
            next = self.linked_from(page, &next)?.to_string();
        }
        if next.len() > LONGEST_PLACE {
            let (host, bytes) = (self.host, next.len());
            let reason =
                format!("{host} gives a place of the next page of {bytes} bytes, and {LONGEST_PLACE} are taken");
            return Err(Failure::new(Kind::TooLarge, reason));
        }
        if let Some(place) = place {
            self.been.insert(place.to_owned());
        }
        if place == Some(next.as_str()) || self.been.contains(&next) {
            let reason = format!("{} leads back to a page that was read already: the list has no end", self.host);
            return Err(Failure::new(Kind::CursorRepeats, reason));
        }
        Ok(Some(next))
    }

    fn unreadable_link(&self) -> Failure {
        let reason =
            format!("{} has a `Link` header that cannot be read: whether more pages follow is not known", self.host);
        Failure::new(Kind::CursorMissing, reason)
    }

    /// Where the API tells the place of the next page.
    fn told(&self, next: Option<String>, signs: &Signs, what: &str) -> Result<Option<String>, Failure> {
        if next.is_none() && signs.more == Some(true) {
            let reason = format!("{} says that there are more pages, and gives no {what} to the next one", self.host);
            return Err(Failure::new(Kind::CursorMissing, reason));
        }
        Ok(next)
    }

    /// Where the caller counts: an empty page, or one with less than an earlier one, unless the API says that
    /// more follow. Less than was asked for says nothing: an API may give fewer at a time than one asks for.
    fn is_last(&self, signs: &Signs) -> bool {
        signs.more != Some(true) && (signs.items == 0 || signs.items < self.fullest)
    }

    /// An address that an earlier page gave.
    fn linked(&self, place: &str) -> Result<Url, Failure> {
        self.linked_from(&self.list, place)
    }

    /// An address that the page at another one gave (RFC 8288 section 3.1). A token goes nowhere but to the
    /// API's own origin.
    fn linked_from(&self, page: &Url, place: &str) -> Result<Url, Failure> {
        let url = page.join(place).map_err(|error| {
            let reason = format!("{} gives an address of the next page that is none: {error}", self.host);
            Failure::new(Kind::CursorMissing, reason)
        })?;
        if is_within(&self.list, &url) {
            return Ok(url);
        }
        let other = url.host_str().unwrap_or_default();
        let reason = format!("{} has its next page on another origin, `{other}`: not followed", self.host);
        Err(Failure::new(Kind::BlockedTarget, reason))
    }
}

fn number(place: Option<&str>) -> Result<Option<i128>, Failure> {
    let number = place.map(|place| place.parse::<i64>().map(i128::from)).transpose();
    number.map_err(|_| Failure::new(Kind::CursorMissing, "the place where an earlier run stopped is no number"))
}

/// Sets a query parameter, in place of whatever the call has under that name.
fn set_param(url: &mut Url, name: &str, value: &str) {
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(key, value)| (key.into(), value.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
}

/// The target of the first link with `rel="next"` (RFC 8288 section 3), if there is one. `None` when there is
/// no telling: a header that cannot be read may have had one.
fn next_link(headers: &HeaderMap) -> Option<Option<String>> {
    // A title may be in another encoding; an address is ASCII.
    let lines = headers.get_all(LINK).into_iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    let links: Vec<_> = lines.map(|line| links(&line)).collect::<Option<Vec<_>>>()?.concat();
    Some(links.into_iter().find(|(_, rels)| rels.iter().any(|rel| rel == "next")).map(|(target, _)| target))
}

/// Targets with their relations; `None` for what is no list of links.
fn links(line: &str) -> Option<Vec<(String, Vec<String>)>> {
    let mut links = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (target, after) = rest.strip_prefix('<')?.split_once('>')?;
        let parameters = until_unquoted(after, ',');
        if parameters.matches('"').count() % 2 == 1 || until_unquoted(parameters, '<') != parameters {
            return None;
        }
        links.push((target.trim().to_owned(), relations(parameters)));
        rest = after.get(parameters.len()..).unwrap_or_default().trim_start_matches([',', ' ', '\t']);
    }
    Some(links)
}

/// The text up to a character that is not in quotes, or all of it.
fn until_unquoted(text: &str, end: char) -> &str {
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            char if char == end && !in_quotes => return text.get(..at).unwrap_or_default(),
            _ => {}
        }
    }
    text
}

/// The words of the first `rel`, which alone counts.
fn relations(parameters: &str) -> Vec<String> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let parameter = until_unquoted(rest, ';');
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let words = value.trim().trim_matches('"');
            return words.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
        }
        rest = rest.get(parameter.len() + 1..).unwrap_or_default();
    }
    Vec::new()
}

#[cfg(test)]
mod tests;
