//! What a message goes out with.

use std::time::Duration;

use crate::clock::Clock;
use crate::secret::{Environment, Redactor};
use crate::token::Http;

/// How long an answer over HTTP may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// What a message goes out with.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// A client that follows no redirect.
    pub http: &'a Http,
    /// Time.
    pub clock: &'a Clock,
    /// Where secrets come from.
    pub environment: &'a Environment,
    /// What keeps them out of everything that is written.
    pub redactor: &'a Redactor,
}
