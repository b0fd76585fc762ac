//! Which ticks were expected, and which are covered.

use std::collections::BTreeSet;

use super::Sqlite;
use crate::clock::Time;
use crate::run::Name;
use crate::store::{Cover, JobVersion, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::versions_within`].
    pub(in crate::store) async fn versions_within(
        &self,
        _from: Time,
        _to: Time,
    ) -> Result<Vec<JobVersion>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::covers`].
    pub(in crate::store) async fn covers(&self, _job: &Name, _from: Time, _to: Time) -> Result<Vec<Cover>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::done_ticks`].
    pub(in crate::store) async fn done_ticks(
        &self,
        _job: &Name,
        _from: Time,
        _to: Time,
    ) -> Result<BTreeSet<Time>, StoreError> {
        unimplemented!()
    }
}
