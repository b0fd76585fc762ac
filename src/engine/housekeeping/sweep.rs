//! The runs and jobs of processes that died meanwhile.

use super::super::Engine;
use crate::store::StoreError;
use crate::telemetry::chain;

impl Engine {
    /// Ends the runs of processes that died, and repeats what is owed.
    pub(super) async fn sweep(&self) {
        if self.0.shutdown.is_draining() {
            return;
        }
        if let Err(error) = self.sweep_and_repeat().await {
            tracing::warn!(error = %chain(&error), "could not look after the runs of processes that died");
        }
    }

    async fn sweep_and_repeat(&self) -> Result<(), StoreError> {
        let swept = self.0.store.sweep().await?;
        if swept.runs > 0 {
            tracing::warn!(runs = swept.runs, "runs of a process that died are interrupted: {}", swept.runs);
        }
        let owed = self.owed_repeats().await?;
        if !owed.is_empty() {
            self.start(owed).await?;
        }
        Ok(())
    }
}
