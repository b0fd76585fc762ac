//! What lower rooms have to tell, written to the store.

use crate::run::TokenEvent;
use crate::store::Store;
use crate::token::Events;

/// Keeps the history of tokens.
pub(super) struct TokenLedger(pub(super) Store);

impl Events for TokenLedger {
    fn record(&self, event: TokenEvent) {
        self.0.token_event(event);
    }
}
