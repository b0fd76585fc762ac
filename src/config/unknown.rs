//! Keys that nothing reads: of a later version, in the wrong table, of another program, or misspelled.

mod foreign;

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::file::DATE_KEY;
use super::keys::{self, Keys};
use super::names::{listed, nearest};
use super::place::{At, Parsed};
use super::spans::{self, Step};

/// Reports a key that nothing read.
pub(in crate::config) fn report(file: &Parsed<'_>, path: &[Step]) {
    let Some((Step::Key(key), table)) = path.split_last() else { return };
    if key.starts_with(DATE_KEY) {
        return At::of(file, table.to_vec()).error("wrong-value", "expected a table, found a date").report();
    }
    let at = At::of(file, path.to_vec());
    let Some(keys) = keys::of_table(table) else {
        return at.key_error("unknown-key", format!("unknown key `{key}`")).report();
    };
    if keys.not_yet.contains(&key.as_str()) {
        let draft = at.key_error("not-yet", format!("`{key}` is not in this version yet"));
        let elsewhere = around(file, key, table, |outer| outer.in_force.contains(&key.as_str()));
        return draft.help("leave it out: it would have no effect").maybe_help(elsewhere).report();
    }
    if !table.is_empty() && keys::INCLUDED.contains(&key.as_str()) && spans::table(&file.root, path).is_some() {
        return at
            .key_error("misplaced-key", format!("`{key}` belongs to the top of the file: write it as `[{key}.NAME]`"))
            .label(format!("not a key of {}", keys.owner))
            .report();
    }
    if key == "optional" && keys.know("env") {
        return at
            .key_error("misplaced-key", "only `next_client_secret` may be `optional`")
            .label("this secret is needed")
            .help("leave it out")
            .report();
    }
    let near = nearest(key, keys.in_force.iter().copied());
    // A table that is nearly one of those here is misspelled, and so is what elsewhere would be a section; a value may
    // rather be in the wrong table.
    let is_no_value = spans::table(&file.root, path).is_some() || keys::is_section(key);
    if let Some(message) = misplaced(file, key, table, keys).filter(|_| near.is_none() || !is_no_value) {
        return at.key_error("misplaced-key", message).label(format!("not a key of {}", keys.owner)).report();
    }
    let help = match near {
        Some(name) => format!("a key with a similar name exists: `{name}`"),
        None => foreign::help(key, keys)
            .map_or_else(|| format!("the keys here are {}", listed(keys.in_force)), str::to_owned),
    };
    at.key_error("unknown-key", format!("unknown key `{key}` in {}", owner_in_words(keys, table)))
        .label(format!("not a key of {}", keys.owner))
        .help(help)
        .report();
}

/// "job `x`" rather than "a job", where the table has a name.
fn owner_in_words(keys: &Keys, table: &[Step]) -> String {
    let what = keys.owner.rsplit(' ').next().unwrap_or_default();
    let name = |step: Option<&Step>| match step {
        Some(Step::Key(name)) => Some(name.clone()),
        _ => None,
    };
    match keys.pattern {
        ["credentials" | "apis" | "jobs" | "alerts" | "channels", "*"] => {
            name(table.last()).map(|name| format!("{what} `{name}`"))
        }
        ["jobs", "*", "calls", "*"] => name(table.get(1)).map(|job| format!("a call of job `{job}`")),
        ["apis", "*", "operations", "*"] => name(table.get(1)).map(|api| format!("an operation of API `{api}`")),
        [.., "metrics", "*"] => name(table.last()).map(|metric| format!("metric `{metric}`")),
        _ => None,
    }
    .unwrap_or_else(|| keys.owner.to_owned())
}

/// Where a key should go instead, when it belongs to a table around this one or inside it.
fn misplaced(file: &Parsed<'_>, key: &str, table: &[Step], keys: &'static Keys) -> Option<String> {
    around(file, key, table, |outer| outer.know(key)).or_else(|| {
        let inner = keys.inner_with(key).or_else(|| call_with(key, keys))?;
        Some(format!("`{key}` belongs to {}: write it {}", inner.owner, below(inner, table)))
    })
}

/// The keys of a call, for one that stands at the top of the file: what is so far inside is guessed for calls only.
fn call_with(key: &str, keys: &'static Keys) -> Option<&'static Keys> {
    let call = || keys::TABLES.iter().find(|keys| matches!(keys.pattern, ["jobs", "*", "calls", "*"]));
    keys.are_of_the_file().then(call).flatten().filter(|call| call.know(key))
}

/// The table around this one that has the key. Such a key was written too far down in the file.
fn around(file: &Parsed<'_>, key: &str, table: &[Step], has_it: impl Fn(&Keys) -> bool) -> Option<String> {
    (0..table.len()).rev().find_map(|depth| {
        let outer = keys::of_table(table.get(..depth)?)?;
        if !has_it(outer) {
            return None;
        }
        let owner = match outer.owner.split_once(' ') {
            _ if depth == 0 => "the top of the file".to_owned(),
            Some((_, what)) => format!("the {what}"),
            None => outer.owner.to_owned(),
        };
        let first = first_header_below(file, table.get(..depth)?);
        let above = first.map(|line| format!(": move it above line {line}")).unwrap_or_default();
        Some(format!("`{key}` belongs to {owner}{above}"))
    })
}

/// The line of the first header of a table inside the table that a path leads to. Keys must stand above it.
fn first_header_below(file: &Parsed<'_>, path: &[Step]) -> Option<u32> {
    // Looked for once: there may be as many misplaced keys as there are tables inside.
    if let Some(known) = file.first_headers.borrow().get(path) {
        return *known;
    }
    let first = first_header_in(file, path).map(|span| file.lines.position(file.text, span.start).0);
    file.first_headers.borrow_mut().insert(path.to_vec(), first);
    first
}

fn first_header_in(file: &Parsed<'_>, path: &[Step]) -> Option<Range<usize>> {
    let mut table: &DeTable<'_> = &file.root;
    for step in path {
        let Step::Key(name) = step else { return None };
        table = table.get(name.as_str())?.get_ref().as_table()?;
    }
    let mut headers = Vec::new();
    headers_in(file, table, &mut headers);
    headers.into_iter().min_by_key(|span| span.start)
}

fn headers_in(file: &Parsed<'_>, table: &DeTable<'_>, headers: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let span = value.span();
        let in_header = file.text.get(span.clone()).is_some_and(|text| text.starts_with('['))
            && span.start <= key.span().start
            && key.span().end <= span.end;
        match value.get_ref() {
            DeValue::Table(_) | DeValue::Array(_) if in_header => headers.push(span),
            DeValue::Table(inner) => headers_in(file, inner, headers),
            _ => {}
        }
    }
}

/// Under which header a key of an inner table is written.
fn below(inner: &Keys, table: &[Step]) -> String {
    let mut path: Vec<String> = Vec::new();
    for (n, part) in inner.pattern.iter().enumerate() {
        match (table.get(n), *part) {
            (Some(Step::Key(name)), _) => path.push(name.clone()),
            (Some(Step::Index(_)), _) => {}
            (None, "*") if path.last().is_some_and(|last| last == "calls" || last == "operations") => {}
            (None, "*") => path.push("NAME".to_owned()),
            (None, part) => path.push(part.to_owned()),
        }
    }
    match inner.pattern {
        [.., "calls" | "operations", "*"] => format!("below `[[{}]]`", path.join(".")),
        _ => format!("below `[{}]`", path.join(".")),
    }
}
