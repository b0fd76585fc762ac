//! One call.

use super::filters::{self, Uses};
use super::header::{self, Owner};
use super::policy::Policy;
use super::{json, metric};
use crate::config::file::{Call as Written, Entries, Field, QueryValue, Table};
use crate::config::place::At;
use crate::filter::{Template, Variable};
use crate::job::{Body, Call, Expect, Method, Metric};

/// What templates may name: they are filled in before there is a reply.
const IN_TEMPLATES: &[Variable] = &[Variable::Run, Variable::Calls];

/// A call, and what it reads of earlier ones.
#[derive(Debug)]
pub(super) struct Lowered<'f> {
    pub call: Option<Call>,
    pub uses: Vec<Uses<'f>>,
}

pub(super) fn lower<'f>(at: &At<'f>, name: &str, written: &Written, owner: Owner, policy: &Policy) -> Lowered<'f> {
    let mut uses = Vec::new();
    let method = method(at, name, written)
        .and_then(|(key, method, path)| Some((method, path_template(&at.key(key), path, &mut uses)?)));
    let query = query(at, &written.query, &mut uses);
    let headers = header::lower(at, &written.headers, owner, IN_TEMPLATES);
    for header in &headers {
        if let crate::job::HeaderText::Template(template) = &header.value {
            uses.push(Uses::of_template(&at.key("headers").key(&header.name), template));
        }
    }
    let json = at.get("json", &written.json).map(|body| json::lower(&at.key("json"), &body.0, IN_TEMPLATES, &mut uses));
    let metrics = metrics(at, written, &mut uses);
    let expect = expect(at, &written.expect, &mut uses);
    let idempotency_key = at.get("idempotency_key", &written.idempotency_key).copied();
    if let Some((Method::Get, _)) = method {
        refuse_body_of_get(at, written, idempotency_key);
    }
    let call = method.zip(json.map_or(Some(None), |body| body.map(Some))).map(|((method, path), json)| Call {
        query,
        headers,
        body: json.map(Body::Json),
        idempotency_key: idempotency_key.unwrap_or(true),
        metrics,
        expect,
        ..Call::new(name, method, path, policy.timeout, policy.retry)
    });
    Lowered { call, uses }
}

/// The method of a call, its key and its path. There must be exactly one.
fn method<'w>(at: &At<'_>, name: &str, written: &'w Written) -> Option<(&'static str, Method, &'w str)> {
    let methods = [("get", Method::Get, &written.get), ("post", Method::Post, &written.post)];
    let mut there = methods.into_iter().filter(|(_, _, field)| !matches!(field, Field::Absent));
    let Some((key, method, field)) = there.next() else {
        let is_answered = ["put", "patch", "delete"].iter().any(|later| at.has(later))
            || ["get", "post"].iter().any(|key| at.has_misspelled(key));
        if !is_answered {
            at.key_error("missing-key", format!("call `{name}` has no method"))
                .help("write `get = \"/…\"` or `post = \"/…\"`")
                .report();
        }
        return None;
    };
    for (second, _, _) in there {
        at.key(second)
            .key_error("conflicting-keys", format!("call `{name}` has two methods"))
            .related(at.key(key).as_related("the other one"))
            .help("give each its own `[[…calls]]`")
            .report();
    }
    at.get(key, field).map(|path| (key, method, path.as_str()))
}

