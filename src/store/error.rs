//! What can go wrong with a store, and what to do about it.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Why the store could not do what it was asked to. Names the file, and the remedy where there is
/// one; the machine's own words are its source.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Opened to read, and nothing was ever stored.
    #[error("there is no store at {}; `apicron run` and `apicron serve` make it", path.display())]
    Absent {
        /// Where it was looked for.
        path: Arc<Path>,
    },
    /// The schema is of a later version.
    #[error("{} was written by a newer apicron (schema {found}, this one knows {known}); update apicron", path.display())]
    Newer {
        /// The store.
        path: Arc<Path>,
        /// Its schema.
        found: i64,
        /// The newest schema of this version.
        known: i64,
    },
    /// Opened to read, and the schema is of an earlier version.
    #[error(
        "{} was written by an older apicron (schema {found}, this one knows {known}); \
         `apicron run` and `apicron serve` of this version bring it up to date", path.display()
    )]
    Older {
        /// The store.
        path: Arc<Path>,
        /// Its schema.
        found: i64,
        /// The newest schema of this version.
        known: i64,
    },
    /// The file is something else's, as far as its head tells.
    #[error(
        "{} is not a store of apicron, or its head is damaged; name another file in `store.url`, or move it away \
         with its -wal and -shm and put a backup in its place", path.display()
    )]
    NotAStore {
        /// The file.
        path: Arc<Path>,
    },
    /// The file cannot be opened or made.
    #[error("could not open {}; its folder has to exist, and this user has to be able to write both", path.display())]
    Unopenable {
        /// The file.
        path: Arc<Path>,
        /// What the operating system said.
        source: Cause,
    },
    /// A backup goes to a new file.
    #[error("{} exists and is left as it is; name another file for the backup", path.display())]
    Exists {
        /// What is there.
        path: Arc<Path>,
    },
    /// A backup under way, or what is left of one that was cut off.
    #[error("{} is in the way: another backup writes it, or one was cut off; then remove it", path.display())]
    InTheWay {
        /// What is there.
        path: Arc<Path>,
    },
    /// Another program holds the lock for longer than the store waits.
    #[error("could not {doing}: another program keeps {} locked; end it, or wait and try again", path.display())]
    Locked {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What SQLite said.
        source: Cause,
    },
    /// The disk is full.
    #[error("could not {doing}: the disk that holds {} is full; make room", path.display())]
    Full {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What SQLite said.
        source: Cause,
    },
    /// The disk took or gave not all of it.
    #[error(
        "could not {doing}: the disk that holds {} does not read or write it as it should; look at the disk, \
         at the limits of this process and at the log of the system", path.display()
    )]
    Faulty {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What SQLite said.
        source: Cause,
    },
    /// The file or its folder may not be written.
    #[error("could not {doing}: {} and its folder have to be writable for this user", path.display())]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What SQLite said.
        source: Cause,
    },
    /// The file is damaged.
    #[error(
        "could not {doing}: {} is damaged; move it away with its -wal and -shm, and put a backup in its place",
        path.display()
    )]
    Corrupt {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What SQLite said.
        source: Cause,
    },
    /// The file was removed, replaced or emptied while it was open.
    #[error(
        "could not {doing}: {} was removed, replaced or emptied while it was in use; put it back, or start anew",
        path.display()
    )]
    Vanished {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What is there now.
        source: Cause,
    },
    /// What SQLite keeps beside the file was removed, replaced or cut short while it was open.
    #[error(
        "could not {doing}: a file beside {} that belongs to it was removed, replaced or cut short while it was in \
         use; leave such files (-wal, -shm) alone, and start again what serves it", path.display()
    )]
    Torn {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What is there now.
        source: Cause,
    },
    /// The rows break a rule of the schema: a fault in apicron.
    #[error("could not {doing}: {} does not take such rows, which is a fault in apicron", path.display())]
    Rejected {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// The rule.
        source: Cause,
    },
    /// Anything else.
    #[error("could not {doing} in {}", path.display())]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
        /// What was said.
        source: Cause,
    },
    /// [`super::Store::close`] came first.
    #[error("could not {doing}: {} is closed", path.display())]
    Closed {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
    },
    /// Opened with [`super::Access::Read`].
    #[error("could not {doing}: {} was opened to read alone", path.display())]
    OpenedToRead {
        /// What was being done.
        doing: &'static str,
        /// The store.
        path: Arc<Path>,
    },
}

impl StoreError {
    /// Whether the same may work later, with nobody doing anything to the store or to this process.
    pub fn may_pass(&self) -> bool {
        !matches!(
            self,
            StoreError::Vanished { .. }
                | StoreError::Torn { .. }
                | StoreError::Closed { .. }
                | StoreError::Corrupt { .. }
                | StoreError::NotAStore { .. }
        )
    }
}

/// What the machine said. Shared, since one failed commit is answered to all who wait for it.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(super) fn new(error: impl Error + Send + Sync + 'static) -> Cause {
        Cause(Arc::new(error))
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
