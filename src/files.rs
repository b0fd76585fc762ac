//! Globs → the files that they find.

mod child;
#[cfg(test)]
mod tests;
mod walk;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use glob::Pattern;
use walk::Walk;

/// The characters that make a part of a path a pattern.
const WILD: [char; 3] = ['?', '*', '['];

/// A glob below a folder: `*`, `?` and `[…]` as in a shell, and `**` for folders in folders.
#[derive(Clone, Debug)]
pub struct Glob {
    /// Where to look.
    folder: PathBuf,
    /// What leads from there to what is wanted.
    parts: Vec<Part>,
}

/// A part of a glob, between two `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// The name of one thing; also the root, and `..`.
    Plain(OsString),
    /// What the names in a folder have to be like.
    Wild(Pattern),
    /// `**`: the folder itself and all folders in it.
    Deep,
}

/// What stands under a path that a glob finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is: below the folder as that was written.
    pub path: PathBuf,
    /// What it is, behind links too.
    pub what: What,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A pipe, a socket or a device.
    Other,
}

/// What a walk does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It looks into a link to a folder as if it were one: such links can multiply the paths without end.
    LinkToFolder,
    /// It came by a path while it read a folder.
    Path,
}

/// What could not be looked at, and is what is wanted or may hold it.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct Unseen {
    /// Where it is.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Glob {
    /// A glob that is relative to `folder`, or whole.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn new(folder: &Path, glob: &str) -> Result<Glob, glob::PatternError> {
        // Looked at whole first, so that what is said counts its characters.
        Pattern::new(glob)?;
        let names = Path::new(glob).components().filter(|part| !matches!(part, std::path::Component::CurDir));
        let mut parts = names.map(|part| Part::of(part.as_os_str())).collect::<Result<Vec<_>, _>>()?;
        if parts.last() == Some(&Part::Deep) {
            parts.push(Part::Wild(Pattern::new("*")?));
        }
        Ok(Glob { folder: folder.to_owned(), parts })
    }

    /// Whether it may find several files. One that may not is the name of a file.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        !self.parts.iter().all(|part| matches!(part, Part::Plain(_)))
    }

    /// What it finds, also behind links, each path once, sorted within each folder. It reads only the folders that a
    /// wildcard is looked for in, and looks at a name without reading the folder that has it. `**` goes into no
    /// folder that the walk is in already. `goes_on` is asked at each step; with a `false` the walk ends.
    pub fn find(&self, goes_on: impl FnMut(Step) -> bool) -> impl Iterator<Item = Result<Found, Unseen>> {
        Walk::new(&self.folder, &self.parts, goes_on)
    }
}

impl Part {
    fn of(part: &std::ffi::OsStr) -> Result<Part, glob::PatternError> {
        match part.to_string_lossy() {
            text if text == "**" => Ok(Part::Deep),
            text if text.contains(WILD) => Ok(Part::Wild(Pattern::new(&text)?)),
            _ => Ok(Part::Plain(part.to_owned())),
        }
    }
}
