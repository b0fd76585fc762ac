//! One call.

mod body;
mod each;
mod lists;
mod method;
mod pairs;
mod poll;
mod records;
mod sees;
mod taken;

use super::api::Known;
use super::choice::choice;
use super::filters::Uses;
use super::header::{self, Owner};
use super::policy::{self, Policy};
use crate::config::file::Call as Written;
use crate::config::place::At;
use crate::filter::Variable;
use crate::job::{Call, Header, HeaderText, OnError};
use sees::Sees;

const ON_ERROR: [(&str, OnError); 2] = [("fail", OnError::Fail), ("continue", OnError::Continue)];

/// What holds for all calls of a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'a> {
    /// Its API; `None` when that is wrong.
    pub api: Option<&'a Known>,
    pub owner: Owner,
    pub policy: &'a Policy,
}

/// A call, and what it reads of earlier ones.
#[derive(Debug)]
pub(super) struct Lowered<'f> {
    pub call: Option<Call>,
    pub uses: Vec<Uses<'f>>,
}

pub(super) fn lower<'f>(at: &At<'f>, name: &str, written: &Written, around: Around<'_>) -> Lowered<'f> {
    let mut uses = Vec::new();
    let call = call(at, name, written, around, &mut uses);
    Lowered { call, uses }
}

/// All parts are looked at before the first that is wrong ends it, so that each problem is told.
fn call<'f>(at: &At<'f>, name: &str, written: &Written, around: Around<'_>, uses: &mut Vec<Uses<'f>>) -> Option<Call> {
    let sees = Sees::of(written);
    let before = sees.before_reply();
    let found = method::method(at, name, written);
    let method = found.map(|(_, method, _)| method);
    let path = found.map(|(key, _, path)| method::path(&at.key(key), path, before, uses));
    let query = pairs::pairs(at, "query", &written.query, before, uses);
    let headers = headers(at, written, around.owner, before, uses);
    let body = body::lower(at, written, before, uses);
    if let Some(method) = method {
        body::check_fits(at, written, method);
    }
    let idempotency_key = at.get("idempotency_key", &written.idempotency_key).copied();
    let each = each::lower(at, written, uses);
    let when = at.get("when", &written.when);
    let when = when.and_then(|text| super::filters::noted_filter(&at.key("when"), text, before, uses));
    let poll = poll::lower(at, written, method, sees.reply(), uses);
    let pages = lists::pages(at, written, method, around.api, sees, uses);
    if let Some(Some(pages)) = &pages {
        lists::check_query(at, &query, pages);
    }
    let records = lists::records(at, written, method, sees, uses);
    let metrics = taken::metrics(at, written, sees, around.policy.timezone, uses);
    let remember = taken::remember(at, written, sees, uses);
    let expect = taken::expect(at, &written.expect, sees.reply(), uses);
    let timeout = at.get("timeout", &written.timeout).map_or(around.policy.timeout, |span| span.0);
    let retry = policy::retry(at, &written.retry, around.policy.retry);
    let on_error = choice(at, "on_error", &written.on_error, &ON_ERROR).unwrap_or(OnError::Fail);
    Some(Call {
        query,
        headers,
        body: body?,
        idempotency_key: idempotency_key.unwrap_or(true),
        when,
        each: each?,
        on_error,
        poll,
        pages: pages?,
        records: records?,
        metrics,
        remember,
        expect,
        ..Call::new(name, method?, path??, timeout, retry)
    })
}

fn headers<'f>(
    at: &At<'f>,
    written: &Written,
    owner: Owner,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Vec<Header> {
    let headers = header::lower(at, &written.headers, owner, allowed);
    for header in &headers {
        if let HeaderText::Template(template) = &header.value {
            uses.push(Uses::of_template(&at.key("headers").key(&header.name), template));
        }
    }
    headers
}
