//! What stops the engine: a store that fails, or a fault of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::{Engine, EngineError};
use crate::store::StoreError;
use crate::telemetry::chain;

/// Why the engine stopped by itself.
pub(super) enum Breakage {
    Store(Arc<StoreError>),
    /// What met a fault.
    Fault(&'static str),
}

impl Engine {
    /// Takes note that the store failed, and begins to stop: what cannot be recorded must not run. The
    /// first failure is told; it fails for every run that is under way.
    pub(super) fn store_broke(&self, error: StoreError) {
        let text = chain(&error);
        if self.0.broken.set(Breakage::Store(Arc::new(error))).is_ok() {
            tracing::error!(error = %text, "the store failed: stopping");
        }
        self.0.shutdown.cut_off();
    }

    /// Does a work without which runs would get lost: a panic in it stops the engine. The next start finds
    /// all that was left.
    pub(super) async fn or_stop<T>(&self, what: &'static str, work: impl Future<Output = T>) -> Option<T> {
        let done = AssertUnwindSafe(work).catch_unwind().await.ok();
        if done.is_none() {
            if self.0.broken.set(Breakage::Fault(what)).is_ok() {
                tracing::error!("{what} met a fault of its own: stopping");
            }
            self.0.shutdown.cut_off();
        }
        done
    }

    /// What stopped the engine, if it was not asked to stop.
    pub(super) fn breakage(&self) -> Result<(), EngineError> {
        match self.0.broken.get() {
            None => Ok(()),
            Some(Breakage::Store(error)) => Err(EngineError::Store(Arc::clone(error))),
            Some(Breakage::Fault(what)) => Err(EngineError::Fault(what)),
        }
    }
}
