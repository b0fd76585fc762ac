//! The write-ahead log, as it is seen from outside of SQLite: <https://www.sqlite.org/walformat.html>, 1.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::identity::{Known, Loss, about};

/// How each log begins, but for its last bit.
const MAGIC: u32 = 0x377f_0682;

/// The magic number, the version, the size of a page, how often the log was begun, and two salts: each
/// beginning has its own.
const GENERATION: usize = 24;

/// Bytes of the header, which SQLite writes at once.
const HEADER: u64 = 32;

/// The log of an open store.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    known: Known,
    seen: Seen,
}

/// What was seen of it last.
#[derive(Clone, Copy, Debug)]
struct Seen {
    generation: [u8; GENERATION],
    length: u64,
}

/// What the length of the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Nothing is missing that was there.
    Plausible,
    /// All of it is gone: another program had it checked into the store, or cut it off.
    Emptied,
}

impl Log {
    /// The log at `path`, which SQLite has open.
    pub(super) fn at(path: PathBuf) -> io::Result<Log> {
        let file = File::open(&path)?;
        Ok(Log { known: Known::open(&file)?, seen: Seen::of(&file)?, path, file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn has_its_name(&self) -> bool {
        self.known.look(&self.path).is_ok()
    }

    /// SQLite begins at the front again and never makes it shorter, unless it is told to empty it. Where
    /// somebody else did, it writes on where it had been, behind a hole.
    pub(super) fn check(&mut self) -> Result<Length, Loss> {
        self.known.look(&self.path).map_err(|error| {
            let other = std::fs::metadata(&self.path);
            let is_unknown_to_others =
                other.map_or_else(|_| error.kind() == io::ErrorKind::NotFound, |other| other.len() == 0);
            let error = about(&self.path, &error);
            if is_unknown_to_others { Loss::Beside(error) } else { Loss::BesideContent(error) }
        })?;
        let now = Seen::of(&self.file).map_err(|error| Loss::BesideContent(about(&self.path, &error)))?;
        // What was seen stays what it was until nothing is missing, however often that is asked.
        match now.length {
            0 if self.seen.length > 0 => Ok(Length::Emptied),
            length if length > 0 && !now.begins_as_a_log() => Err(self.lost("it does not begin as a log does")),
            length if now.generation == self.seen.generation && length < self.seen.length => {
                Err(self.lost("it is shorter than it was"))
            }
            _ => {
                self.seen = now;
                Ok(Length::Plausible)
            }
        }
    }

    /// Judges an emptied log by the pages that are in the log alone, as they were counted since.
    pub(super) fn judge_emptied(&mut self, missing: i64) -> Result<(), Loss> {
        let now = Seen::of(&self.file).map_err(|error| Loss::BesideContent(about(&self.path, &error)))?;
        // If there is something in it again, these are the pages.
        if missing > 0 && now.length == 0 {
            return Err(self.lost("it is empty, and SQLite misses pages in it"));
        }
        self.seen = now;
        Ok(())
    }

    fn lost(&self, what: &str) -> Loss {
        Loss::BesideContent(about(&self.path, &what))
    }
}

impl Seen {
    /// Another process may begin the log anew at the same moment: both have to be of one.
    fn of(file: &File) -> io::Result<Seen> {
        loop {
            let (length, generation) = (file.metadata()?.len(), generation(file)?);
            if file.metadata()?.len() == length {
                return Ok(Seen { generation, length });
            }
        }
    }

    fn begins_as_a_log(&self) -> bool {
        self.length >= HEADER
            && self.generation.first_chunk().is_some_and(|magic| u32::from_be_bytes(*magic) & !1 == MAGIC)
    }
}

fn generation(file: &File) -> io::Result<[u8; GENERATION]> {
    let mut generation = [0; GENERATION];
    match file.read_exact_at(&mut generation, 0) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(generation),
    }
}
