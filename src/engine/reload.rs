//! Another job file in the place of the one that is served.

use super::{Engine, EngineError};
use crate::job::Jobs;
use crate::run::Name;

/// What a reload changed, by the names of jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Jobs that were not there before.
    pub added: Vec<Name>,
    /// Jobs of which some key is another.
    pub changed: Vec<Name>,
    /// Jobs that are no longer there.
    pub removed: Vec<Name>,
}

/// Why another job file could not take the place of the one that is served. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It names another store.
    #[error("`store.url` is another one: restart apicron to use it")]
    StoreMoved,
    /// The engine does not serve, or is stopping.
    #[error("apicron is stopping")]
    Stopping,
    /// The store failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Serves `jobs` from now on: as a whole, or not at all. Running runs finish as they began;
    /// unchanged jobs keep their next tick.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub async fn reload(&self, _jobs: Jobs) -> Result<Changes, ReloadError> {
        unimplemented!()
    }
}
