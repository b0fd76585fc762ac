//! The live path of a job, step by step, and what token endpoints grant. Sends real requests, keeps nothing.

mod clocks;
mod harmless;
mod path;
mod reach;
mod scopes;
mod step;
mod trouble;
mod walk;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::call::{Caller, ClientError, Forgetful, http_client};
use crate::clock::Clock;
use crate::job::Limits;
use crate::run::TokenEvent;
use crate::secret::{Environment, Redactor};
use crate::shutdown::Shutdown;
use crate::token::{Events, Http, Tokens};
use reach::Reached;

pub use scopes::{Granted, ScopeSet, scope_sets};
pub use step::{Condition, Finding, Step};
pub use trouble::{Seat, Trouble};

/// Looks at live paths. It asks for each token once and visits each server once, however many jobs share them.
pub struct Doctor {
    http: Http,
    tokens: Tokens,
    caller: Caller,
    clock: Clock,
    environment: Environment,
    redactor: Redactor,
    limits: Limits,
    reached: Reached,
}

/// Tokens that are only looked at have no history.
struct Untold;

impl Events for Untold {
    fn record(&self, _event: TokenEvent) {}
}

impl Doctor {
    /// A doctor. `limits` bound what is read of an answer.
    ///
    /// # Errors
    /// [`ClientError`] when the system's certificates cannot be used.
    pub fn new(
        clock: Clock,
        environment: Environment,
        redactor: Redactor,
        limits: Limits,
    ) -> Result<Doctor, ClientError> {
        let http = http_client()?;
        let tokens = Tokens::new(http.clone(), clock.clone(), environment.clone(), redactor.clone(), Arc::new(Untold));
        // Nobody listens to signals: Ctrl-C ends the process at once.
        let (shutdown, ledger) = (Shutdown::new(), Arc::new(Forgetful));
        let (clock_of_calls, environment_of_calls) = (clock.clone(), environment.clone());
        let caller = Caller::new(
            http.clone(),
            tokens.clone(),
            clock_of_calls,
            environment_of_calls,
            redactor.clone(),
            shutdown,
            ledger,
        );
        Ok(Doctor { http, tokens, caller, clock, environment, redactor, limits, reached: Reached::default() })
    }
}
