//! Which files are those of an open store.
//!
//! They are looked at and never opened: closing a file drops the locks that SQLite holds on it in this process
//! (<https://www.sqlite.org/howtocorrupt.html>, 2.2).

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::{Sqlite, aside};

/// What SQLite puts beside a store, and the store.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// The files that were the store when it was opened, by device and inode: they stay open under whatever name.
#[derive(Clone, Debug)]
pub(super) struct OwnFiles(Arc<[Identity]>);

type Identity = (u64, u64);

impl OwnFiles {
    /// Those of the store at `path`, which is open.
    pub(super) fn of(path: &Path) -> OwnFiles {
        OwnFiles(named(path).collect())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::has_file`].
    pub(in crate::store) fn has_file(&self, path: &Path) -> bool {
        let Some(found) = identity(path) else { return false };
        self.own.0.contains(&found) || named(&self.path).any(|own| own == found)
    }
}

/// The files that have the names of the store and of what is beside it, behind links.
fn named(path: &Path) -> impl Iterator<Item = Identity> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    ENDINGS.into_iter().filter_map(move |ending| identity(&aside::beside(&place, ending)))
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}
