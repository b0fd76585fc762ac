//! A job file: any text is read or answered, each problem within its lines; what is read has ticks and a hash.

use std::path::Path;
use std::sync::Arc;

use apicron::config::{Colour, Loaded, Rejected, parse_looking_ahead, render};
use apicron::schedule::{coming, window};
use apicron::secret::Environment;
use toml::de::{DeTable, DeValue};

use super::parts;

/// In a folder that does not exist, so that a relative name leads to no file.
const PATH: &str = "/nowhere/at/all/jobs.toml";

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = parts::text(bytes) else { return };
    if names_a_place(text) {
        return;
    }
    let environment =
        Environment::fixed([("SECRET", "correct-horse-battery"), ("SHORT", "horse"), ("ID", "client-id")]);
    let now = parts::time("1795521600");
    let (problems, documents) = match parse_looking_ahead(Path::new(PATH), text, &environment, now) {
        Ok(loaded) => {
            look_at(&loaded, now);
            (loaded.warnings, loaded.documents)
        }
        Err(Rejected { problems, documents }) => {
            assert!(!problems.is_empty(), "a file is rejected, and nothing says why");
            (problems, documents)
        }
    };
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in &problems {
        let length = lines.get(problem.line as usize - 1).map(|line| line.chars().count());
        assert!(length.is_some_and(|length| problem.column as usize - 1 <= length), "beyond its line: {problem:?}");
        assert!(problem.span.clone().is_none_or(|span| text.get(span).is_some()), "cuts a character: {problem:?}");
        assert!(!problem.message.trim().is_empty(), "without words: {problem:?}");
    }
    for colour in [Colour::None, Colour::Ansi] {
        let shown = render(&problems, &documents, colour);
        assert!(!shown.contains("correct-horse"), "a secret is shown");
    }
}

fn look_at(loaded: &Loaded, now: apicron::clock::Time) {
    for (name, job) in &loaded.jobs.jobs {
        assert_eq!(*name, job.name);
        assert!(!job.calls.is_empty(), "{name} calls nothing");
        let is_hash = job.config_hash.len() == 16 && job.config_hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hash, "{name} has the hash {}", job.config_hash);
        _ = window(job, now);
    }
    let coming = coming(loaded.jobs.jobs.values().map(Arc::as_ref), now, 20);
    assert!(coming.is_sorted_by_key(|tick| tick.at.at), "the ticks are out of order");
    assert!(coming.iter().all(|tick| tick.at.at > now), "a tick is past");
}

/// Whether the file names a file by a path that leads out of its folder: this looks into no folder of the machine.
fn names_a_place(text: &str) -> bool {
    let (root, _) = DeTable::parse_recoverable(text);
    let leads_out = |path: &str| path.starts_with('/') || path.contains("..");
    holds(&DeValue::Table(root.into_inner()), false, &leads_out)
}

fn holds(value: &DeValue<'_>, is_path: bool, leads_out: &impl Fn(&str) -> bool) -> bool {
    match value {
        DeValue::String(text) => is_path && leads_out(text),
        DeValue::Array(values) => values.iter().any(|value| holds(value.get_ref(), is_path, leads_out)),
        DeValue::Table(members) => members.iter().any(|(key, value)| {
            let is_path = is_path || matches!(key.get_ref().as_ref(), "include" | "file");
            holds(value.get_ref(), is_path, leads_out)
        }),
        _ => false,
    }
}
