//! Jobs that have no runs for now.

use std::collections::BTreeMap;

use super::Sqlite;
use crate::clock::Time;
use crate::run::Name;
use crate::store::{Pause, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::pause`].
    pub(in crate::store) async fn pause(&self, _job: &Name, _pause: Pause) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::resume`].
    pub(in crate::store) async fn resume(&self, _job: &Name) -> Result<bool, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::pauses`].
    pub(in crate::store) async fn pauses(&self, _now: Time) -> Result<BTreeMap<Name, Pause>, StoreError> {
        unimplemented!()
    }
}
