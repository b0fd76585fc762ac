//! The method of a call, and its path.

use super::super::filters::{self, Uses};
use super::super::path;
use super::sees::is_there;
use crate::config::file::Call as Written;
use crate::config::place::At;
use crate::filter::{Template, Variable};
use crate::job::Method;

/// The method of a call, its key and its path. There must be exactly one.
pub(super) fn method<'w>(at: &At<'_>, name: &str, written: &'w Written) -> Option<(&'static str, Method, &'w str)> {
    let methods = [
        ("get", Method::Get, &written.get),
        ("post", Method::Post, &written.post),
        ("put", Method::Put, &written.put),
        ("patch", Method::Patch, &written.patch),
        ("delete", Method::Delete, &written.delete),
    ];
    let mut there = methods.into_iter().filter(|(_, _, field)| is_there(field));
    let Some((key, method, field)) = there.next() else {
        if !methods.iter().any(|(key, ..)| at.has_misspelled(key)) {
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

pub(super) fn path<'f>(
    at: &At<'f>,
    path: &str,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Template> {
    let fixed = outside_templates(path);
    if !path::is_sound(at, path, &fixed, path::Owner::Call) {
        return None;
    }
    filters::noted_template(at, path, allowed, uses)
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
