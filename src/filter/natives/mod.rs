//! The functions of the filter language that are written in Rust.
//!
//! Names that begin with `_` cannot be written in a filter: the check of its tree knows only the
//! names of the table of built-ins. The definitions in `language.jq` use them.

mod own;
mod places;
mod regex;
mod room;

use std::collections::BTreeSet;

use jaq_core::data::JustLut;
use jaq_core::native::Fun;

use super::value::Metered;

/// What filters run on.
pub(super) type Data = JustLut<Metered>;

/// Functions of jaq-core and jaq-std that end, stay small and reach nothing, and our names for
/// them. Whatever these crates have besides does not exist here: `env`, `now`, `halt`, `range`, …
const TAKEN: &[(&str, &str)] = &[
    ("error_empty", "_fail"),
    ("keys_unsorted", "keys_unsorted"),
    ("key_values", "_key_values"),
    ("first", "first"),
    ("last", "last"),
    ("floor", "floor"),
    ("round", "round"),
    ("ceil", "ceil"),
    ("utf8bytelength", "utf8bytelength"),
    ("explode", "explode"),
    ("ascii_downcase", "_downcase"),
    ("ascii_upcase", "_upcase"),
    ("reverse", "_reverse"),
    ("sort", "_sort"),
    ("sort_by", "_sort_by"),
    ("group_by", "_group_by"),
    ("min_by_or_empty", "_min_by"),
    ("max_by_or_empty", "_max_by"),
    ("startswith", "startswith"),
    ("endswith", "endswith"),
    ("ltrimstr", "ltrimstr"),
    ("rtrimstr", "rtrimstr"),
    ("trim", "trim"),
    ("ltrim", "ltrim"),
    ("rtrim", "rtrim"),
    ("escape_sh", "_escape_sh"),
    ("escape_html", "_escape_html"),
    ("encode_uri", "_encode_uri"),
    ("decode_uri", "_decode_uri"),
    ("encode_base64", "_encode_base64"),
    ("decode_base64", "_decode_base64"),
    ("exp", "exp"),
    ("exp10", "exp10"),
    ("exp2", "exp2"),
    ("log", "log"),
    ("log10", "log10"),
    ("log2", "log2"),
    ("pow", "pow"),
    ("sqrt", "sqrt"),
    ("trunc", "trunc"),
    ("fromdateiso8601", "fromdateiso8601"),
    ("todateiso8601", "todateiso8601"),
    ("gmtime", "_gmtime"),
    ("mktime", "_mktime"),
    ("strftime", "_strftime"),
    ("strptime", "strptime"),
];

/// The functions with these names.
pub(super) fn named(names: &BTreeSet<&str>) -> Vec<Fun<Data>> {
    let of_jaq = jaq_core::funs::<Data>().chain(jaq_std::funs::<Data>());
    let taken = of_jaq.filter_map(|(theirs, arguments, function)| {
        let (_, ours) = TAKEN.iter().find(|(name, _)| *name == theirs)?;
        Some((*ours, arguments, function))
    });
    taken
        .chain(own::functions())
        .chain(regex::functions())
        .chain(room::functions())
        .filter(|(name, ..)| names.contains(name))
        .collect()
}
