//! Which jobs are served, with which schedule, since when and by whom.

use std::collections::BTreeSet;

use super::Sqlite;
use crate::clock::Time;
use crate::run::Name;
use crate::store::{JobVersion, Served, StoreError};

impl Sqlite {
    /// As [`crate::store::Store::serve`].
    pub(in crate::store) async fn serve(&self, _jobs: Vec<Served>, _now: Time) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::versions`].
    pub(in crate::store) async fn versions(&self) -> Result<Vec<JobVersion>, StoreError> {
        unimplemented!()
    }

    /// As [`crate::store::Store::served_elsewhere`].
    pub(in crate::store) async fn served_elsewhere(
        &self,
        _jobs: &[(Name, String)],
    ) -> Result<BTreeSet<Name>, StoreError> {
        unimplemented!()
    }
}
