//! What others want of this process.

use super::Sqlite;
use crate::run::{Name, RunId};
use crate::store::{Cancel, Orders, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::orders`].
    pub(in crate::store) async fn orders(&self) -> Result<Orders, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::lives_before`].
    pub(in crate::store) async fn lives_before(&self, _job: &Name, _run: RunId) -> Result<bool, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::cancel`].
    pub(in crate::store) async fn cancel(&self, _run: RunId) -> Result<Cancel, StoreError> {
        unimplemented!()
    }
}
