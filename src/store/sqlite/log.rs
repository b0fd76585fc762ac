//! The write-ahead log, as it is seen from outside of SQLite: <https://www.sqlite.org/walformat.html>, 1.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::aside;
use super::identity::{Known, about};

/// How each log begins, but for its last bit.
const MAGIC: u32 = 0x377f_0682;

/// Bytes of the header, which SQLite writes at once.
const HEADER: u64 = 32;

/// Bytes before each page.
const FRAME_HEADER: u64 = 24;

/// The log of an open store.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    known: Known,
    /// How long it was when nothing was missing from it.
    length: u64,
}

/// What a look at the log says.
#[derive(Debug)]
pub(super) enum LogLook {
    /// Nothing is missing.
    Plausible,
    /// It is shorter than it was: another program had it checked into the store, or cut it. [`Log::judge`] tells.
    Shorter,
    /// It has no name any more, or an empty file has it, as whoever reads makes it. What is open is whole.
    Nameless(io::Error),
    /// Another log has its name.
    Foreign(io::Error),
    /// It does not begin as a log does: it was cut, and written on behind a hole, or written over.
    Broken(io::Error),
}

/// Pages of the log, as SQLite counts them: it looks at its index and not at the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frames {
    pub(super) in_log: u64,
    /// Those of them that are in the store as well.
    pub(super) in_store: u64,
    /// Bytes of one.
    pub(super) page: u64,
}

/// What was cut off.
#[derive(Debug)]
pub(super) enum Cut {
    /// The rest holds all that is in the store, and more.
    End(io::Error),
    /// The rest holds less than what is in the store: SQLite would put older pages over newer ones.
    Needed(io::Error),
}

impl Log {
    /// The log at `path`, which SQLite has open.
    pub(super) fn at(path: PathBuf) -> io::Result<Log> {
        let file = File::open(&path)?;
        Ok(Log { known: Known::open(&file)?, length: file.metadata()?.len(), path, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn has_its_name(&self) -> bool {
        self.known.look(&self.path).is_ok()
    }

    pub(super) fn look(&mut self) -> LogLook {
        if let Err(error) = self.known.look(&self.path) {
            let is_taken = std::fs::metadata(&self.path).is_ok_and(|other| other.len() > 0);
            let error = about(&self.path, &error);
            return if is_taken { LogLook::Foreign(error) } else { LogLook::Nameless(error) };
        }
        match self.length_now() {
            Err(error) => LogLook::Broken(about(&self.path, &error)),
            Ok(length) if length < self.length => LogLook::Shorter,
            Ok(length) => {
                self.length = length;
                self.look_at_header()
            }
        }
    }

    /// Once looked at, it only grows: where it was cut in between, SQLite has written on behind a hole.
    fn look_at_header(&self) -> LogLook {
        let mut magic = [0; 4];
        match self.file.read_exact_at(&mut magic, 0) {
            Ok(()) if u32::from_be_bytes(magic) & !1 == MAGIC => LogLook::Plausible,
            // Another process may be about to write it.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => LogLook::Plausible,
            Ok(()) => LogLook::Broken(about(&self.path, &"it does not begin as a log does")),
            Err(error) => LogLook::Broken(about(&self.path, &error)),
        }
    }

    /// Judges a log that is shorter than it was by what SQLite has counted since: whoever shortens it as it should
    /// be done says first that nothing is there.
    pub(super) fn judge(&mut self, frames: Frames) -> Result<(), Cut> {
        let length = self.length_now().map_err(|error| Cut::End(about(&self.path, &error)))?;
        if length >= frames.bytes(frames.in_log) {
            self.length = length;
            return Ok(());
        }
        let error = about(&self.path, &"pages were cut off");
        if length < frames.bytes(frames.in_store) { Err(Cut::Needed(error)) } else { Err(Cut::End(error)) }
    }

    fn length_now(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Makes a file of all that it holds, beside the store at `place`; none if it has a name elsewhere.
    pub(super) fn copy(&self, place: &Path, ending: &str) -> io::Result<Option<PathBuf>> {
        if self.file.metadata()?.nlink() > 0 {
            return Ok(None);
        }
        let (mut to, name) = aside::reserve(place, ending)?;
        let mut from = self.file.try_clone()?;
        from.seek(SeekFrom::Start(0))?;
        io::copy(&mut from, &mut to)?;
        to.sync_all()?;
        Ok(Some(name))
    }
}

impl Frames {
    /// How long a log with so many of them is at the least.
    fn bytes(self, frames: u64) -> u64 {
        if frames == 0 { 0 } else { frames.saturating_mul(FRAME_HEADER + self.page).saturating_add(HEADER) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 4_096;

    fn frames(in_log: u64, in_store: u64) -> Frames {
        Frames { in_log, in_store, page: PAGE }
    }

    /// A log of ten pages, which was looked at, and is cut to so many.
    fn cut_to(pages: u64) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("apicron.db-wal");
        std::fs::write(&path, MAGIC.to_be_bytes()).expect("written");
        let file = File::options().write(true).open(&path).expect("opened");
        file.set_len(frames(10, 0).bytes(10)).expect("its length");
        let mut log = Log::at(path).expect("a log");
        assert!(matches!(log.look(), LogLook::Plausible));
        file.set_len(frames(pages, 0).bytes(pages)).expect("cut");
        assert!(matches!(log.look(), LogLook::Shorter));
        (folder, log)
    }

    #[test]
    fn a_log_that_another_program_keeps_short_is_no_loss() {
        // `pragma journal_size_limit`: it was written anew from its beginning, and the rest is not needed.
        let (_folder, mut log) = cut_to(3);
        assert!(log.judge(frames(3, 0)).is_ok());
        assert!(matches!(log.look(), LogLook::Plausible));
        let (_folder, mut log) = cut_to(0);
        assert!(log.judge(frames(0, 0)).is_ok());
        assert!(matches!(log.look(), LogLook::Plausible));
    }

    #[test]
    fn what_is_left_of_a_log_is_good_for_the_store_unless_that_has_more_of_it() {
        let (_folder, mut log) = cut_to(3);
        assert!(matches!(log.judge(frames(10, 3)), Err(Cut::End(_))));
        assert!(matches!(log.judge(frames(10, 4)), Err(Cut::Needed(_))));
        assert!(matches!(log.look(), LogLook::Shorter), "it is asked again");
        let (_folder, mut log) = cut_to(0);
        assert!(matches!(log.judge(frames(10, 0)), Err(Cut::End(_))));
        assert!(matches!(log.judge(frames(10, 10)), Err(Cut::Needed(_))));
    }

    #[test]
    fn a_log_is_copied_only_if_nobody_else_finds_it() {
        let (folder, log) = cut_to(3);
        let store = folder.path().join("apicron.db");
        assert_eq!(log.copy(&store, "-wal.lost").expect("looked at"), None);
        std::fs::remove_file(log.path()).expect("removed");
        let copy = log.copy(&store, "-wal.lost").expect("copied").expect("a copy");
        assert_eq!(std::fs::metadata(copy).expect("a copy").len(), frames(3, 0).bytes(3));
    }
}
