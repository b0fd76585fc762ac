//! Views as streams of rows.

use serde_json::{Map, Value};

use super::Sqlite;
use crate::store::{StoreError, Table};

impl Sqlite {
    /// As [`crate::store::Store::export`].
    pub(in crate::store) async fn export<E: From<StoreError>>(
        &self,
        _table: Table,
        _each: impl FnMut(Map<String, Value>) -> Result<(), E>,
    ) -> Result<(), E> {
        unimplemented!()
    }
}