fn path_template<'f>(at: &At<'f>, path: &str, uses: &mut Vec<Uses<'f>>) -> Option<Template> {
    let fixed = outside_templates(path);
    if path.contains("://") && !path.starts_with('/') {
        at.error("bad-path", "a call has a path, not a whole URL")
            .help("the API's `base_url` has the host; write what comes after it, beginning with `/`")
            .report();
        return None;
    }
    if !path.starts_with('/') || path.starts_with("//") {
        at.error("bad-path", "a path begins with one `/`")
            .help(format!("write `\"/{}\"`", path.trim_start_matches('/')))
            .report();
        return None;
    }
    if fixed.contains('?') {
        at.error("bad-path", "a path has no query").help("write `query = { name = \"value\" }`").report();
        return None;
    }
    if fixed.contains(['#', '\\']) || fixed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        at.error("bad-path", "a path holds no spaces, control characters, `#` or `\\`").report();
        return None;
    }
    if fixed.split('/').any(|part| matches!(part, "." | "..")) {
        at.error("bad-path", "a path holds no `.` or `..`").report();
        return None;
    }
    let template = filters::template(at, path, IN_TEMPLATES)?;
    uses.push(Uses::of_template(at, &template));
    Some(template)
}

/// The text without its `{{ … }}`, each of which counts as a letter. Where braces do not balance,
/// the template says so.
fn outside_templates(text: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        outside.push_str(before);
        outside.push('x');
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    outside.push_str(rest);
    outside
}

fn query<'f>(at: &At<'f>, field: &Field<Entries<QueryValue>>, uses: &mut Vec<Uses<'f>>) -> Vec<(String, Template)> {
    let Some(entries) = at.get("query", field) else { return Vec::new() };
    let at = at.key("query");
    let mut query = Vec::new();
    for (name, field) in &entries.0 {
        query_value(&at.key(name), name, field, &mut query, uses);
    }
    query
}

fn query_value<'f>(
    at: &At<'f>,
    name: &str,
    field: &Field<QueryValue>,
    query: &mut Vec<(String, Template)>,
    uses: &mut Vec<Uses<'f>>,
) {
    match at.value(field) {
        Some(QueryValue::One(text)) => {
            if let Some(template) = filters::template(at, text, IN_TEMPLATES) {
                uses.push(Uses::of_template(at, &template));
                query.push((name.to_owned(), template));
            }
        }
        Some(QueryValue::Many(values)) => {
            for (n, value) in values.iter().enumerate() {
                query_value(&at.index(n), name, value, query, uses);
            }
        }
        None => {}
    }
}

fn metrics<'f>(at: &At<'f>, written: &Written, uses: &mut Vec<Uses<'f>>) -> Vec<Metric> {
    let Some(entries) = at.get("metrics", &written.metrics) else { return Vec::new() };
    let at = at.key("metrics");
    entries.0.iter().filter_map(|(name, field)| metric::lower(&at.key(name), name, field, uses)).collect()
}

fn expect<'f>(at: &At<'f>, field: &Field<Table<crate::config::file::Expect>>, uses: &mut Vec<Uses<'f>>) -> Expect {
    let Some(written) = at.get("expect", field) else { return Expect::default() };
    let at = at.key("expect");
    let mut status = Vec::new();
    for (n, field) in at.get("status", &written.0.status).into_iter().flatten().enumerate() {
        let at = at.key("status").index(n);
        match at.value(field).map(|number| u16::try_from(*number)) {
            Some(Ok(number @ 100..=599)) => status.push(number),
            Some(_) => at.error("wrong-value", "a status is a number from 100 to 599").report(),
            None => {}
        }
    }
    let that = at.get("that", &written.0.that).and_then(|text| {
        let at = at.key("that");
        let filter = filters::filter(&at, text, &[Variable::Run, Variable::Reply, Variable::Calls])?;
        uses.push(Uses::of_filter(&at, &filter));
        Some(filter)
    });
    Expect { status, that }
}

fn refuse_body_of_get(at: &At<'_>, written: &Written, idempotency_key: Option<bool>) {
    if !matches!(written.json, Field::Absent) {
        at.key("json")
            .key_error("conflicting-keys", "a GET has no body")
            .help("use `query`, or `post` instead of `get`")
            .report();
    }
    if idempotency_key == Some(true) {
        let draft = at.key("idempotency_key").key_error("conflicting-keys", "a GET has no Idempotency-Key");
        draft.help("it may be sent again anyway: leave this out").report();
    }
}
