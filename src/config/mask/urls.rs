//! Secrets in URLs: users and passwords, and the values of queries.

use std::ops::Range;

use crate::config::problem::floor;

/// So far back the beginning of a URL is looked for. It bounds the work on a line of nothing but
/// `@` or `?`.
const FARTHEST: usize = 512;

/// The bytes of all users, passwords and values of queries.
pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        users(line, start, &mut spans);
        queries(line, start, &mut spans);
        start += line.len();
    }
    spans
}

/// `user:password@`, also in URLs that lack their scheme.
fn users(line: &str, start: usize, spans: &mut Vec<Range<usize>>) {
    for (at, _) in line.match_indices('@') {
        let before = before(line, at);
        let word = last_word(before);
        let user = match word.split_once("//") {
            Some((_, user)) => user,
            None if before.contains("_url") => word,
            None => continue,
        };
        if !user.contains('/') {
            spans.push(start + at - user.len()..start + at);
        }
    }
}

/// `value` in `/path?name=value#name=value`.
fn queries(line: &str, start: usize, spans: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for (at, mark) in line.match_indices(['?', '#']) {
        let (before, query) = (before(line, at), line.get(at + 1..).unwrap_or_default());
        let is_url = is_in_url(before);
        // A `?` is also a part of filters, and a `#` begins comments.
        if at < done || !(is_url || (mark == "?" && begins_with_name(query))) {
            continue;
        }
        let query = up_to_quote(before, query);
        done = at + 1 + query.len();
        let mut from = start + at + 1;
        for part in query.split(['&', '#', '?']) {
            match part.split_once('=') {
                Some((name, value)) => spans.push(from + name.len() + 1..from + name.len() + 1 + value.len()),
                None if is_url => spans.push(from..from + part.len()),
                None => {}
            }
            from += part.len() + 1;
        }
    }
}

fn is_in_url(before: &str) -> bool {
    let word = last_word(before);
    let is_in_template = before.rfind("{{") > before.rfind("}}");
    (word.contains("://") || word.starts_with('/')) && !is_in_template
}

fn begins_with_name(query: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || "_-~%+[]".contains(c);
    query.find(|c| !is_name(c)).is_some_and(|end| end > 0 && query.get(end..).is_some_and(|rest| rest.starts_with('=')))
}

/// A query up to the end of the text that it is in, or of the line.
fn up_to_quote<'q>(before: &str, query: &'q str) -> &'q str {
    let query = query.trim_end();
    let Some(quote) = before.chars().rev().find(|c| is_quote(*c)) else { return query };
    let mut before_quotes = query.match_indices(quote).filter_map(|(at, _)| query.get(..at));
    before_quotes.find(|before| !(quote == '"' && before.ends_with('\\'))).unwrap_or(query)
}

fn before(line: &str, at: usize) -> &str {
    line.get(floor(line, at.saturating_sub(FARTHEST))..at).unwrap_or_default()
}

fn last_word(text: &str) -> &str {
    text.rsplit(|c: char| c.is_whitespace() || is_quote(c)).next().unwrap_or_default()
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}
