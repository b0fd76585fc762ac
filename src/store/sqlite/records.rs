//! Records, a page at a time.

use std::collections::BTreeMap;

use super::Sqlite;
use crate::clock::Time;
use crate::run::{
    CallRecord, Completed, Gone, Listing, ListingId, Name, Opened, Page, Remembered, RunId, Stored, Tally,
};
use crate::store::{Finish, StoreError};

impl Sqlite {
    pub(in crate::store) async fn list(&self, _run: RunId, _listing: Listing) -> Result<Option<Opened>, StoreError> {
        unimplemented!()
    }
    pub(in crate::store) async fn page(&self, _run: RunId, _page: Page) -> Result<Option<Tally>, StoreError> {
        unimplemented!()
    }
    pub(in crate::store) async fn complete(
        &self,
        _run: RunId,
        _listing: ListingId,
        _gone: Gone,
    ) -> Result<Option<Completed>, StoreError> {
        unimplemented!()
    }
    pub(in crate::store) async fn ended(&self, _run: RunId, _call: CallRecord) -> Result<Finish, StoreError> {
        unimplemented!()
    }
    pub(in crate::store) async fn stored(
        &self,
        _collection: &Name,
        _as_of: Time,
        _after: Option<&str>,
    ) -> Result<Vec<Stored>, StoreError> {
        unimplemented!()
    }
    pub(in crate::store) async fn remembered(&self, _job: &Name) -> Result<Vec<Remembered>, StoreError> {
        Ok(Vec::new())
    }
    pub(in crate::store) async fn uploaded(
        &self,
        _job: &Name,
        _call: &str,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        unimplemented!()
    }
}
