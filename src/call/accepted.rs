//! What may be wrong with an answer that was accepted: it denies the call all the same, or leaves out what the
//! token may not see.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use super::course::Course;
use super::failure::Failure;
use super::log::End;
use super::refusal::Healed;
use super::send::Reply;
use crate::job::Credential;
use crate::run::{Diagnosis, Evidence, Kind, Name, Novelty, Scopes};
use crate::token::{Bearer, Cut, cut};

/// An answer that denies a call is short; larger ones are not looked into.
const LONGEST_DENIAL: usize = 64 * 1024;
/// What is kept of an answer with which nothing is wrong but that it may lack something.
const KEPT: usize = 4 * 1024;
/// Beyond this many, what was told before is forgotten: the store knows it as well.
const MOST_TOLD: usize = 1024;

/// A credential that was granted less than was asked for: what was asked, and what is missing.
type Narrowing = (Name, Scopes, Scopes);

/// The narrowings that this process has told of. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Narrowings(Arc<Mutex<HashSet<Narrowing>>>);

impl Narrowings {
    fn add(&self, narrowing: Narrowing) -> Novelty {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST_TOLD && !told.contains(&narrowing) {
            told.clear();
        }
        if told.insert(narrowing) { Novelty::New } else { Novelty::Known }
    }

    fn remove(&self, narrowing: &Narrowing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(narrowing);
    }
}

impl Course<'_> {
    /// Looks over an answer with a status that was expected.
    ///
    /// # Errors
    /// The end of a call that the answer denies.
    pub(super) async fn look_over(&mut self, reply: Reply, bearer: Option<&Bearer>) -> Result<Reply, End> {
        let credential = self.job.api.credential.clone();
        let Some((credential, bearer)) = credential.as_ref().zip(bearer) else { return Ok(reply) };
        if !(200..300).contains(&reply.status) {
            return Ok(reply);
        }
        if says_that_it_is_not_ok(&reply.body)
            && let Some(end) = self.denied(&reply, credential, bearer)
        {
            return Err(end);
        }
        self.ungranted = bearer.granted().map(|granted| bearer.requested().without(&granted)).unwrap_or_default();
        if !self.ungranted.is_empty() {
            self.tell_of_narrowing(&reply, credential, bearer).await;
        }
        Ok(reply)
    }

    /// A denial with the status of success, as Slack answers (row G4 of the decision table).
    fn denied(&mut self, reply: &Reply, credential: &Credential, bearer: &Bearer) -> Option<End> {
        let diagnosis = self.bench().of_api(self.bench().evidence(reply, credential, bearer), Healed::No);
        if diagnosis.rule != "G4" {
            return None;
        }
        let failure = Failure::new(Kind::Refused, diagnosis.summary.clone());
        let end = End::Refused { verdict: diagnosis.verdict, failure };
        self.log.judged(Some(Kind::Refused));
        self.log.diagnosed(diagnosis);
        Some(end)
    }

    /// Says once for a credential and its scopes that fields may be absent (row G5).
    async fn tell_of_narrowing(&mut self, reply: &Reply, credential: &Credential, bearer: &Bearer) {
        let (asked, missing) = (bearer.requested(), &self.ungranted);
        let narrowing = (credential.name.clone(), asked.clone(), missing.clone());
        if self.caller.narrowings.add(narrowing.clone()) == Novelty::Known {
            return;
        }
        match self.caller.ledger.narrowed(&credential.name, asked, missing).await {
            Ok(Novelty::New) => {}
            Ok(Novelty::Known) => return,
            // Whoever comes next asks again.
            Err(_) => return self.caller.narrowings.remove(&narrowing),
        }
        let Some(diagnosis) = self.narrowing(reply, credential, bearer) else { return };
        let (job, remedy) = (&self.job.name, &diagnosis.remedy);
        tracing::warn!(job.name = %job, "`{job}` asked for scopes that were not granted → {remedy}");
        self.log.diagnosed(diagnosis);
    }

    fn narrowing(&self, reply: &Reply, credential: &Credential, bearer: &Bearer) -> Option<Diagnosis> {
        let mut evidence: Evidence = self.bench().evidence(reply, credential, bearer);
        let (body, end) = cut(std::mem::take(&mut evidence.response.body), KEPT);
        evidence.response.body = body;
        evidence.response.truncated |= end == Cut::Cut;
        let diagnosis = self.bench().of_api(evidence, Healed::No);
        (diagnosis.rule == "G5").then_some(diagnosis)
    }
}

/// Whether a body is a small JSON object with `ok: false`.
fn says_that_it_is_not_ok(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Said {
        ok: bool,
    }
    let may = body.len() <= LONGEST_DENIAL
        && body.trim_ascii_start().starts_with(b"{")
        && body.windows(4).any(|window| window == br#""ok""#);
    may && serde_json::from_slice::<Said>(body).is_ok_and(|said| !said.ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_small_object_with_a_false_ok_says_that_it_is_not_ok() {
        for body in [r#"{"ok":false}"#, r#" {"error": "missing_scope", "ok" : false }"#] {
            assert!(says_that_it_is_not_ok(body.as_bytes()), "{body}");
        }
        let large = format!(r#"{{"ok":false,"x":"{}"}}"#, "x".repeat(LONGEST_DENIAL));
        for body in
            [r#"{"ok":true}"#, r#"{"ok":"false"}"#, r#"[{"ok":false}]"#, "", "{", r#"{"a":{"ok":false}}"#, &large]
        {
            assert!(!says_that_it_is_not_ok(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_narrowing_is_told_once_and_the_memory_of_it_is_bounded() {
        let narrowings = Narrowings::default();
        let narrowing = |n: usize| {
            let name = Name::new("cuadra").expect("a name");
            (name, Scopes::parse(&format!("a s{n}")), Scopes::parse("a"))
        };
        assert_eq!((narrowings.add(narrowing(0)), narrowings.add(narrowing(0))), (Novelty::New, Novelty::Known));
        (1..3000).for_each(|n| _ = narrowings.add(narrowing(n)));
        assert!(narrowings.0.lock().expect("a lock").len() <= MOST_TOLD);
    }
}
