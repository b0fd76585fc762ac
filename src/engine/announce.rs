//! What the server tells whoever started it.

use crate::clock::Time;

/// Told how the server fares. Called on the engine's threads: it may not block.
pub trait Announce: Send + Sync {
    /// Everything stands. `first` is the next tick; `None` when none will ever come.
    fn ready(&self, first: Option<Time>);

    /// The loop turns. Comes at least every second while all is well, until the drain is over.
    fn alive(&self) {}

    /// A stop was asked for: what runs may end.
    fn stopping(&self) {}
}

/// Nobody is told.
pub(super) struct Untold;

impl Announce for Untold {
    fn ready(&self, _first: Option<Time>) {}
}
