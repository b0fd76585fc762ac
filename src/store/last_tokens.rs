//! What was last heard of each token.

use super::{BackEnd, Store, StoreError};
use crate::run::TokenEvent;

impl Store {
    /// Of each credential and scopes the newest token that came, and after it what happened last, where that is
    /// something else. In the order of credential, scopes and time.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_token_events(&self) -> Result<Vec<TokenEvent>, StoreError> {
        match &self.0 {
            BackEnd::Sqlite(sqlite) => sqlite.last_token_events().await,
        }
    }
}
