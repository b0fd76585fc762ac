//! What a call has to tell, and what it asks of what was kept before.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::BoxFuture;

use crate::clock::Time;
use crate::run::{
    CallRecord, Completed, Gone, Listing, ListingId, Name, Novelty, Opened, Page, RunId, Scopes, Stored, Tally,
};

/// Keeps what has to be on disk while a call is under way.
pub trait Ledger: Send + Sync {
    /// A call that may not be repeated is about to be sent for the first time. It leaves once this has
    /// returned `Ok`, so that after a crash it is known that it may have taken effect.
    ///
    /// # Errors
    /// [`Unwritten`]: then the call is not sent.
    fn sending<'a>(&'a self, run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>>;

    /// Begins the reading of a list, or goes on with that of an earlier run of the chain.
    ///
    /// # Errors
    /// [`Unwritten`]: then nothing is read.
    fn list(&self, run: RunId, listing: Listing) -> BoxFuture<'_, Result<Opened, Unwritten>>;

    /// Keeps the records of a page, where the next begins, and that the run got this far, all or nothing.
    /// Gives what was in all pages of the element so far.
    ///
    /// # Errors
    /// [`Unwritten`]: then the page counts as not read.
    fn page(&self, run: RunId, page: Page) -> BoxFuture<'_, Result<Tally, Unwritten>>;

    /// Every page of every element of a listing was read.
    ///
    /// # Errors
    /// [`Unwritten`]: then no record was marked.
    fn complete(&self, run: RunId, listing: ListingId, gone: Gone) -> BoxFuture<'_, Result<Completed, Unwritten>>;

    /// Keeps the rows of a call that ended for one element, so that they need no memory until the run ends.
    ///
    /// # Errors
    /// [`Unwritten`].
    fn ended(&self, run: RunId, call: CallRecord) -> BoxFuture<'_, Result<(), Unwritten>>;

    /// Records of a collection, in the order of their keys: the next thousand or so after a key, as the
    /// collection stood at a time; none when there are no more. Bodies are those of now.
    ///
    /// # Errors
    /// [`Unwritten::Failed`].
    fn stored<'a>(
        &'a self,
        collection: &'a Name,
        as_of: Time,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Stored>, Unwritten>>;

    /// The fingerprints of the files that an upload has sent before, by file.
    ///
    /// # Errors
    /// [`Unwritten::Failed`].
    fn uploaded<'a>(
        &'a self,
        job: &'a Name,
        call: &'a str,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Unwritten>>;

    /// The token endpoint grants a credential less than was asked for. Whether that is news: it is told once.
    ///
    /// # Errors
    /// [`Unwritten::Failed`].
    fn narrowed<'a>(
        &'a self,
        credential: &'a Name,
        asked: &'a Scopes,
        missing: &'a Scopes,
    ) -> BoxFuture<'a, Result<Novelty, Unwritten>> {
        let _ = (credential, asked, missing);
        Box::pin(async { Ok(Novelty::New) })
    }

    /// How many jobs of the file have ticks that need a credential; `None` where there are none.
    fn jobs_with(&self, credential: &Name) -> Option<u64> {
        let _ = credential;
        None
    }

    /// Whether a path leads to a file in which this ledger keeps things. Such a file may not even be opened: closing it
    /// can drop the locks on it. It looks at the disk, so it belongs off the async threads.
    fn has_file(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// A call got on. For whoever looks on; nothing depends on it.
    fn advanced(&self, run: RunId, call: &str, advance: Advance) {
        let _ = (run, call, advance);
    }
}

/// A step of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// It will be made for so many elements.
    Elements(u64),
    /// One element is over.
    Element,
    /// A page with so many items was read.
    Page(u64),
}

/// Why something was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// The run is no longer this process's.
    Lost,
    /// It could not be written or read, for this reason.
    Failed(String),
}

/// A ledger that keeps nothing, for calls that are no part of a history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Ledger for Forgetful {
    fn sending<'a>(&'a self, _run: RunId, _call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        Box::pin(async { Ok(()) })
    }

    fn list(&self, _run: RunId, _listing: Listing) -> BoxFuture<'_, Result<Opened, Unwritten>> {
        Box::pin(async { Ok(Opened { id: ListingId(0), read: BTreeMap::new() }) })
    }

    fn page(&self, _run: RunId, page: Page) -> BoxFuture<'_, Result<Tally, Unwritten>> {
        let seen = page.records.len() as u64;
        Box::pin(async move { Ok(Tally { seen, new: 0, changed: 0 }) })
    }

    fn complete(&self, _run: RunId, _listing: ListingId, _gone: Gone) -> BoxFuture<'_, Result<Completed, Unwritten>> {
        Box::pin(async { Ok(Completed::Done(0)) })
    }

    fn ended(&self, _run: RunId, _call: CallRecord) -> BoxFuture<'_, Result<(), Unwritten>> {
        Box::pin(async { Ok(()) })
    }

    fn stored<'a>(
        &'a self,
        _collection: &'a Name,
        _as_of: Time,
        _after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<Stored>, Unwritten>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn uploaded<'a>(
        &'a self,
        _job: &'a Name,
        _call: &'a str,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Unwritten>> {
        Box::pin(async { Ok(BTreeMap::new()) })
    }
}
