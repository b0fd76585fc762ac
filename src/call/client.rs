//! The HTTP client of the process.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;

use crate::token::{Http, Resolver};

/// How long an idle connection is kept for the next call.
const IDLE: Duration = Duration::from_secs(90);

/// Idle connections kept per host: as many as runs are likely to end at once.
const IDLE_CONNECTIONS: usize = 32;

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
#[error("could not set up the HTTP client")]
pub struct ClientError(#[source] reqwest::Error);

/// The one HTTP client of a process, for API calls and token requests alike.
///
/// It follows no redirect, keeps no cookies, sends no Referer, and calls no link-local, unspecified
/// or cloud-metadata address. It takes **no proxy from the environment**: what the job file says is
/// what is called, and a variable that some other program needs must not send tokens elsewhere.
/// It has no timeout of its own; every use sets one.
///
/// # Errors
/// [`ClientError`] when the system's certificates cannot be used.
pub fn http_client() -> Result<Http, ClientError> {
    // A second caller finds the provider of the first, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::builder()
        .user_agent(concat!("apicron/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(Resolver))
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build()
        .map_err(|error| ClientError(error.without_url()))
}
