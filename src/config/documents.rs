//! The texts that problems point into.

use std::path::{Path, PathBuf};

use super::problem::Lines;

/// The files that were read, as they may be shown: secrets in them are hidden.
#[derive(Clone, Debug, Default)]
pub struct Documents(Vec<Document>);

#[derive(Clone, Debug)]
struct Document {
    path: PathBuf,
    shown: String,
    lines: Lines,
}

impl Documents {
    /// Adds a file. `shown` has its secrets hidden and every byte where it was.
    pub(in crate::config) fn add(&mut self, path: PathBuf, shown: String) {
        let lines = Lines::new(&shown);
        self.0.push(Document { path, shown, lines });
    }

    /// The text of a file.
    pub fn text(&self, path: &Path) -> Option<&str> {
        self.text_and_lines(path).map(|(text, _)| text)
    }

    pub(in crate::config) fn text_and_lines(&self, path: &Path) -> Option<(&str, &Lines)> {
        let document = self.0.iter().find(|document| document.path == path)?;
        Some((&document.shown, &document.lines))
    }

    /// The files in the order in which they were read: the job file first.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|document| document.path.as_path())
    }
}
