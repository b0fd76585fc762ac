//! What arrived: counts for good, and the last requests one by one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::request::Parts;
use serde::Serialize;

use super::visit::{IDEMPOTENCY_KEY, is_token_path};
use crate::clock::Time;

/// Requests kept one by one.
const REQUESTS_KEPT: usize = 250_000;
/// Paths counted one by one; a crawler's further ones are counted together.
const PATHS_KEPT: usize = 1_000;
/// Characters kept of each text of a request.
const TEXT_KEPT: usize = 512;
const OTHER_PATHS: &str = "(other)";

/// How many requests came, counted as they arrive. Those to the admin endpoints do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests to the token endpoint, whatever they got.
    pub token_requests: u64,
    /// All requests by method and path, as in `GET /v1/usage`.
    pub requests: BTreeMap<String, u64>,
    /// Replies by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests that got no reply: their connection was cut, by the stand-in or by the client.
    pub unanswered: u64,
    /// Requests that the journal no longer has, since it keeps the last 250,000.
    pub journal_dropped: u64,
}

impl Counts {
    /// How many requests with this method came to this path.
    pub fn of(&self, method: &str, path: &str) -> u64 {
        self.requests.get(&format!("{method} {path}")).copied().unwrap_or_default()
    }
}

/// A request that was seen. Long texts are cut to 512 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When it arrived.
    pub at: Time,
    /// Its method.
    pub method: String,
    /// Its path, as it was sent.
    pub path: String,
    /// Its query, as it was sent; empty when there was none.
    pub query: String,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// Its body; empty when there was none, and for a token request, since that holds a secret.
    pub body: String,
    /// The status of the reply; none when there was no reply.
    pub status: Option<u16>,
}

/// The journal of one stand-in. Requests stand in the order in which they were answered.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    counts: Counts,
    seen: VecDeque<Seen>,
}

impl Journal {
    /// Counts a request. What becomes of it is to be told to the returned [`Arrival`].
    pub(super) fn arrive(self: &Arc<Journal>, parts: &Parts, at: Time) -> Arrival {
        let path = parts.uri.path();
        let key = parts.headers.get(IDEMPOTENCY_KEY).map(|key| cut(&String::from_utf8_lossy(key.as_bytes())));
        let seen = Seen {
            at,
            method: cut(parts.method.as_str()),
            path: cut(path),
            query: cut(parts.uri.query().unwrap_or_default()),
            key,
            body: String::new(),
            status: None,
        };
        self.change(|kept| kept.counts.arrived(format!("{} {}", seen.method, seen.path), is_token_path(path)));
        let body = if is_token_path(path) { BodyKept::No } else { BodyKept::Yes };
        Arrival { journal: Arc::clone(self), seen: Some(seen), body }
    }

    pub(super) fn counts(&self) -> Counts {
        self.change(|kept| kept.counts.clone())
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.change(|kept| kept.seen.iter().cloned().collect())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts {
    fn arrived(&mut self, place: String, is_token_request: bool) {
        self.token_requests += u64::from(is_token_request);
        let is_known = self.requests.len() < PATHS_KEPT || self.requests.contains_key(&place);
        *self.requests.entry(if is_known { place } else { OTHER_PATHS.to_owned() }).or_default() += 1;
    }
}

impl Kept {
    fn left(&mut self, seen: Seen) {
        match seen.status {
            Some(status) => *self.counts.by_status.entry(status).or_default() += 1,
            None => self.counts.unanswered += 1,
        }
        if self.seen.len() == REQUESTS_KEPT {
            self.seen.pop_front();
            self.counts.journal_dropped += 1;
        }
        self.seen.push_back(seen);
    }
}

/// A request under way. Dropped without an answer it is journaled as unanswered, since that is
/// what happens when its client goes away.
#[derive(Debug)]
pub(super) struct Arrival {
    journal: Arc<Journal>,
    seen: Option<Seen>,
    body: BodyKept,
}

/// Whether the journal keeps what the body says.
#[derive(Debug, PartialEq)]
enum BodyKept {
    Yes,
    No,
}

impl Arrival {
    /// What the request says.
    pub(super) fn read(&mut self, body: &[u8]) {
        if let Some(seen) = &mut self.seen
            && self.body == BodyKept::Yes
        {
            // A character has four bytes at the most.
            let begin = body.get(..TEXT_KEPT * 4).unwrap_or(body);
            seen.body = cut(&String::from_utf8_lossy(begin));
        }
    }

    pub(super) fn answered(mut self, status: u16) {
        if let Some(seen) = &mut self.seen {
            seen.status = Some(status);
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if let Some(seen) = self.seen.take() {
            self.journal.change(|kept| kept.left(seen));
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(journal: &Arc<Journal>, uri: &str) -> Arrival {
        let request = axum::http::Request::get(uri).header(IDEMPOTENCY_KEY, "k").body(()).expect("a request");
        journal.arrive(&request.into_parts().0, "2026-11-24T12:00:00Z".parse().expect("a time"))
    }

    #[test]
    fn a_request_counts_when_it_arrives_and_is_journaled_when_it_is_answered() {
        let journal = Arc::new(Journal::default());
        let mut arrival = arrive(&journal, "/v1/usage?period=month");
        arrival.read(b"{}");
        assert_eq!(journal.counts().of("GET", "/v1/usage"), 1);
        assert!(journal.seen().is_empty());
        arrival.answered(200);
        let line = serde_json::to_string(&journal.seen()).expect("JSON");
        assert_eq!(
            line,
            r#"[{"at":"2026-11-24T12:00:00Z","method":"GET","path":"/v1/usage","query":"period=month","key":"k","body":"{}","status":200}]"#
        );
    }

    #[test]
    fn the_body_of_a_token_request_is_not_journaled() {
        let journal = Arc::new(Journal::default());
        let mut arrival = arrive(&journal, "/v1/oauth2/token");
        arrival.read(b"client_secret=x");
        arrival.answered(200);
        assert_eq!(journal.seen()[0].body, "");
    }

    #[test]
    fn a_request_whose_client_goes_away_is_journaled_without_a_status() {
        let journal = Arc::new(Journal::default());
        drop(arrive(&journal, "/v1/usage"));
        assert_eq!(journal.seen()[0].status, None);
        assert_eq!(journal.counts().unanswered, 1);
    }

    #[test]
    fn memory_is_bounded_and_what_was_dropped_is_counted() {
        let journal = Arc::new(Journal::default());
        for n in 0..REQUESTS_KEPT + 5 {
            arrive(&journal, &format!("/v1/{n}/{}", "x".repeat(TEXT_KEPT))).answered(404);
        }
        let counts = journal.counts();
        assert_eq!((journal.seen().len(), counts.journal_dropped), (REQUESTS_KEPT, 5));
        assert_eq!(counts.requests.len(), PATHS_KEPT + 1);
        assert_eq!(counts.requests.values().sum::<u64>(), 250_005);
        assert!(journal.seen().iter().all(|seen| seen.path.len() <= TEXT_KEPT));
    }
}
