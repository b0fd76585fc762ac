//! Whether the files that are open are still those that have the names of the store and of what is beside it.
//!
//! The store and its index are only looked at and never opened: closing a file drops the locks that SQLite
//! holds on it in this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2). On the log it holds none.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::aside;
use super::log::{Length, Log};

/// The files of an open store.
#[derive(Debug)]
pub(super) struct Files {
    /// The name that the store was opened by.
    name: Arc<Path>,
    /// Where that led to: beside it SQLite puts the others.
    place: PathBuf,
    store: Known,
    /// `None` where there was no log to be seen.
    log: Option<Log>,
    /// In which processes that have the store open find the pages of the log.
    index: Option<Index>,
}

/// What was lost of an open store.
#[derive(Debug)]
pub(super) enum Loss {
    /// The store has no name any more, or another file has it.
    Store(io::Error),
    /// The store has its name, and nothing in it.
    StoreContent(io::Error),
    /// A file beside it has no name any more. What this process has open is whole, and may be checked into the store.
    Beside(io::Error),
    /// What another file beside it says by now, or what is missing from the one that is open, is at odds with
    /// what this process has open.
    BesideContent(io::Error),
}

impl Loss {
    /// The worse of both: what is at odds must not be written on.
    fn or_worse(self, other: Loss) -> Loss {
        match other {
            Loss::StoreContent(_) | Loss::BesideContent(_) => other,
            Loss::Store(_) | Loss::Beside(_) => self,
        }
    }
}

impl Files {
    /// Those of the store at `path`, which somebody has open.
    pub(super) fn of(path: &Arc<Path>) -> io::Result<Files> {
        let place = path.canonicalize()?;
        let (log, index) = (Log::at(aside::beside(&place, "-wal")), Index::at(aside::beside(&place, "-shm")));
        if let Some(error) = log.as_ref().err().or(index.as_ref().err()) {
            tracing::warn!(error = %error, "no log is seen beside {}: should another file get its name, remove the log", place.display());
        }
        Ok(Files { name: Arc::clone(path), store: Known::of(&place)?, log: log.ok(), index: index.ok(), place })
    }

    /// That all of them are those that were opened, and as long as they have to be: what is written now would
    /// else be lost with the last process that has them open.
    pub(super) fn check(&mut self) -> Result<Length, Loss> {
        let index = self.index.as_mut().map_or(Ok(()), Index::check);
        let log = self.log.as_mut().map_or(Ok(Length::Plausible), Log::check);
        let losses = [self.check_store().err(), index.err()].into_iter().flatten();
        match log {
            Err(loss) => Err(losses.fold(loss, Loss::or_worse)),
            Ok(length) => losses.reduce(Loss::or_worse).map_or(Ok(length), Err),
        }
    }

    fn check_store(&mut self) -> Result<(), Loss> {
        let found = self.store.look(&self.name).map_err(Loss::Store)?;
        if found.len() == 0 && self.store.length > 0 {
            return Err(Loss::StoreContent(io::Error::other("it is empty now")));
        }
        self.store.length = found.len();
        Ok(())
    }

    /// See [`Log::judge_emptied`].
    pub(super) fn judge_emptied(&mut self, missing: i64) -> Result<(), Loss> {
        self.log.as_mut().map_or(Ok(()), |log| log.judge_emptied(missing))
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
        match &self.log {
            Some(log) if is_replaced && log.has_its_name() => aside::set(&self.place, log.path()).map(Some),
            _ => Ok(None),
        }
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
    pub(super) fn of(path: &Path) -> io::Result<Known> {
        let metadata = std::fs::metadata(path)?;
        Ok(Known { identity: Identity::of(&metadata), length: metadata.len() })
    }

    /// The one that is open as `file`.
    pub(super) fn open(file: &File) -> io::Result<Known> {
        let metadata = file.metadata()?;
        Ok(Known { identity: Identity::of(&metadata), length: metadata.len() })
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

/// The index of the log, in `-shm`.
#[derive(Debug)]
struct Index {
    path: PathBuf,
    known: Known,
}

impl Index {
    fn at(path: PathBuf) -> io::Result<Index> {
        Ok(Index { known: Known::of(&path)?, path })
    }

    /// It only grows while somebody has it open. Whoever opened the store since another has its name knows
    /// nothing of what this process writes from now on.
    fn check(&mut self) -> Result<(), Loss> {
        let found = self.known.look(&self.path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Loss::Beside(about(&self.path, &error)),
            _ => Loss::BesideContent(about(&self.path, &error)),
        })?;
        if found.len() < self.known.length {
            return Err(Loss::BesideContent(about(&self.path, &"it is shorter than it was")));
        }
        self.known.length = found.len();
        Ok(())
    }
}

/// The error with the file that it is about.
pub(super) fn about(path: &Path, what: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {what}", path.display()))
}
