//! What SQLite says, as errors that tell what to do.

use std::path::Path;
use std::sync::Arc;

use crate::store::{Cause, StoreError};

/// `SQLITE_BUSY`, <https://www.sqlite.org/rescode.html>.
pub(super) const BUSY: i32 = 5;

/// `SQLITE_IOERR_SHMSIZE`: there is no room for the file beside the store in which processes meet.
const NO_ROOM_BESIDE: i32 = 4874;

/// `SQLITE_IOERR_SHORT_READ`: the log ends before a page that its index speaks of. In the store itself what is
/// missing reads as zeros.
const TOO_SHORT: i32 = 522;

/// Why something did not work, before it is known what for.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    nature: Nature,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    Locked,
    Full,
    Faulty,
    ReadOnly,
    Corrupt,
    NotAStore,
    Unopenable,
    Rejected,
    Closed,
    Vanished,
    Torn,
    Other,
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Trouble {
        let nature = Nature::of(&error);
        let cause = match Said::by(&error) {
            Some(said) => Cause::new(said),
            None => Cause::new(error),
        };
        Trouble { nature, cause }
    }
}

impl Trouble {
    /// The store went away under the process.
    pub(super) fn vanished(error: std::io::Error) -> Trouble {
        Trouble { nature: Nature::Vanished, cause: Cause::new(error) }
    }

    /// What is beside the store is not what it was.
    pub(super) fn torn(error: std::io::Error) -> Trouble {
        Trouble { nature: Nature::Torn, cause: Cause::new(error) }
    }

    /// Whether the rows themselves are at fault, so that others may well be written.
    pub(super) fn is_of_rows(&self) -> bool {
        self.nature == Nature::Rejected
    }

    /// Whether a file that was to be written is at fault.
    pub(super) fn is_of_writing(&self) -> bool {
        matches!(self.nature, Nature::Full | Nature::Faulty | Nature::ReadOnly | Nature::Unopenable)
    }

    /// The error for whoever wanted `doing`.
    pub(super) fn while_doing(self, doing: &'static str, path: &Arc<Path>) -> StoreError {
        let (path, source) = (Arc::clone(path), self.cause);
        match self.nature {
            Nature::Locked => StoreError::Locked { doing, path, source },
            Nature::Full => StoreError::Full { doing, path, source },
            Nature::Faulty => StoreError::Faulty { doing, path, source },
            Nature::ReadOnly => StoreError::ReadOnly { doing, path, source },
            Nature::Corrupt => StoreError::Corrupt { doing, path, source },
            Nature::NotAStore => StoreError::NotAStore { path },
            Nature::Unopenable => StoreError::Unopenable { path, source },
            Nature::Rejected => StoreError::Rejected { doing, path, source },
            Nature::Closed => StoreError::Closed { doing, path },
            Nature::Vanished => StoreError::Vanished { doing, path, source },
            Nature::Torn => StoreError::Torn { doing, path, source },
            Nature::Other => StoreError::Failed { doing, path, source },
        }
    }
}

impl Nature {
    fn of(error: &sqlx::Error) -> Nature {
        match (error, primary_code(error)) {
            (sqlx::Error::PoolClosed, _) => Nature::Closed,
            _ if code(error) == Some(NO_ROOM_BESIDE) => Nature::Full,
            _ if code(error) == Some(TOO_SHORT) => Nature::Torn,
            (sqlx::Error::Encode(_), _) => Nature::Rejected,
            (_, Some(BUSY | 6)) => Nature::Locked,
            (_, Some(8)) => Nature::ReadOnly,
            (_, Some(10)) => Nature::Faulty,
            (_, Some(11)) => Nature::Corrupt,
            (_, Some(13)) => Nature::Full,
            (_, Some(14)) => Nature::Unopenable,
            (_, Some(18..=20)) => Nature::Rejected, // too big, constraint, mismatch
            (_, Some(26)) => Nature::NotAStore,
            _ => Nature::Other,
        }
    }
}

/// The words of SQLite, who says them, and the code to look them up by.
#[derive(Debug, thiserror::Error)]
#[error("SQLite says `{words}` (code {code})")]
struct Said {
    words: String,
    code: i32,
}

impl Said {
    /// `None` for an error that is not SQLite's.
    fn by(error: &sqlx::Error) -> Option<Said> {
        Some(Said { words: error.as_database_error()?.message().to_owned(), code: code(error)? })
    }
}

/// The result code of SQLite without its extension; `None` for an error that is not SQLite's.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    code(error).map(|code| code & 0xff)
}

fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
