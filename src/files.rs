//! Globs → the files that they find.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use walkdir::WalkDir;

/// As shells match: `*` stays within a folder and finds no hidden files, which are seldom meant.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The characters that make a part of a path a pattern.
const WILD: [char; 3] = ['?', '*', '['];

/// A glob below a folder: `*`, `?` and `[…]` as in a shell, and `**` for folders in folders.
#[derive(Clone, Debug)]
pub struct Glob {
    /// Where to look.
    base: PathBuf,
    /// What is wanted below that.
    wanted: Pattern,
    deepest: usize,
    has_wildcards: bool,
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

/// What a walk comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A link to a folder, which is looked into as if it were one: such links can multiply the paths without end.
    LinkToFolder,
    /// Anything else.
    Path,
}

/// What could not be looked at, and may be what is wanted or hold it.
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
        let parts: Vec<Component<'_>> = Path::new(glob).components().collect();
        let is_plain = |part: &&Component<'_>| !part.as_os_str().to_string_lossy().contains(WILD);
        let plain = parts.iter().take_while(is_plain).count().min(parts.len().saturating_sub(1));
        let (above, below) = parts.split_at(plain);
        let wanted: PathBuf = below.iter().collect();
        Ok(Glob {
            base: folder.join(above.iter().collect::<PathBuf>()),
            deepest: if glob.contains("**") { usize::MAX } else { below.len() },
            wanted: Pattern::new(&wanted.to_string_lossy())?,
            has_wildcards: glob.contains(WILD),
        })
    }

    /// Whether it may find several files. One that may not is the name of a file.
    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        self.has_wildcards
    }

    /// What it finds, also behind links, sorted within each folder. Without `**` it looks no deeper than it has
    /// parts, and into no folder that it is in already. `goes_on` is asked at each step; with a `false` the walk ends.
    pub fn find(&self, mut goes_on: impl FnMut(Step) -> bool) -> impl Iterator<Item = Result<Found, Unseen>> {
        // An empty path is the folder of this process, which has a name only.
        let here = if self.base.as_os_str().is_empty() { Path::new(".") } else { &self.base };
        let walk = WalkDir::new(here).follow_links(true).min_depth(1).max_depth(self.deepest).sort_by_file_name();
        walk.into_iter().take_while(move |seen| goes_on(step(seen))).filter_map(move |seen| match seen {
            Ok(seen) if self.wants(seen.path()) => Some(Ok(self.found(&seen))),
            Ok(_) => None,
            Err(error) if self.is_nothing(&error) => None,
            Err(error) => Some(Err(self.unseen(error))),
        })
    }

    /// A name that is no text has to match too, or its file would be passed over in silence.
    fn wants(&self, path: &Path) -> bool {
        let below = self.below(path);
        below.as_os_str() != OsStr::new("") && self.wanted.matches_with(&below.to_string_lossy(), LIKE_A_SHELL)
    }

    fn below<'a>(&self, path: &'a Path) -> &'a Path {
        let base = if self.base.as_os_str().is_empty() { Path::new(".") } else { &self.base };
        path.strip_prefix(base).unwrap_or(Path::new(""))
    }

    fn found(&self, seen: &walkdir::DirEntry) -> Found {
        let what = match seen.file_type() {
            kind if kind.is_file() => What::File,
            kind if kind.is_dir() => What::Folder,
            _ => What::Other,
        };
        Found { path: self.base.join(self.below(seen.path())), what }
    }

    /// Whether what could not be looked at is no loss: a link back to where the walk came from, or a path that
    /// leads nowhere, or round in a circle, and is not wanted.
    fn is_nothing(&self, error: &walkdir::Error) -> bool {
        let leads_nowhere = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
        let is_link = error.path().is_some_and(Path::is_symlink);
        let is_wanted = error.path().is_some_and(|path| self.wants(path));
        error.loop_ancestor().is_some() || ((leads_nowhere || is_link) && !is_wanted)
    }

    fn unseen(&self, error: walkdir::Error) -> Unseen {
        let path = error.path().map_or_else(|| self.base.clone(), |path| self.base.join(self.below(path)));
        Unseen { path, source: error.into() }
    }
}

fn step(seen: &Result<walkdir::DirEntry, walkdir::Error>) -> Step {
    match seen {
        Ok(seen) if seen.path_is_symlink() && seen.file_type().is_dir() => Step::LinkToFolder,
        _ => Step::Path,
    }
}
