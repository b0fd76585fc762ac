//! Values as TOML.

use std::time::Duration;

use crate::config::mask::may_be_secret;
use crate::config::values_by_name;
use crate::filter::Template;
use crate::job::{Absence, NextSecret};
use crate::secret::Source;

pub(super) fn text(text: impl AsRef<str>) -> String {
    toml::Value::from(text.as_ref()).to_string()
}

/// In the largest unit of which it is a whole number; a day is told as the 24 hours that people write.
pub(super) fn time(time: Duration) -> String {
    const DAY: u128 = 24 * 60 * 60 * 1000;
    let units = [(DAY, "d"), (60 * 60 * 1000, "h"), (60 * 1000, "m"), (1000, "s"), (1, "ms")];
    let ms = time.as_millis();
    let fits = |(unit, name): &&(u128, &str)| ms >= *unit && ms.is_multiple_of(*unit) && (*name != "d" || ms > DAY);
    let (unit, name) = units.iter().find(fits).unwrap_or(&(1000, "s"));
    text(format!("{}{name}", ms / unit))
}

pub(super) fn source(source: &Source) -> String {
    inline(places(source))
}

pub(super) fn next_source(next: &NextSecret) -> String {
    let optional = (next.absence == Absence::Allowed).then(|| ("optional", true.to_string()));
    inline(places(&next.source).into_iter().chain(optional))
}

fn places(source: &Source) -> Vec<(&'static str, String)> {
    match source {
        Source::Env(name) => vec![("env", text(name))],
        Source::File(path) => vec![("file", text(path.to_string_lossy()))],
        Source::EnvFile { path, key } => vec![("file", text(path.to_string_lossy())), ("key", text(key))],
    }
}

/// `{ a = …, b = … }` of values that are TOML.
pub(super) fn inline<'k>(members: impl IntoIterator<Item = (&'k str, String)>) -> String {
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{} = {value}", key(name))).collect();
    if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

/// Names with values; one that comes more than once as the list that it was.
pub(super) fn pairs(pairs: &[(String, Template)]) -> String {
    inline(values_by_name(pairs).into_iter().map(|(name, values)| {
        let values: Vec<String> = values.into_iter().map(|value| shown(name, value)).collect();
        match values.as_slice() {
            [only] => (name, only.clone()),
            several => (name, format!("[{}]", several.join(", "))),
        }
    }))
}

/// What looks like a secret that stands in the file is not told.
fn shown(name: &str, value: &Template) -> String {
    let is_literal = !value.text().contains("{{");
    if is_literal && may_be_secret(name) { text("(hidden)") } else { text(value.text()) }
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare { name.to_owned() } else { text(name) }
}
