//! What calls read of lists and files, kept as it comes in, and what later runs ask of it.

use std::collections::BTreeMap;

use super::{BackEnd, Store, StoreError};
use crate::clock::Time;
use crate::run::{
    CallRecord, Completed, Gone, Listing, ListingId, Name, Opened, Page, Remembered, RunId, Stored, Tally,
};
use crate::store::Finish;

impl Store {
    /// Begins the reading of a list for a run of this process, or goes on with that of an earlier run of
    /// its chain: one that has the same job as it stands, tick or first manual run, call and collection, was
    /// begun less than a day ago, and of which no run has succeeded since. With
    /// [`Reading::Anew`](crate::run::Reading) the pages are forgotten and only what was new and changed in them
    /// still counts. `None` when the run is no longer this process's.
    ///
    /// Makes the collection's own view, or makes it anew where its columns are others.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn list(&self, run: RunId, listing: Listing) -> Result<Option<Opened>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.list(run, listing).await,
        }
    }

    /// Keeps the records of a page, where the next page begins, and that its run got this far, as one.
    /// Gives what was in all pages of its element so far. `None` when the run is no longer this process's:
    /// then nothing was written.
    ///
    /// A record whose body is another one has changed; one that was gone and is there again is new.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn page(&self, run: RunId, page: Page) -> Result<Option<Tally>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.page(run, page).await,
        }
    }

    /// Ends a listing whose every page was read, and marks gone what neither it nor a later one has seen.
    /// Gives how many records the listing has marked, in an earlier run of its chain as well.
    /// `None` when the run is no longer this process's.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn complete(&self, run: RunId, listing: ListingId, gone: Gone) -> Result<Option<Completed>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.complete(run, listing, gone).await,
        }
    }

    /// Writes the rows of a call that ended while its run goes on. [`Finish::Lost`] when the run is no
    /// longer this process's.
    ///
    /// # Errors
    /// When the store cannot be written; then nothing has changed.
    pub async fn ended(&self, run: RunId, call: CallRecord) -> Result<Finish, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.ended(run, call).await,
        }
    }

    /// The next records of a collection after a key, by key, at most a thousand: those that were there at
    /// `as_of` and not gone then. Bodies are those of now; a record that was gone and came back since then
    /// counts as there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn stored(&self, collection: &Name, as_of: Time, after: Option<&str>) -> Result<Vec<Stored>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.stored(collection, as_of, after).await,
        }
    }

    /// What successful runs of a job have remembered, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn remembered(&self, job: &Name) -> Result<Vec<Remembered>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.remembered(job).await,
        }
    }

    /// The SHA-256 of each file that a call has uploaded, by file.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn uploaded(&self, job: &Name, call: &str) -> Result<BTreeMap<String, String>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.uploaded(job, call).await,
        }
    }
}
