//! Whether the files that are open are still those that have the names of the store and of its log.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of an open store.
#[derive(Debug)]
pub(super) struct Files {
    /// The name that the store was opened by.
    name: Arc<Path>,
    /// Where that led to: beside it SQLite puts the log.
    place: PathBuf,
    store: Identity,
    /// `None` where there was no log to be seen.
    log: Option<Identity>,
}

impl Files {
    /// Those of the store at `path`, which somebody has open.
    pub(super) fn of(path: &Arc<Path>) -> io::Result<Files> {
        let place = path.canonicalize()?;
        let log = Identity::of(&beside(&place, "-wal"));
        if let Err(error) = &log {
            tracing::warn!(error = %error, "no log is seen beside {}: should another file get its name, remove the log", place.display());
        }
        Ok(Files { name: Arc::clone(path), store: Identity::of(&place)?, log: log.ok(), place })
    }

    /// That the name still leads to the store: what is written now would else be lost with the last process
    /// that has it open.
    pub(super) fn check(&self) -> io::Result<()> {
        self.store.check(&self.name)
    }

    /// Takes the log out of the way of another file that is in the place of the store by now: SQLite would
    /// take it for that one's, and damage it with pages of this one. Gives where the log is then.
    ///
    /// If there is no file, the log stays: the store may be put back, and then needs it. So it does if only a
    /// link was changed, for it is beside its store.
    pub(super) fn set_log_aside(&self) -> io::Result<Option<PathBuf>> {
        let log = beside(&self.place, "-wal");
        let is_replaced = Identity::of(&self.place).is_ok_and(|found| found != self.store);
        if !is_replaced || self.log.is_none_or(|known| known.check(&log).is_err()) {
            return Ok(None);
        }
        let aside = reserve_beside(&self.place)?;
        std::fs::rename(log, &aside)?;
        Ok(Some(aside))
    }
}

/// A name that nothing has, with an empty file: an earlier log may be all that is left of what it holds.
fn reserve_beside(place: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let name = match number {
            1 => beside(place, "-wal.replaced"),
            _ => beside(place, &format!("-wal.replaced-{number}")),
        };
        match File::create_new(&name) {
            Ok(_) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// What tells a file from any other on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of the file at `path`.
    fn of(path: &Path) -> io::Result<Identity> {
        let metadata = std::fs::metadata(path)?;
        Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
    }

    /// That the file is still the one of that name.
    fn check(self, path: &Path) -> io::Result<()> {
        match Identity::of(path) {
            Ok(found) if found == self => Ok(()),
            Ok(_) => Err(io::Error::other("another file has its name")),
            Err(error) => Err(error),
        }
    }
}
