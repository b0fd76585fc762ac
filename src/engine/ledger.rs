//! What lower rooms have to tell, written to the store.

use futures_util::future::BoxFuture;

use crate::call::{Ledger, Unwritten};
use crate::run::{CallRecord, RunId, TokenEvent};
use crate::store::{Finish, Store};
use crate::telemetry::chain;
use crate::token::Events;

/// Keeps the history of tokens.
pub(super) struct TokenLedger(pub(super) Store);

impl Events for TokenLedger {
    fn record(&self, event: TokenEvent) {
        self.0.token_event(event);
    }
}

/// Keeps what is on disk before a call leaves.
pub(super) struct CallLedger(pub(super) Store);

impl Ledger for CallLedger {
    fn sending<'a>(&'a self, run: RunId, call: &'a CallRecord) -> BoxFuture<'a, Result<(), Unwritten>> {
        Box::pin(async move {
            match self.0.sending(run, call.clone()).await {
                Ok(Finish::Recorded) => Ok(()),
                Ok(Finish::Lost) => Err(Unwritten::Lost),
                Err(error) => Err(Unwritten::Failed(chain(&error))),
            }
        })
    }
}
