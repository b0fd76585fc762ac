//! What is beyond its horizon goes.

use super::super::Engine;
use crate::clock;
use crate::store::Horizons;
use crate::telemetry::chain;

impl Engine {
    /// Removes what ended or came to be longer ago than its `keep_…` says.
    pub(super) async fn prune(&self) {
        let keep = self.jobs().settings.store.keep;
        let before = |keep| clock::subtract(self.0.clock.now(), keep);
        let horizons = Horizons {
            runs: before(keep.runs),
            results: before(keep.results),
            samples: before(keep.samples),
            diagnoses: before(keep.diagnoses),
        };
        match self.0.store.prune(horizons).await {
            Ok(0) => {}
            Ok(runs) => {
                tracing::info!(runs, "removed {runs} runs older than {}", humantime::format_duration(keep.runs));
            }
            Err(error) => tracing::warn!(error = %chain(&error), "could not remove old runs"),
        }
    }
}
