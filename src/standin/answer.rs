//! What an endpoint answers, before it becomes a reply.

use axum::body::Body;
use axum::response::Response;
use serde_json::Value;

use super::reply;

/// A status, a body, and the headers that some answers have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// None where the status says all, as 204 does.
    pub(super) body: Option<Value>,
    /// The `Link` header (RFC 8288).
    pub(super) link: Option<String>,
    pub(super) source: Source,
}

/// Whether the request did something, or an earlier one with its key had done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Made,
    Replayed,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Answer {
        Answer { status: 200, body: Some(body), link: None, source: Source::Made }
    }

    pub(super) fn created(body: Value) -> Answer {
        Answer { status: 201, ..Answer::ok(body) }
    }

    /// 204: done, and nothing to say.
    pub(super) fn nothing() -> Answer {
        Answer { status: 204, body: None, link: None, source: Source::Made }
    }

    pub(super) fn replayed(self) -> Answer {
        Answer { source: Source::Replayed, ..self }
    }

    pub(super) fn reply(self) -> Response {
        let mut reply = match &self.body {
            Some(body) => reply::json(self.status, body),
            None => reply::bare(self.status, Body::empty()),
        };
        if let Some(link) = &self.link {
            reply::set(&mut reply, "link", link);
        }
        if self.source == Source::Replayed {
            reply::set(&mut reply, "idempotent-replayed", "true");
        }
        reply
    }
}
