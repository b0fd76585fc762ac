//! Whether the file that is open is still the one that has the name of the store.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What tells a file from any other on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of the file at `path`.
    pub(super) fn of(path: &Path) -> io::Result<Identity> {
        let metadata = std::fs::metadata(path)?;
        Ok(Identity { device: metadata.dev(), inode: metadata.ino() })
    }

    /// That the file is there no longer, or another one is: what is written now would be lost with
    /// the last process that has it open.
    pub(super) fn check(self, path: &Path) -> io::Result<()> {
        match Identity::of(path) {
            Ok(found) if found == self => Ok(()),
            Ok(_) => Err(io::Error::other("another file has its name")),
            Err(error) => Err(error),
        }
    }
}
