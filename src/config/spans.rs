//! Where in the text a key path leads.
//!
//! The types of a file hold plain values. When a check fails, its place is looked up here in the
//! parsed document.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// One step of a key path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum Step {
    Key(String),
    Index(usize),
}

/// Where a key and its value stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct Located {
    /// The key; `None` for an element of a list and for the whole file.
    pub key: Option<Range<usize>>,
    /// The value; for a table with a header that header.
    pub value: Range<usize>,
}

/// Follows a path as far as it leads, so that a key that is not there is placed at its table.
pub(in crate::config) fn locate(root: &DeTable<'_>, path: &[Step]) -> Located {
    let mut found = Located::default();
    let Some((Step::Key(first), rest)) = path.split_first() else { return found };
    let Some((key, value)) = root.get_key_value(first.as_str()) else { return found };
    found = Located { key: Some(key.span()), value: value.span() };
    let mut value = value;
    for step in rest {
        match (step, value.get_ref()) {
            (Step::Key(name), DeValue::Table(table)) => {
                let Some((key, next)) = table.get_key_value(name.as_str()) else { return found };
                found = Located { key: Some(key.span()), value: next.span() };
                value = next;
            }
            (Step::Index(index), DeValue::Array(list)) => {
                let Some(next) = list.get(*index) else { return found };
                found = Located { key: None, value: next.span() };
                value = next;
            }
            _ => return found,
        }
    }
    found
}

/// The table that a path leads to.
pub(in crate::config) fn table<'d, 't>(root: &'d DeTable<'t>, path: &[Step]) -> Option<&'d DeTable<'t>> {
    let Some((Step::Key(first), rest)) = path.split_first() else { return Some(root) };
    let mut value = root.get(first.as_str())?.get_ref();
    for step in rest {
        value = match step {
            Step::Key(name) => value.as_table()?.get(name.as_str())?.get_ref(),
            Step::Index(index) => value.as_array()?.get(*index)?.get_ref(),
        };
    }
    value.as_table()
}

/// The bytes of a value's text that `inner` means, counted in the value itself.
///
/// `None` where the text in the file is not the value letter for letter, as in a string with escapes.
pub(in crate::config) fn inside(
    text: &str,
    outer: &Range<usize>,
    value: &str,
    inner: &Range<usize>,
) -> Option<Range<usize>> {
    let written = text.get(outer.clone())?;
    let quotes = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| written.starts_with(quotes))?;
    let content = written.strip_prefix(quotes)?.strip_suffix(quotes)?;
    let content = match quotes.len() {
        3 => content.strip_prefix("\r\n").or_else(|| content.strip_prefix('\n')).unwrap_or(content),
        _ => content,
    };
    if content != value {
        return None;
    }
    let start = outer.end - quotes.len() - content.len();
    let range = start + inner.start.min(value.len())..start + inner.end.min(value.len());
    (range.start <= range.end && text.get(range.clone()).is_some()).then_some(range)
}

/// A path for people: `jobs.x.calls[0].get`.
pub(in crate::config) fn dotted(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.extend([".", key.as_str()]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[jobs.x]\nschedule = 'a'\n[[jobs.x.calls]]\nmetrics = { n = \".credits.used\" }\n";

    fn at(path: &[Step]) -> (Option<&'static str>, &'static str) {
        let document = DeTable::parse(TEXT).expect("TOML");
        let found = locate(document.get_ref(), path);
        (found.key.map(|key| &TEXT[key]), &TEXT[found.value])
    }

    fn keys(names: &[&str]) -> Vec<Step> {
        names.iter().map(|name| Step::Key((*name).to_owned())).collect()
    }

    #[test]
    fn a_path_leads_to_its_key_and_its_value() {
        assert_eq!(at(&keys(&["jobs", "x", "schedule"])), (Some("schedule"), "'a'"));
        let mut path = keys(&["jobs", "x", "calls"]);
        path.push(Step::Index(0));
        assert_eq!(at(&path), (None, "[[jobs.x.calls]]"));
        path.extend(keys(&["metrics", "n"]));
        assert_eq!(at(&path), (Some("n"), "\".credits.used\""));
        assert_eq!(dotted(&path), "jobs.x.calls[0].metrics.n");
    }

    #[test]
    fn a_key_that_is_not_there_is_placed_at_its_table() {
        assert_eq!(at(&keys(&["jobs", "x", "api"])), (Some("x"), "[jobs.x]"));
        assert_eq!(at(&keys(&["apis"])), (None, ""));
    }

    #[test]
    fn a_span_in_a_value_is_found_in_the_file_when_the_string_has_no_escapes() {
        let outer = 8..8 + 7;
        assert_eq!(inside("value = '.a | b' # x", &(8..16), ".a | b", &(5..6)), Some(14..15));
        assert_eq!(inside("value = \".a\\t\"", &(8..14), ".a\t", &(0..1)), None);
        assert_eq!(inside("value = '''\n.a'''", &(8..17), ".a", &(1..2)), Some(13..14));
        assert_eq!(inside("short", &outer, ".a", &(0..1)), None);
    }
}
