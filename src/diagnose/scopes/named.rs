//! What a server says of scopes.

use serde_json::Value;

use super::super::challenge::Challenge;
use super::super::problem::{Problem, names, squeezed};
use super::super::prose::Sentence;
use super::granted::header_scopes;
use super::in_text::{Speaker, in_text, needs_a_name, offered_in_text};
use super::valid;
use crate::run::{Evidence, Scopes};

/// Codes, squeezed, by which a server says that a scope is missing (RFC 6750 section 3.1, Slack, Google).
const CODES: &[&str] =
    &["insufficientscope", "insufficientscopes", "missingscope", "missingscopes", "accesstokenscopeinsufficient"];

/// The scopes that a server says are needed.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Named {
    /// Empty when it names none.
    pub(in super::super) scopes: Scopes,
    /// Whether it speaks of scopes, with or without names.
    pub(in super::super) spoken_of: bool,
    /// Whether a code, and not only words, says that a scope is missing.
    pub(in super::super) by_code: bool,
    /// How many of them it takes.
    pub(in super::super) enough: Enough,
    /// What a token endpoint says it would give.
    pub(in super::super) offered: Scopes,
}

/// How many of the named scopes a token must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Enough {
    /// All.
    #[default]
    All,
    /// Any.
    One,
}

impl Named {
    pub(super) fn are_held_by(&self, granted: &Scopes) -> bool {
        match self.enough {
            Enough::All => self.scopes.without(granted).is_empty(),
            Enough::One => self.scopes.iter().any(|scope| granted.cover(scope)),
        }
    }
}

/// An answer, as far as it can speak of scopes.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) challenges: &'a [Challenge],
    pub(super) problem: &'a Problem,
}

impl Said<'_> {
    /// Takes the names from the most exact place that has any.
    pub(super) fn named(self, asked: &Scopes, granted: Option<&Scopes>) -> Named {
        let known = asked.iter().chain(granted.into_iter().flat_map(Scopes::iter)).map(str::to_owned).collect();
        let by_code = self.codes().any(is_scope_code);
        let in_so_many_words = self.codes().chain(self.texts()).any(speaks_of_scopes);
        let spoken_of = by_code || in_so_many_words || self.texts().any(|text| self.needs_a_name(text));
        let enough = self.enough();
        let in_members = self.in_members(spoken_of, &known, granted);
        let scopes = [self.in_challenges(granted), in_members, self.in_words(&known)]
            .into_iter()
            .find(|scopes| !scopes.is_empty());
        match scopes {
            Some(scopes) => Named { scopes, spoken_of: true, by_code, enough, offered: self.offered(&known) },
            None if spoken_of => {
                Named { spoken_of, by_code, enough, offered: self.offered(&known), ..Named::default() }
            }
            None => self.accepted(asked, granted),
        }
    }

    fn enough(self) -> Enough {
        let mut sentences = self.texts().map(Sentence::new).filter(|text| text.says(&["scope", "scopes"]));
        match sentences.any(|text| text.follows(&["one", "any"], &["of"], 1)) {
            true => Enough::One,
            false => Enough::All,
        }
    }

    /// The `scope` of the challenges that say that it is missing (RFC 6750 section 3).
    fn in_challenges(self, granted: Option<&Scopes>) -> Scopes {
        let counts = |challenge: &&Challenge| match challenge.param("error") {
            Some(error) if is_scope_code(error) => true,
            _ if self.evidence.response.status == 403 => true,
            Some(_) => false,
            // A 401 may name what the resource needs without saying that the token lacks it.
            None => granted.is_some_and(|granted| !scopes_of(challenge).without(granted).is_empty()),
        };
        valid(self.challenges.iter().filter(counts).flat_map(names_of))
    }

    fn in_members(self, spoken_of: bool, known: &Scopes, granted: Option<&Scopes>) -> Scopes {
        let needed = valid(self.problem.needed.iter().cloned());
        if !needed.is_empty() {
            return needed;
        }
        let is_name = |name: &&String| name.contains([':', '.', '_', '/']) || known.iter().any(|scope| scope == *name);
        let names = |values: &[String]| valid(values.iter().filter(is_name).cloned());
        if spoken_of {
            return names(&self.problem.perhaps_needed);
        }
        // Without a word that one is missing, a member `scope` may as well tell what the token holds.
        let scopes = names(&self.problem.scopes);
        let lacks = granted.is_none_or(|granted| !scopes.without(granted).is_empty());
        if self.evidence.response.status == 403 && lacks { scopes } else { Scopes::default() }
    }

    fn in_words(self, known: &Scopes) -> Scopes {
        let code_speaks = self.codes().any(speaks_of_scopes);
        let spoken = self.texts().filter(|text| code_speaks || speaks_of_scopes(text) || self.needs_a_name(text));
        spoken.flat_map(|text| in_text(text, known, self.speaker())).collect()
    }

    fn speaker(self) -> Speaker {
        match self.evidence.token.age_s {
            Some(_) => Speaker::Api,
            None => Speaker::TokenEndpoint,
        }
    }

    fn offered(self, known: &Scopes) -> Scopes {
        match self.speaker() {
            Speaker::Api => Scopes::default(),
            Speaker::TokenEndpoint => self.texts().flat_map(|text| offered_in_text(text, known)).collect(),
        }
    }

    /// A name may stand for itself only where nothing but its lack would explain the answer.
    fn needs_a_name(self, text: &str) -> bool {
        self.evidence.response.status == 403 && self.speaker() == Speaker::Api && needs_a_name(text)
    }

    /// GitHub lists the scopes of which one would do. It does so on every answer, so that says
    /// something only when the token holds none of them: none is granted, or where the grant is
    /// not known none was asked for.
    fn accepted(self, asked: &Scopes, granted: Option<&Scopes>) -> Named {
        let scopes = header_scopes(self.evidence, "x-accepted-oauth-scopes").unwrap_or_default();
        // Who asks for nothing in particular gets what the server likes (RFC 6749 section 3.3).
        let held = granted.or(Some(asked).filter(|asked| !asked.is_empty()));
        let lacking = held.is_some_and(|held| !scopes.iter().any(|scope| held.cover(scope)));
        if self.evidence.response.status == 403 && lacking && !scopes.is_empty() {
            Named { scopes, spoken_of: true, enough: Enough::One, ..Named::default() }
        } else {
            Named::default()
        }
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        let challenged = self.challenges.iter().filter_map(|challenge| challenge.param("error"));
        challenged.chain(self.problem.codes.iter().map(String::as_str))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let described = self.challenges.iter().filter_map(|challenge| challenge.param("error_description"));
        described.chain(self.problem.texts.iter().map(String::as_str))
    }
}

/// Whether a code says that a scope is missing, in any spelling.
fn is_scope_code(code: &str) -> bool {
    CODES.contains(&squeezed(code).as_str())
}

fn speaks_of_scopes(text: &str) -> bool {
    Sentence::new(text).says(&["scope", "scopes"])
}

fn scopes_of(challenge: &Challenge) -> Scopes {
    valid(names_of(challenge))
}

fn names_of(challenge: &Challenge) -> Vec<String> {
    challenge.param("scope").map(|scope| names(&Value::String(scope.to_owned()))).unwrap_or_default()
}
