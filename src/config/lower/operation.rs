//! What the operations of an API need.

use std::collections::BTreeMap;

use url::Url;

use super::choice::choice;
use super::path::{self, Owner};
use super::scope;
use crate::config::file::{Field, Operation as Written, Table};
use crate::config::place::At;
use crate::job::{Method, Operation, PathPattern};
use crate::run::Scopes;

/// More than any API has, and few enough that each call of ten thousand jobs is looked up at once.
const MOST: usize = 10_000;

const METHODS: [(&str, Method); 5] = [
    (Method::Get.as_str(), Method::Get),
    (Method::Post.as_str(), Method::Post),
    (Method::Put.as_str(), Method::Put),
    (Method::Patch.as_str(), Method::Patch),
    (Method::Delete.as_str(), Method::Delete),
];

type List = Vec<Field<Table<Written>>>;

/// The operations of an API: those with which nothing is wrong.
pub(super) fn lower(at: &At<'_>, field: &Field<List>, base_url: Option<&Url>) -> Vec<Operation> {
    let Some(written) = at.get("operations", field) else { return Vec::new() };
    let at = at.key("operations");
    if written.len() > MOST {
        at.key_error("wrong-value", format!("an API has at most {MOST} operations")).report();
        return Vec::new();
    }
    let mut first_places: BTreeMap<(&str, String), At<'_>> = BTreeMap::new();
    let mut operations = Vec::new();
    for (n, field) in written.iter().enumerate() {
        let at = at.index(n);
        let Some(operation) = at.value(field).and_then(|Table(written)| one(&at, written)) else { continue };
        let key = (operation.method.as_str(), operation.path.shape());
        if let Some(first) = first_places.get(&key) {
            let message = format!("`{} {}` is already an operation of this API", key.0, operation.path.text());
            at.key("path")
                .error("duplicate-name", message)
                .related(first.as_related("first here"))
                .help("keep one of the two")
                .report();
            continue;
        }
        first_places.insert(key, at.key("path"));
        operations.push(operation);
    }
    if let Some(base_url) = base_url {
        warn_of_base(&at, written, base_url);
    }
    operations
}

fn one(at: &At<'_>, written: &Written) -> Option<Operation> {
    let owner = "an operation";
    let method =
        at.require("method", &written.method, owner).and_then(|_| choice(at, "method", &written.method, &METHODS));
    let path = at.require("path", &written.path, owner).and_then(|text| pattern(&at.key("path"), text));
    let scopes = match at.get("scope", &written.scope) {
        Some(text) => scopes(&at.key("scope"), text),
        // What it was to say is not known, which is not the same as that none is needed.
        None if matches!(written.scope, Field::Wrong(_)) || at.has_misspelled("scope") => None,
        None => Some(Scopes::default()),
    };
    Some(Operation { method: method?, path: path?, scopes: scopes? })
}

fn pattern(at: &At<'_>, text: &str) -> Option<PathPattern> {
    if !path::is_sound(at, text, text, Owner::Operation) {
        return None;
    }
    let pattern = PathPattern::new(text);
    if pattern.is_none() {
        at.error("bad-path", "a part between two `/` holds at most one `{name}`, and no other `{` or `}`")
            .help("`{name}` stands for any text without `/`, as in `\"/files/{file_id}\"`")
            .report();
    }
    pattern
}

fn scopes(at: &At<'_>, text: &str) -> Option<Scopes> {
    let scopes = Scopes::parse(text);
    if scopes.is_empty() {
        at.error("wrong-value", "this names no scope").help("leave `scope` out where none is needed").report();
        return None;
    }
    if let Some(wrong) = scopes.iter().find(|scope| !scope::is_one(scope)) {
        at.error("wrong-value", format!("`{}` is not a scope", wrong.escape_default()))
            .help("a scope has no spaces, quotes or `\\`; several are separated by one space")
            .report();
        return None;
    }
    Some(scopes)
}

/// Warns of the first path that says again what `base_url` ends in: no call can have it.
fn warn_of_base(at: &At<'_>, written: &List, base_url: &Url) {
    let base = base_url.path().trim_end_matches('/');
    let rest = |field: &Field<Table<Written>>| match field {
        Field::Written(Table(Written { path: Field::Written(path), .. })) if !base.is_empty() => {
            path.strip_prefix(base).filter(|rest| rest.starts_with('/')).map(str::to_owned)
        }
        _ => None,
    };
    if let Some((n, rest)) = written.iter().enumerate().find_map(|(n, field)| Some((n, rest(field)?))) {
        at.index(n)
            .key("path")
            .warning("doubled-base", format!("`base_url` ends in `{base}`, and this begins with it again"))
            .help(format!("write what comes after `base_url`, as calls do: `\"{rest}\"`"))
            .report();
    }
}
