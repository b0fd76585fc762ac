//! What is read of a list, and how far.

use std::collections::BTreeMap;

use super::Name;

/// Number of a listing in its store. Later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListingId(pub i64);

/// The reading of a list from its beginning to its end, by one call of a run and of its repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The call's name.
    pub call: String,
    /// Where its items are kept.
    pub collection: Name,
    /// The columns of the collection's own view, in order; none for no view.
    pub columns: Vec<String>,
    /// Where it begins.
    pub reading: Reading,
}

/// Where the reading of a list begins when an earlier run of the chain had begun it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Where that run came to.
    GoOn,
    /// At the beginning, since its items are needed in memory.
    Anew,
}

/// A listing that was begun or is gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its number.
    pub id: ListingId,
    /// How far each element was read; `""` stands for a call without `for_each`.
    pub read: BTreeMap<String, Progress>,
}

/// How far one element of a listing was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the next page begins, in the words of the call's paging; `None` when there is none.
    pub next: Option<String>,
    /// Pages read.
    pub pages: u64,
    /// What was in them.
    pub tally: Tally,
}

/// What was in the pages of one element of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items.
    pub seen: u64,
    /// Those whose key was not there, or was gone.
    pub new: u64,
    /// Those whose body is another one.
    pub changed: u64,
}

/// One page of a listing, to be written as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Whose page.
    pub listing: ListingId,
    /// The element that it was read for; `""` without `for_each`.
    pub element: String,
    /// Its items in order.
    pub records: Vec<Record>,
    /// Where the next one begins; `None` when this is the last.
    pub next: Option<String>,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is known by. Not empty.
    pub key: String,
    /// Its JSON text. The members of each object are sorted, so that equal values have equal texts.
    pub body: String,
    /// The values of the listing's columns: a JSON object; `None` when it has none.
    pub columns: Option<String>,
}

/// What becomes of records that a complete listing no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// They stay as they are.
    Keep,
    /// They are marked gone, unless the list is empty: then that is a failure.
    Mark,
    /// They are marked gone, also when the list is empty.
    MarkEmpty,
}

/// How a listing ended whose every page was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// So many records were marked gone.
    Done(u64),
    /// It was empty, though so many records are there, and [`Gone::Mark`] marks none then.
    Empty(u64),
}

/// A record that an earlier run has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it is known by.
    pub key: String,
    /// Its JSON text.
    pub body: String,
}

/// A file that was sent, by an upload that the API took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The call's name.
    pub call: String,
    /// The file, relative to the folder of the job file.
    pub file: String,
    /// Fingerprint of its bytes: SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A value that later runs of the job see as `$state.NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// `NAME`.
    pub name: String,
    /// Its JSON text.
    pub value: String,
}

impl Tally {
    /// This and another together.
    #[must_use]
    pub fn and(self, other: Tally) -> Tally {
        Tally { seen: self.seen + other.seen, new: self.new + other.new, changed: self.changed + other.changed }
    }
}
