//! What became of access tokens. Never the tokens.

use super::state::words;
use super::{Name, Scopes};
use crate::clock::Time;
use std::fmt;

use serde::{Deserialize, Serialize};

words! {
    /// What happened to a token.
    TokenEventKind {
        /// The first of its key, or one after a rejection.
        Fetched = "fetched",
        /// Renewed ahead of its end.
        Renewed = "renewed",
        /// An API did not accept it.
        Rejected = "rejected",
        /// None could be had.
        Failed = "failed",
    }
}

/// One line of a token's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEvent {
    /// When it happened.
    pub at: Time,
    /// Whose token.
    pub credential: Name,
    /// What was asked for.
    pub scopes: Scopes,
    /// What happened.
    pub event: TokenEventKind,
    /// The token's number, counting up within its key; 0 when none came yet.
    pub generation: u64,
    /// How many callers the former generation had served.
    pub served: u64,
    /// How long the token request took; `None` when none was made.
    pub duration_ms: Option<u64>,
    /// When the token ends.
    pub expires_at: Option<Time>,
    /// One sentence: a life that was assumed or cut, an error, scopes that were not granted.
    pub detail: Option<String>,
}
