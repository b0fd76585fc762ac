//! Whether the files that are open are still those that have the names of the store and of what is beside it.
//!
//! The store and its index are only looked at and never opened: closing a file drops the locks that SQLite
//! holds on it in this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2). On the log it holds none.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::aside::{self, beside};
use super::log::{Log, LogLook};

/// The files of an open store.
#[derive(Debug)]
pub(super) struct Files {
    /// The name that the store was opened by.
    name: Arc<Path>,
    /// Where that led to: beside it SQLite puts the others.
    place: PathBuf,
    store: Known,
    /// `None` where there was no log to be seen.
    pub(super) log: Option<Log>,
    index: Option<Index>,
}

/// What a look at the files found.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) store: Result<(), Lost>,
    pub(super) index: Result<(), Lost>,
    pub(super) log: LogLook,
}

/// What was lost of a file that is open.
#[derive(Debug)]
pub(super) enum Lost {
    /// It has no name any more, or another file has it. What is open is whole.
    Name(io::Error),
    /// Something is missing from it.
    Content(io::Error),
}

impl Lost {
    pub(super) fn into_error(self) -> io::Error {
        match self {
            Lost::Name(error) | Lost::Content(error) => error,
        }
    }
}

impl Files {
    /// Those of the store at `path`, which somebody has open.
    pub(super) fn of(path: &Arc<Path>) -> io::Result<Files> {
        let place = path.canonicalize()?;
        let (log, index) = (Log::at(beside(&place, "-wal")), Index::at(beside(&place, "-shm")));
        if let Some(error) = log.as_ref().err().or(index.as_ref().err()) {
            tracing::warn!(error = %error, "no log is seen beside {}: should another file get its name, remove the log", place.display());
        }
        Ok(Files { name: Arc::clone(path), store: Known::of(&place)?, log: log.ok(), index: index.ok(), place })
    }

    /// Looks whether all of them are those that were opened, and as long as they were.
    pub(super) fn look(&mut self) -> Look {
        Look {
            store: self.look_at_store(),
            index: self.index.as_mut().map_or(Ok(()), Index::look),
            log: self.log.as_mut().map_or(LogLook::Plausible, Log::look),
        }
    }

    fn look_at_store(&mut self) -> Result<(), Lost> {
        let found = self.store.look(&self.name).map_err(Lost::Name)?;
        if found.len() == 0 && self.store.length > 0 {
            return Err(Lost::Content(io::Error::other("it is empty now")));
        }
        self.store.length = found.len();
        Ok(())
    }

    /// Takes the log out of the way of another file that is in the place of the store by now: SQLite would
    /// take it for that one's, and damage it with pages of this one. Gives where the log is then.
    ///
    /// If there is no file, the log stays: the store may be put back, and then needs it. So it does if only a
    /// link was changed, for it is beside its store.
    pub(super) fn set_log_aside(&self) -> io::Result<Option<PathBuf>> {
        let is_replaced = std::fs::metadata(&self.place).is_ok_and(|found| {
            Identity::of(&found) != self.store.identity || found.len() == 0 && self.store.length > 0
        });
        if is_replaced { self.set_aside("-wal.replaced") } else { Ok(None) }
    }

    /// Gives the log another name, if it has its own still: that of the store with this ending.
    pub(super) fn set_aside(&self, ending: &str) -> io::Result<Option<PathBuf>> {
        match &self.log {
            Some(log) if log.has_its_name() => aside::set(&self.place, log.path(), ending).map(Some),
            _ => Ok(None),
        }
    }

    /// Makes a file of what the log holds, which has no name any more.
    pub(super) fn copy_log(&self, ending: &str) -> io::Result<Option<PathBuf>> {
        self.log.as_ref().map_or(Ok(None), |log| log.copy(&self.place, ending))
    }
}

/// A file that was seen under a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    identity: Identity,
    length: u64,
}

impl Known {
    /// The file at `path`.
    fn of(path: &Path) -> io::Result<Known> {
        std::fs::metadata(path).map(|found| Known::from(&found))
    }

    /// The one that is open as `file`.
    pub(super) fn open(file: &File) -> io::Result<Known> {
        file.metadata().map(|found| Known::from(&found))
    }

    fn from(metadata: &Metadata) -> Known {
        Known { identity: Identity::of(metadata), length: metadata.len() }
    }

    /// What is to be seen of it, if it has that name still.
    pub(super) fn look(&self, path: &Path) -> io::Result<Metadata> {
        let found = std::fs::metadata(path)?;
        if Identity::of(&found) == self.identity {
            Ok(found)
        } else {
            Err(io::Error::other("another file has its name"))
        }
    }
}

/// What tells a file from any other on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(metadata: &Metadata) -> Identity {
        Identity { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// The index of the log, in `-shm`: in it processes that have the store open find the pages of the log.
#[derive(Debug)]
struct Index {
    path: PathBuf,
    known: Known,
}

impl Index {
    fn at(path: PathBuf) -> io::Result<Index> {
        Ok(Index { known: Known::of(&path)?, path })
    }

    /// It only grows while somebody has it open. Whoever opens the store when another has its name, or none, knows
    /// nothing of what this process writes from then on.
    fn look(&mut self) -> Result<(), Lost> {
        let found = self.known.look(&self.path).map_err(|error| Lost::Name(about(&self.path, &error)))?;
        if found.len() < self.known.length {
            return Err(Lost::Content(about(&self.path, &"it is shorter than it was")));
        }
        self.known.length = found.len();
        Ok(())
    }
}

/// The error with the file that it is about.
pub(super) fn about(path: &Path, what: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {what}", path.display()))
}
