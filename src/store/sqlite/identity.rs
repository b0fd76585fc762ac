//! Whether the files that are open are still those that have the names of the store and of its log.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The files of an open store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files {
    store: Identity,
    log: Identity,
}

impl Files {
    /// Those of the store at `path`, which somebody has open.
    pub(super) fn of(path: &Path) -> io::Result<Files> {
        Ok(Files { store: Identity::of(path)?, log: Identity::of(&beside(path, "-wal"))? })
    }

    /// As [`Identity::check`], of the store.
    pub(super) fn check(self, path: &Path) -> io::Result<()> {
        self.store.check(path)
    }

    /// Takes the log out of the way of another file that has the name of the store by now: SQLite would
    /// take it for that one's, and damage it with pages of this one. Gives where the log is then.
    ///
    /// If no file has the name, the log stays: this one may be put back, and then needs it.
    pub(super) fn set_log_aside(self, path: &Path) -> io::Result<Option<PathBuf>> {
        let (log, aside) = (beside(path, "-wal"), beside(path, "-wal.replaced"));
        let is_replaced = Identity::of(path).is_ok_and(|found| found != self.store);
        if !is_replaced || self.log.check(&log).is_err() {
            return Ok(None);
        }
        std::fs::rename(log, &aside)?;
        Ok(Some(aside))
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

    /// That the file is there no longer, or another one is: what is written now would be lost with
    /// the last process that has it open.
    fn check(self, path: &Path) -> io::Result<()> {
        match Identity::of(path) {
            Ok(found) if found == self => Ok(()),
            Ok(_) => Err(io::Error::other("another file has its name")),
            Err(error) => Err(error),
        }
    }
}
