//! `/_standin/…`: a look inside, and the knobs, over HTTP. These requests are not counted.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::knobs::Knobs;
use super::reply;
use super::server::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/counts", get(counts))
        .route("/journal", get(journal))
        .route("/knobs", get(knobs).patch(patch_knobs))
        .route("/revoke", post(revoke))
        .route("/echo", any(echo))
        .fallback(nothing)
}

async fn counts(State(shared): State<Arc<Shared>>) -> Response {
    reply::json(200, &shared.journal.counts())
}

/// One JSON line per request, oldest first.
async fn journal(State(shared): State<Arc<Shared>>) -> Response {
    let mut lines = String::new();
    for seen in shared.journal.seen() {
        lines.push_str(&serde_json::to_string(&seen).unwrap_or_default());
        lines.push('\n');
    }
    let mut reply = reply::text(200, lines);
    reply::set(&mut reply, "content-type", "application/x-ndjson");
    reply::set(&mut reply, "x-journal-dropped", &shared.journal.counts().journal_dropped.to_string());
    reply
}

async fn knobs(State(shared): State<Arc<Shared>>) -> Response {
    reply::json(200, &shared.settled().remaining())
}

/// Changes the knobs that the body names: objects merge, anything else replaces, null included.
async fn patch_knobs(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    match shared.change(|knobs| patched(&knobs, &body)) {
        Ok(()) => reply::json(200, &shared.settled().remaining()),
        Err(error) => refused(&error),
    }
}

fn patched(knobs: &Knobs, patch: &[u8]) -> Result<Knobs, serde_json::Error> {
    let mut merged = serde_json::to_value(knobs)?;
    merge(&mut merged, serde_json::from_slice(patch)?);
    serde_json::from_value(merged)
}

fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(members), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(members.entry(name).or_insert(Value::Null), change);
            }
        }
        (target, patch) => *target = patch,
    }
}

/// Which tokens to revoke: without a client all that were given out so far.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    client: Option<String>,
}

async fn revoke(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let asked = if body.is_empty() { Ok(Revoke::default()) } else { serde_json::from_slice::<Revoke>(&body) };
    match asked {
        Ok(asked) => reply::json(200, &json!({ "revoked": shared.grants.revoke(asked.client.as_deref()) })),
        Err(error) => refused(&error),
    }
}

/// Says what was sent, but for the token.
async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let names = headers.keys().filter(|&name| name != "authorization");
    let headers: Map<String, Value> = names
        .map(|name| {
            let values: Vec<_> =
                headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            (name.to_string(), values.join(", ").into())
        })
        .collect();
    let said = json!({
        "method": method.as_str(),
        "query": uri.query(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    reply::json(200, &said)
}

async fn nothing() -> Response {
    reply::json(404, &json!({ "error": "there are /_standin/counts, journal, knobs, revoke and echo" }))
}

fn refused(error: &serde_json::Error) -> Response {
    reply::json(422, &json!({ "error": error.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let knobs = Knobs { token_life_s: 5, ..Knobs::default() };
        let patched = patched(&knobs, br#"{"usage": {"limit": 0}, "faults": [{"path": "/v1/usage", "status": 429}]}"#);
        let patched = patched.expect("patched");
        assert_eq!((patched.token_life_s, patched.usage.limit), (5, Some(0)));
        assert_eq!(patched.usage.used, knobs.usage.used);
        assert_eq!(patched.faults.len(), 1);
    }

    #[test]
    fn null_clears_a_knob_that_can_be_absent() {
        let knobs = Knobs { revoke_after_requests: Some(1), ..Knobs::default() };
        let patched =
            patched(&knobs, br#"{"revoke_after_requests": null, "usage": {"limit": null}}"#).expect("patched");
        assert_eq!((patched.revoke_after_requests, patched.usage.limit), (None, None));
    }
}
