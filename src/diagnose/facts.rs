//! Evidence, prepared for the table: everything read once, nothing decided.

use serde_json::Value;

use super::body::Body;
use super::challenge::{self, Challenge};
use super::clocks::Clocks;
use super::limits;
use super::problem::{Problem, squeezed};
use super::prose::{Prose, Sentence};
use super::scopes::{ScopeFacts, without_names};
use crate::run::{Evidence, HeaderValue, Scopes};

/// What the rows of the table ask about.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) challenges: Vec<Challenge>,
    pub(super) body: Body,
    pub(super) problem: Problem,
    pub(super) prose: Prose,
    /// The same without the names of scopes in it.
    pub(super) prose_but_names: Prose,
    pub(super) scopes: ScopeFacts,
    pub(super) clocks: Clocks,
}

impl<'a> Facts<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Facts<'a> {
        let lines = |name: &str| evidence.response.headers.get(name).map(HeaderValue::lines).unwrap_or_default();
        let challenges = challenge::parse(lines("www-authenticate"));
        let content_type = lines("content-type").first().map(String::as_str).unwrap_or_default();
        let body = Body::read(&evidence.response.body, content_type);
        let problem = match &body {
            Body::Json(value) => Problem::of_json(value),
            Body::Text(text) => Problem::of_text(text),
            Body::Html(_) => Problem::default(),
        };
        let described =
            challenges.iter().flat_map(|one| [one.param("error"), one.param("error_description")]).flatten();
        let told: Vec<&str> = described.chain(problem.codes.iter().chain(&problem.texts).map(String::as_str)).collect();
        let but_names: Vec<String> = told.iter().map(|text| without_names(text)).collect();
        Facts {
            evidence,
            prose: Prose::new(told),
            prose_but_names: Prose::new(but_names.iter().map(String::as_str)),
            scopes: ScopeFacts::of(evidence, &challenges, &problem),
            clocks: Clocks::of(evidence),
            challenges,
            body,
            problem,
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.evidence.response.status
    }

    /// No token exists: the answer is the token endpoint's.
    pub(super) fn is_minting(&self) -> bool {
        self.evidence.token.age_s.is_none()
    }

    /// The credential is one token that somebody keeps fresh: it has a source, and nothing of a client.
    pub(super) fn has_fixed_bearer(&self) -> bool {
        self.evidence.context.as_ref().is_some_and(|context| {
            let of_a_client = [&context.client_id, &context.token_host, &context.auth_method, &context.token_body];
            context.secret_source.is_some() && of_a_client.iter().all(|part| part.is_none()) && !self.is_minting()
        })
    }

    pub(super) fn is_success(&self) -> bool {
        is_success(self.status())
    }

    pub(super) fn is_denial(&self) -> bool {
        matches!(self.status(), 401 | 403)
    }

    /// The server is at fault, or too slow.
    pub(super) fn is_down(&self) -> bool {
        matches!(self.status(), 408 | 500..=599)
    }

    pub(super) fn is_html(&self) -> bool {
        matches!(self.body, Body::Html(_))
    }

    /// No fresh token has been tried yet.
    pub(super) fn is_untried(&self) -> bool {
        self.evidence.second_attempt_status.is_none()
    }

    /// A fresh token was asked for, and it was the refused one.
    pub(super) fn was_given_again(&self) -> bool {
        self.evidence.token.given_again && self.is_untried() && !self.is_minting()
    }

    /// The answer to a fresh token had this status.
    pub(super) fn second_was(&self, status: u16) -> bool {
        self.evidence.second_attempt_status == Some(status)
    }

    /// A fresh token worked.
    pub(super) fn is_healed(&self) -> bool {
        self.evidence.second_attempt_status.is_some_and(is_success)
    }

    /// Whether a challenge or the body holds one of these codes, in any spelling.
    pub(super) fn has_code(&self, codes: &[&str]) -> bool {
        let challenged = self.challenges.iter().filter_map(|challenge| challenge.param("error"));
        let mut held = challenged.chain(self.problem.codes.iter().map(String::as_str)).map(squeezed);
        held.any(|held| codes.iter().any(|code| squeezed(code) == held))
    }

    /// A member of a body that is a JSON object.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        match &self.body {
            Body::Json(value) => value.get(name),
            _ => None,
        }
    }

    /// The first line of a header, given by its lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.evidence.response.headers.get(name)?.lines().first().map(String::as_str)
    }

    /// A claim of the token, if that is a JWT.
    pub(super) fn claim(&self, name: &str) -> Option<&'a Value> {
        self.evidence.token.jwt_claims.as_ref()?.get(name)
    }

    /// A limit to how often one may call is reached (401 and 403 are used for it too).
    pub(super) fn is_rate_limited(&self) -> bool {
        limits::retry_after(self.evidence).is_some()
            || limits::nothing_remains(self.evidence)
            || self.prose_but_names.any(Sentence::is_about_a_rate_limit)
            || matches!(&self.body, Body::Html(text) if Sentence::new(text).is_about_a_rate_limit())
    }

    /// The server says that the token itself is wrong (RFC 6750 section 3.1).
    pub(super) fn calls_the_token_invalid(&self) -> bool {
        self.has_code(&["invalid_token"])
    }

    /// The token is past its life by the local clock.
    pub(super) fn is_past_its_life(&self) -> bool {
        self.clocks.past_life_s().is_some()
    }

    /// The token has ended by the server's clock and not by the local one.
    pub(super) fn has_ended_for_the_server_alone(&self) -> bool {
        self.clocks.expired_since_s().is_some() && !self.is_past_its_life()
    }

    pub(super) fn ungranted(&self) -> Scopes {
        self.scopes.ungranted()
    }
}

fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}
