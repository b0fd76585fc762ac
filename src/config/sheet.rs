//! One file: its text, parsed and read as it is written.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, Deserializer};

use super::compiled::Compiled;
use super::file::JobFile;
use super::place::{At, Parsed};
use super::problem::Lines;
use super::spans::Step;
use super::{mask, syntax, unknown};

/// One file: its text, parsed and read as it is written.
#[derive(Debug)]
pub(in crate::config) struct Sheet<'t> {
    pub parsed: Parsed<'t>,
    pub written: JobFile,
    pub syntax: Syntax,
    /// The text as it may be shown.
    pub shown: String,
}

/// Whether the parser understood all of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum Syntax {
    Sound,
    /// Not on these lines.
    Broken(BTreeSet<u32>),
}

impl<'t> Sheet<'t> {
    /// Reads a text. What is wrong with its syntax or its keys is reported in it.
    pub(in crate::config) fn read(path: &'t Path, text: &'t str) -> Sheet<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let shown = mask::masked(text, root.get_ref(), &errors);
        let parsed = Parsed {
            path,
            folder: folder_of(path),
            text,
            lines: Lines::new(text),
            root: root.get_ref().clone(),
            problems: RefCell::default(),
            compiled: Compiled::default(),
            first_headers: RefCell::default(),
            secrets: RefCell::default(),
        };
        let mut broken = syntax::report(&parsed, &shown, &errors);
        let mut ignored = Vec::new();
        let written = serde_ignored::deserialize(Deserializer::from(root), |path| ignored.push(steps(&path)));
        let written = written.unwrap_or_else(|error: toml::de::Error| {
            syntax::report_unread(&parsed, &shown, &error, &broken);
            JobFile::default()
        });
        broken.extend(parsed.problems.borrow().iter().map(|problem| problem.line));
        let syntax = if broken.is_empty() { Syntax::Sound } else { Syntax::Broken(broken) };
        for path in ignored {
            unknown::report(&parsed, &path);
        }
        Sheet { parsed, written, syntax, shown }
    }

    pub(in crate::config) fn at(&self) -> At<'_> {
        At::root(&self.parsed)
    }
}

fn steps(path: &serde_ignored::Path<'_>) -> Vec<Step> {
    use serde_ignored::Path;
    match path {
        Path::Root => Vec::new(),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => steps(parent),
        Path::Seq { parent, index } => with(steps(parent), Step::Index(*index)),
        Path::Map { parent, key } => with(steps(parent), Step::Key(key.clone())),
    }
}

fn with(mut steps: Vec<Step>, last: Step) -> Vec<Step> {
    steps.push(last);
    steps
}

/// The folder of a file, made absolute, so that what is relative to it does not depend on how the
/// file was named.
fn folder_of(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::canonicalize(folder).or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_owned())
}
