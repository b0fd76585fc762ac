//! A log that is in the way is set aside, and overwrites nothing there.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The name of what is kept beside the store at `path`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Renames the log of the store at `place`, and gives its name from now on.
pub(super) fn set(place: &Path, log: &Path, ending: &str) -> io::Result<PathBuf> {
    let (_, aside) = reserve(place, ending)?;
    std::fs::rename(log, &aside)?;
    Ok(aside)
}

/// A new file that its owner alone can read, under a name that nothing has: an earlier one may be all that is left of
/// what it holds.
pub(super) fn reserve(place: &Path, ending: &str) -> io::Result<(File, PathBuf)> {
    let mut number = 1;
    loop {
        let name = match number {
            1 => beside(place, ending),
            _ => beside(place, &format!("{ending}-{number}")),
        };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
