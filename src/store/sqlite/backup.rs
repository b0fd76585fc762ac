//! A consistent copy of the whole file.

use std::path::Path;

use super::Sqlite;
use crate::store::StoreError;

impl Sqlite {
    /// As [`crate::store::Store::backup`].
    pub(in crate::store) async fn backup(&self, _to: &Path) -> Result<(), StoreError> {
        unimplemented!()
    }
}
