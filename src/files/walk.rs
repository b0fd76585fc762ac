//! The walk along the parts of a pattern, folder by folder.
//!
//! All parts that may come next in a folder are looked for in one reading of it, so that each path is come by once.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::fs::{DirEntry, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::child::{Child, Kind, reached};
use super::{Found, Part, Step, Unseen, What};

/// What a glob finds, one after the other.
pub(super) struct Walk<'a, F> {
    parts: &'a [Part],
    goes_on: F,
    /// What is to be visited, the next one last.
    ahead: Vec<Place>,
    /// What was found and not handed out yet.
    ready: VecDeque<Result<Found, Unseen>>,
}

/// A path that a part of the pattern leads to.
struct Place {
    path: PathBuf,
    child: Child,
    /// How many of the folders that it is in the walk has come through since the first that it read.
    above: usize,
}

type Children = BTreeMap<OsString, Child>;

impl<'a, F: FnMut(Step) -> bool> Walk<'a, F> {
    pub(super) fn new(folder: &Path, parts: &'a [Part], goes_on: F) -> Walk<'a, F> {
        let child = Child { matched: reached(parts, 0).collect(), ..Child::default() };
        let start = Place { path: folder.to_owned(), child, above: 0 };
        // Without parts nothing is wanted, the folder itself neither.
        let ahead = if parts.is_empty() { Vec::new() } else { vec![start] };
        Walk { parts, goes_on, ahead, ready: VecDeque::new() }
    }

    /// Looks at a path if that is wanted, and goes into it if parts are left.
    fn visit(&mut self, mut place: Place) -> ControlFlow<()> {
        let is_wanted = place.child.matched.remove(&self.parts.len());
        if is_wanted || place.child.kind == Kind::Link {
            let metadata = match std::fs::metadata(here(&place.path)) {
                Ok(metadata) => metadata,
                Err(error) => {
                    if !(is_nothing(&error) && !(is_wanted && place.path.is_symlink())) {
                        self.ready.push_back(Err(Unseen { path: place.path, source: error }));
                    }
                    return ControlFlow::Continue(());
                }
            };
            if is_wanted {
                self.ready.push_back(Ok(Found { path: place.path.clone(), what: What::from(&metadata) }));
            }
            if !metadata.is_dir() {
                return ControlFlow::Continue(());
            }
            if place.child.kind == Kind::Link && place.is_below(&metadata) {
                place.child.deeper.clear();
            }
        }
        if place.child.is_of_no_use() {
            return ControlFlow::Continue(());
        }
        if place.child.kind == Kind::Link {
            self.ask(Step::LinkToFolder)?;
        }
        self.go_into(place)
    }

    /// Puts what is in a folder, and may lead to what is wanted, ahead.
    fn go_into(&mut self, mut place: Place) -> ControlFlow<()> {
        place.child.matched.append(&mut place.child.deeper);
        let mut children = Children::new();
        let mut has_wildcards = false;
        for &part in &place.child.matched {
            match self.parts.get(part) {
                Some(Part::Plain(name)) => children.entry(name.clone()).or_default().add_named(self.parts, part),
                _ => has_wildcards = true,
            }
        }
        if has_wildcards {
            self.read(&place, &mut children)?;
        }
        let above = if has_wildcards || place.above > 0 { place.above + 1 } else { 0 };
        // The last one is the next.
        let places = children.into_iter().rev();
        self.ahead.extend(places.map(|(name, child)| Place { path: place.path.join(name), child, above }));
        ControlFlow::Continue(())
    }

    fn read(&mut self, place: &Place, children: &mut Children) -> ControlFlow<()> {
        let entries = match std::fs::read_dir(here(&place.path)) {
            Ok(entries) => entries,
            Err(error) if is_nothing(&error) => return ControlFlow::Continue(()),
            Err(source) => {
                self.ready.push_back(Err(Unseen { path: place.path.clone(), source }));
                return ControlFlow::Continue(());
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    self.ask(Step::Path)?;
                    self.keep(&entry, place, children);
                }
                Err(source) => {
                    self.ready.push_back(Err(Unseen { path: place.path.clone(), source }));
                    break;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Keeps a name if it may lead to what is wanted.
    fn keep(&self, entry: &DirEntry, place: &Place, children: &mut Children) {
        let name = entry.file_name();
        let kind = entry.file_type().map_or(Kind::Unknown, Kind::from);
        let mut child = children.remove(&name).unwrap_or_default();
        child.add_read(&name, kind, self.parts, &place.child.matched);
        if !child.is_of_no_use() {
            children.insert(name, child);
        }
    }

    fn ask(&mut self, step: Step) -> ControlFlow<()> {
        if (self.goes_on)(step) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

impl<F: FnMut(Step) -> bool> Iterator for Walk<'_, F> {
    type Item = Result<Found, Unseen>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() {
            let place = self.ahead.pop()?;
            if self.visit(place).is_break() {
                self.ahead.clear();
            }
        }
        self.ready.pop_front()
    }
}

impl Place {
    /// Whether a folder is one of those that the walk came through to this path.
    fn is_below(&self, folder: &Metadata) -> bool {
        let mut above = self.path.ancestors().skip(1).take(self.above);
        let is_it = |found: &Metadata| (found.dev(), found.ino()) == (folder.dev(), folder.ino());
        above.any(|path| std::fs::metadata(here(path)).is_ok_and(|found| is_it(&found)))
    }
}

impl From<&Metadata> for What {
    fn from(metadata: &Metadata) -> What {
        match metadata {
            metadata if metadata.is_file() => What::File,
            metadata if metadata.is_dir() => What::Folder,
            _ => What::Other,
        }
    }
}

/// An empty path is the folder of this process, which has a name only.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Whether an error says that a path leads nowhere, or round in a circle.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || Errno::from_io_error(error) == Some(Errno::LOOP)
}
