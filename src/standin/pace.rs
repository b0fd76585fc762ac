//! Replies that are slow or break off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};

use super::fault::{Cut, Fault};
use super::server::Shared;

/// The reply as a fault lets it out.
pub(super) async fn pace(reply: Response, fault: Option<&Fault>, shared: &Arc<Shared>) -> Response {
    let Some(fault) = fault.filter(|fault| fault.delay_ms > 0 || fault.cut.is_some()) else { return reply };
    let (parts, body) = reply.into_parts();
    // Every body here is a text of the stand-in's own, so reading it back cannot fail.
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = match fault.cut {
        Some(Cut::Reply) => Body::from_stream(stream::once(async { broken() })),
        Some(Cut::Body) => halves(&bytes, |_| async { broken() }),
        None => {
            let (shared, delay) = (Arc::clone(shared), Duration::from_millis(fault.delay_ms));
            halves(&bytes, move |rest| async move {
                shared.pause(delay).await;
                Ok(rest)
            })
        }
    };
    Response::from_parts(parts, body)
}

/// The first half at once, then what becomes of the rest.
fn halves<F>(bytes: &Bytes, rest: impl FnOnce(Bytes) -> F + Send + 'static) -> Body
where
    F: Future<Output = io::Result<Bytes>> + Send + 'static,
{
    let first = bytes.slice(..bytes.len() / 2);
    let second = bytes.slice(first.len()..);
    let rest = async move {
        // The server sends what it has when a body is not ready, and not before.
        tokio::task::yield_now().await;
        rest(second).await
    };
    Body::from_stream(stream::once(async { Ok(first) }).chain(stream::once(rest)))
}

/// An error in a body makes the server close the connection.
fn broken() -> io::Result<Bytes> {
    Err(io::Error::from(io::ErrorKind::ConnectionAborted))
}
