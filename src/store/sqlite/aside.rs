//! A file that is in the way of another is set aside, and overwrites nothing there.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The name of what SQLite keeps beside the store at `path`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Renames the log of the store at `place`, and gives its name from now on.
pub(super) fn set(place: &Path, log: &Path) -> io::Result<PathBuf> {
    let aside = reserve(place)?;
    std::fs::rename(log, &aside)?;
    Ok(aside)
}

/// A name that nothing has, with an empty file: an earlier log may be all that is left of what it holds.
fn reserve(place: &Path) -> io::Result<PathBuf> {
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
