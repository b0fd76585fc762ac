//! What a call has to tell before it is sent.

use futures_util::future::BoxFuture;

use crate::run::{CallRecord, RunId};

/// Keeps what has to be on disk before something leaves.
pub trait Ledger: Send + Sync {
    /// A call that may not be repeated is about to be sent for the first time. It leaves once this has
    /// returned `Ok`, so that after a crash it is known that it may have taken effect.
    ///
    /// # Errors
    /// [`Unwritten`]: then the call is not sent.
    fn sending<'a>(&'a self, run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>>;
}

/// Why a call may not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// The run is no longer this process's.
    Lost,
    /// It could not be written, for this reason.
    Failed(String),
}

/// A ledger that keeps nothing, for calls that are no part of a history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl Ledger for Forgetful {
    fn sending<'a>(&'a self, _run: RunId, _call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        Box::pin(async { Ok(()) })
    }
}
