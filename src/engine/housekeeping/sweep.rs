//! The runs and jobs of processes that died meanwhile.

use super::super::Engine;
use super::super::door::Request;
use crate::store::StoreError;
use crate::telemetry::chain;

impl Engine {
    /// Ends the runs of processes that died. What else is to be done is the loop's, which alone claims and
    /// serves.
    pub(super) async fn sweep(&self) {
        if let Err(error) = self.sweep_and_ask().await {
            tracing::warn!(error = %chain(&error), "could not look after the runs of processes that died");
        }
    }

    async fn sweep_and_ask(&self) -> Result<(), StoreError> {
        let swept = self.0.store.sweep().await?;
        if swept.runs > 0 {
            tracing::warn!(runs = swept.runs, "runs of a process that died are interrupted: {}", swept.runs);
        }
        if self.owes().await? || !self.abandoned().await?.is_empty() {
            self.0.door.hint(Request::LookAfter);
        }
        Ok(())
    }
}
