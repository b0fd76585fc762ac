//! What is in a folder, and which parts of a pattern may come next behind it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::FileType;
use std::ops::RangeInclusive;

use glob::MatchOptions;

use super::Part;

/// As shells match: `*` finds no hidden files, which are seldom meant.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// A name in a folder, with all the ways that lead to it: it is visited once.
#[derive(Debug, Default)]
pub(super) struct Child {
    /// The parts that may come next after one that it matches.
    pub(super) matched: BTreeSet<usize>,
    /// The parts that may come next because `**` goes on in it.
    pub(super) deeper: BTreeSet<usize>,
    pub(super) kind: Kind,
}

/// What the folder that has it says of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: the folder was not read, or does not know.
    #[default]
    Unknown,
    Folder,
    Link,
    /// Neither: nothing can be in it.
    Other,
}

impl Child {
    /// The name is the next part itself.
    pub(super) fn add_named(&mut self, parts: &[Part], part: usize) {
        self.matched.extend(reached(parts, part + 1));
    }

    /// The name was read in a folder where these parts may come next.
    pub(super) fn add_read(&mut self, name: &OsStr, kind: Kind, parts: &[Part], next: &BTreeSet<usize>) {
        // A name that is no text has to match too, or its file would be passed over in silence.
        let text = name.to_string_lossy();
        let is_hidden = text.starts_with('.');
        for &part in next {
            match parts.get(part) {
                Some(Part::Wild(pattern)) if pattern.matches_with(&text, LIKE_A_SHELL) => {
                    self.matched.extend(reached(parts, part + 1));
                }
                Some(Part::Deep) if !is_hidden => self.deeper.extend(reached(parts, part)),
                _ => {}
            }
        }
        self.kind = kind;
        if kind == Kind::Other {
            self.deeper.clear();
            self.matched.retain(|&part| part == parts.len());
        }
    }

    /// Whether nothing that is wanted can be there.
    pub(super) fn is_of_no_use(&self) -> bool {
        self.matched.is_empty() && self.deeper.is_empty()
    }
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Kind {
        match kind {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::Other,
        }
    }
}

/// The parts that may come next once all before `part` are found: `**` may stand for nothing.
pub(super) fn reached(parts: &[Part], part: usize) -> RangeInclusive<usize> {
    let deep = parts.iter().skip(part).take_while(|part| **part == Part::Deep).count();
    part..=part + deep
}
