//! Requests that name themselves with `Idempotency-Key` are carried out once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::reply::Problem;
use super::visit::{IDEMPOTENCY_KEY, Visit};

/// Keys remembered.
const KEYS_KEPT: usize = 10_000;

/// The answers to requests with a key; of refusals nothing is remembered.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<String, Remembered>,
    oldest_key_first: VecDeque<String>,
}

/// The answer to a request with a key, and what that request said.
#[derive(Debug)]
struct Remembered {
    request: [u8; 32],
    answer: Answer,
}

impl Replays {
    /// Carries a request out, or finds the answer that the same request with the same key got before.
    pub(super) fn once(
        &self,
        visit: &Visit,
        carry_out: impl FnOnce() -> Result<Answer, Problem>,
    ) -> Result<Answer, Problem> {
        let Some(key) = visit.header(IDEMPOTENCY_KEY) else { return carry_out() };
        let request = fingerprint(visit);
        // Held while the request is carried out, so that a second one at the same time waits for its answer.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.answers.get(key) {
            Some(before) if before.request == request => Ok(before.answer.clone().replayed()),
            Some(_) => Err(Problem::new(422, "Idempotency-Key was used before with another request.")),
            None => {
                let answer = carry_out()?;
                kept.remember(key, Remembered { request, answer: answer.clone() });
                Ok(answer)
            }
        }
    }
}

impl Kept {
    fn remember(&mut self, key: &str, answer: Remembered) {
        if self.oldest_key_first.len() == KEYS_KEPT
            && let Some(oldest) = self.oldest_key_first.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.oldest_key_first.push_back(key.to_owned());
        self.answers.insert(key.to_owned(), answer);
    }
}

/// What makes two requests the same: where they go and what they say.
fn fingerprint(visit: &Visit) -> [u8; 32] {
    let digest = Sha256::new().chain_update(visit.method.as_str()).chain_update([0]);
    let digest = digest.chain_update(visit.uri.path()).chain_update([0]);
    match &visit.form {
        // The text between its parts is another one each time it is sent.
        Some(form) => digest.chain_update(form.fingerprint()).finalize().into(),
        None => digest.chain_update(&visit.body).finalize().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::super::answer::Source;
    use super::*;
    use crate::standin::visit;

    fn post(path: &str, key: Option<&str>, body: &'static str) -> Visit {
        let mut visit = visit::example("POST", path);
        if let Some(key) = key {
            visit.headers.insert(IDEMPOTENCY_KEY, key.parse().expect("a header"));
        }
        visit.body = body.into();
        visit
    }

    /// Answers with how often it was carried out.
    fn count(replays: &Replays, done: &Cell<u32>, visit: &Visit) -> Result<(u32, Source), u16> {
        let answer = replays.once(visit, || {
            done.set(done.get() + 1);
            Ok(Answer::created(json!(done.get())))
        });
        let answer = answer.map_err(|problem| problem.status)?;
        let made = answer.body.and_then(|body| body.as_u64()).expect("a number");
        Ok((u32::try_from(made).expect("small"), answer.source))
    }

    #[test]
    fn the_same_request_with_the_same_key_is_carried_out_once() {
        let (replays, done) = (Replays::default(), Cell::new(0));
        let ask = |path, key, body| count(&replays, &done, &post(path, key, body));
        assert_eq!(ask("/v1/a", Some("k"), "{}"), Ok((1, Source::Made)));
        assert_eq!(ask("/v1/a", Some("k"), "{}"), Ok((1, Source::Replayed)));
        assert_eq!(ask("/v1/a", Some("k2"), "{}"), Ok((2, Source::Made)));
        assert_eq!(ask("/v1/a", None, "{}"), Ok((3, Source::Made)));
    }

    #[test]
    fn a_key_with_another_body_path_or_method_is_refused() {
        let (replays, done) = (Replays::default(), Cell::new(0));
        assert!(count(&replays, &done, &post("/v1/a", Some("k"), "{}")).is_ok());
        let mut put = post("/v1/a", Some("k"), "{}");
        put.method = axum::http::Method::PUT;
        for other in [post("/v1/a", Some("k"), "[]"), post("/v1/b", Some("k"), "{}"), put] {
            assert_eq!(count(&replays, &done, &other), Err(422));
        }
    }

    #[test]
    fn a_refusal_is_not_remembered() {
        let (replays, done) = (Replays::default(), Cell::new(0));
        let visit = post("/v1/a", Some("k"), "{}");
        assert!(replays.once(&visit, || Err(Problem::usual(404))).is_err());
        assert_eq!(count(&replays, &done, &visit), Ok((1, Source::Made)));
    }

    #[test]
    fn only_the_newest_keys_are_remembered() {
        let (replays, done) = (Replays::default(), Cell::new(0));
        let ask = |n: usize| count(&replays, &done, &post("/v1/a", Some(&n.to_string()), "{}"));
        for n in 0..=KEYS_KEPT {
            ask(n).expect("made");
        }
        assert_eq!(ask(1), Ok((2, Source::Replayed)));
        assert!(matches!(ask(0), Ok((_, Source::Made))));
    }
}
