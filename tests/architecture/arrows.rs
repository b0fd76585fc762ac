//! A module uses only floors below its own.

use super::code::{identifier_at, is_identifier_part};

/// The floors, lowest first.
const FLOORS: [&[&str]; 8] = [
    &["clock", "crash", "cron", "files", "filter", "run", "secret", "shutdown", "telemetry"],
    &["job"],
    &["diagnose", "schedule", "token", "watch"],
    &["call", "config", "store"],
    &["audit", "doctor", "notify"],
    &["engine"],
    &["standin", "web"],
    &["cli"],
];

/// Arrows inside one floor that are agreed on.
const AGREED: [(&str, &str); 3] = [
    // Logs pass the redactor on their way out.
    ("telemetry", "secret"),
    // `clock::Time` is the word for a moment.
    ("cron", "clock"),
    ("run", "clock"),
];

pub(crate) fn breaches(path: &str, code: &str) -> Vec<String> {
    let Some(module) = module_of(path) else { return Vec::new() };
    let Some(floor) = floor_of(module) else {
        return vec![format!("{path}: `{module}` has no floor; give it one in tests/architecture/arrows.rs")];
    };
    let wrong = |(line, used): (usize, &str)| {
        let what = match floor_of(used) {
            None => format!("uses `{used}`, which has no floor"),
            Some(lower) if lower < floor || used == module || AGREED.contains(&(module, used)) => return None,
            Some(same_or_higher) => format!("(floor {floor}) uses `{used}` (floor {same_or_higher})"),
        };
        Some(format!("{path}:{line}: `{module}` {what}"))
    };
    arrows(code).into_iter().filter_map(wrong).collect()
}

/// The module that a file belongs to; `None` for the roots `lib.rs` and `main.rs`.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|module| !matches!(*module, "lib" | "main"))
}

/// From 1.
fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module)).map(|below| below + 1)
}

/// What follows each `crate::`, with its line: one name, or the first of each path in a group.
fn arrows(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("crate::") {
        if code[..at].ends_with(|before| is_identifier_part(before) || before == '$') {
            continue;
        }
        let after = skip_space(code, at + word.len());
        let starts = if code[after..].starts_with('{') { starts_in_group(code, after) } else { vec![after] };
        found.extend(starts.into_iter().map(|start| (line_of(code, start), identifier_at(code, start))));
    }
    found
}

/// Where each path of a `{…}` group begins. Groups inside it belong to their path.
fn starts_in_group(code: &str, brace: usize) -> Vec<usize> {
    let (mut depth, mut starts) = (0, Vec::new());
    for (offset, character) in code[brace..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(character, '{' | ',') {
            starts.push(skip_space(code, brace + offset + 1));
        }
    }
    // After a trailing comma comes no path.
    starts.retain(|start| !code[*start..].starts_with('}'));
    starts
}

fn skip_space(code: &str, from: usize) -> usize {
    code.len() - code[from..].trim_start().len()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}
