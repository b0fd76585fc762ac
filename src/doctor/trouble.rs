//! What is wrong, and what to do.

use crate::diagnose::diagnose;
use crate::run::{Name, Verdict};
use crate::token::TokenFailure;

/// What is wrong, and what to do. Scrubbed; it may hold words of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong, in a sentence without its end.
    pub detail: String,
    /// What to do; `None` where nobody can tell.
    pub remedy: Option<String>,
    /// What a refusal was found to be; `None` where no answer came.
    pub verdict: Option<Verdict>,
    /// Whose matter it is.
    pub lies_in: Seat,
}

/// Where a trouble lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A secret cannot be read.
    Secret,
    /// The scopes that were asked for.
    Scopes,
    /// Elsewhere.
    Elsewhere,
}

impl Trouble {
    pub(super) fn new(detail: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        let (detail, remedy) = (detail.into(), Some(remedy.into()));
        Trouble { detail, remedy, verdict: None, lies_in: Seat::Elsewhere }
    }

    /// Why there is no token; `job` is one that needs it.
    pub(super) fn of_token(failure: &TokenFailure, job: Option<&Name>) -> Trouble {
        if let Some(evidence) = failure.evidence() {
            let mut evidence = evidence.clone();
            evidence.context.get_or_insert_default().job = job.map(Name::to_string);
            let judgement = diagnose(&evidence);
            let lies_in = match judgement.verdict {
                Verdict::ScopeNotAssignable => Seat::Scopes,
                _ => Seat::Elsewhere,
            };
            let verdict = Some(judgement.verdict);
            return Trouble { verdict, lies_in, ..Trouble::new(judgement.summary, judgement.remedy) };
        }
        let sentence = failure.to_string();
        if matches!(failure, TokenFailure::Unreadable { .. }) {
            let remedy = "Put it there, or mend where the job file says it is.";
            return Trouble { lies_in: Seat::Secret, ..Trouble::new(sentence, remedy) };
        }
        // Each is one sentence that ends with what to do.
        match sentence.rsplit_once("; ") {
            Some((detail, remedy)) => Trouble::new(detail, remedy),
            None => Trouble { remedy: None, ..Trouble::new(sentence, "") },
        }
    }
}
