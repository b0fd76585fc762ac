//! Repeats that a crash owes.

use super::Sqlite;
use crate::run::RunId;
use crate::store::{Owed, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::owed`].
    pub(in crate::store) async fn owed(&self) -> Result<Vec<Owed>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::newest_repeat`].
    pub(in crate::store) async fn newest_repeat(&self, _run: RunId) -> Result<Option<RunId>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::forgive`].
    pub(in crate::store) async fn forgive(&self, _runs: Vec<RunId>) -> Result<(), StoreError> {
        unimplemented!()
    }
}
