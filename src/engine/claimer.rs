//! The one who claims what is due: one wake after the other, so that the rows of an earlier wake are
//! on disk before those of a later one.

use tokio::sync::mpsc;

use super::Engine;
use super::start::Candidate;
use crate::store::{StoreError, Stretch};

/// What becomes of ticks: rows for those that do not run, claims for those that do.
#[derive(Debug, Default)]
pub(super) struct Dues {
    pub(super) stretches: Vec<Stretch>,
    pub(super) candidates: Vec<Candidate>,
}

impl Dues {
    fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.candidates.is_empty()
    }
}

/// Takes what is due. When this is dropped, what was taken is still claimed, and a stop waits for it.
pub(super) struct Claimer(mpsc::UnboundedSender<Dues>);

impl Claimer {
    pub(super) fn begin(engine: &Engine) -> Claimer {
        let (sender, mut dues) = mpsc::unbounded_channel();
        let claiming = engine.clone();
        engine.0.running.spawn(async move {
            while let Some(due) = dues.recv().await {
                if let Err(error) = claiming.claim_due(due).await {
                    // What cannot be recorded must not run, nor what comes after it.
                    return claiming.store_broke(error);
                }
            }
        });
        Claimer(sender)
    }

    /// Never waits, so that the next wake is not late.
    pub(super) fn hand(&self, due: Dues) {
        if !due.is_empty() {
            // Fails only after the store broke, which stops the engine.
            drop(self.0.send(due));
        }
    }
}

impl Engine {
    async fn claim_due(&self, due: Dues) -> Result<(), StoreError> {
        if !due.stretches.is_empty() {
            self.0.store.cover(due.stretches).await?;
        }
        if !due.candidates.is_empty() {
            self.start(due.candidates).await?;
        }
        Ok(())
    }
}
