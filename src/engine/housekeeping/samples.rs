//! Credentials, watched also while no token comes.

use super::super::{Engine, credentials};

impl Engine {
    /// Notes how long the tokens that are held live on, and how old the secrets are.
    pub(super) fn sample_credentials(&self) {
        let (held, at) = (self.0.tokens.held(), self.0.clock.now());
        self.0.store.samples(credentials::now(&self.jobs(), &held, at));
    }
}
