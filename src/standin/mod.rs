//! A stand-in for the first API that apicron was made for: a real HTTP server for the demo and
//! for tests.
//!
//! It has a token endpoint for OAuth 2.0 client credentials, a usage report that moves as time
//! passes, models, chats, any number of datasets with snapshots, and files that are worked on after
//! they were uploaded. Lists are paged by cursor, offset, page number and `Link` header. Whatever is
//! not a `GET` and has an `Idempotency-Key` is carried out once. What can go wrong with the real one
//! can be made to go wrong here, by [`Knobs`] and [`Fault`]s, also while it runs and over HTTP:
//!
//! | admin endpoint | does |
//! |---|---|
//! | `GET /_standin/counts` | [`Counts`] |
//! | `GET /_standin/journal` | a JSON line for each request, as [`Seen`]; header `x-journal-dropped` |
//! | `GET /_standin/knobs`, `PATCH /_standin/knobs` | [`Knobs`]; changes those that the body names |
//! | `POST /_standin/revoke` | revokes the tokens given out so far; `{"client": "…"}` those of one client |
//! | any method on `/_standin/echo` | says what was sent: method, query, headers (but `authorization`), body |

mod admin;
mod answer;
mod chats;
mod clients;
mod datasets;
mod fault;
mod files;
mod form;
mod guard;
mod journal;
mod knobs;
mod models;
mod origin;
mod pace;
mod page;
mod paging;
mod replay;
mod reply;
mod routes;
mod server;
mod settled;
mod snapshots;
mod token;
mod usage;
mod visit;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::clients::{ADMIN, ALL, BUILT_IN, Client, DATA, DemoClient, NARROW, OPS};
pub use self::datasets::DatasetKnobs;
pub use self::fault::{Cut, Fault, RetryAfterAs};
pub use self::files::FileKnobs;
pub use self::journal::{Counts, Seen};
pub use self::knobs::{BasicSpelling, ExpiresIn, Knobs, UnknownScope};
pub use self::origin::{Clocks, Origin};
pub use self::paging::{ListBody, PagingKnobs};
use self::server::Shared;
pub use self::usage::UsageKnobs;
use crate::clock::Clock;

/// How long a stop waits for connections that are in the middle of something.
const GRACE: Duration = Duration::from_secs(1);

/// A running stand-in. It stops when it is dropped.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Standin {
    /// Listens on `listen`, with port 0 on any free port, and serves from then on.
    ///
    /// Token lives, the usage report and waits go by `clock`.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, clock: Clock, knobs: Knobs) -> std::io::Result<Standin> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared::new(url(address), clock, knobs, stop.clone()));
        // Half a body is to arrive as such, not to wait for the other half.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = axum::serve(listener, server::router(Arc::clone(&shared)));
        let server = server.with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move { drop(server.await) });
        Ok(Standin { address, shared, stop, serving })
    }

    /// Where it listens, as in `http://127.0.0.1:8090`. The API is below `/v1`, its token endpoint
    /// at `/v1/oauth2/token`.
    pub fn url(&self) -> String {
        url(self.address)
    }

    /// How many requests came so far.
    pub fn counts(&self) -> Counts {
        self.shared.journal.counts()
    }

    /// The last 250,000 requests, in the order in which they were answered.
    pub fn journal(&self) -> Vec<Seen> {
        self.shared.journal.seen()
    }

    /// Replaces all knobs. Tokens, counts and what was made stay.
    pub fn set(&self, knobs: Knobs) {
        let Ok(()) = self.shared.change(|_| Ok::<_, Infallible>(knobs));
    }

    /// Revokes the tokens given out so far, all or those of one client. Says how many.
    pub fn revoke(&self, client: Option<&str>) -> usize {
        self.shared.grants.revoke(client)
    }

    /// Takes no new connections, ends waits, lets replies under way go out, and returns when that
    /// is done, after a second at most.
    pub async fn stop(mut self) {
        self.stop.cancel();
        // Real time in any case: a clock that a test holds still does not hold the connections.
        let ended = Clock::system().within(GRACE, &mut self.serving).await;
        if ended.is_none() {
            self.serving.abort();
        }
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
