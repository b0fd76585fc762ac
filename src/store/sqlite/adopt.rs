//! Runs that were handed over, and taking them.

use super::Sqlite;
use crate::run::RunId;
use crate::store::{Adopted, Finish, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::adopt`].
    pub(in crate::store) async fn adopt(&self) -> Result<Vec<Adopted>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::take`].
    pub(in crate::store) async fn take(&self, _run: RunId) -> Result<Finish, StoreError> {
        unimplemented!()
    }
}
