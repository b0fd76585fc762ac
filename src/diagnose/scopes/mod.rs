//! Scopes: what was asked for, what was granted, what the server says is needed.

mod granted;
mod in_text;
mod named;

use super::challenge::Challenge;
use super::problem::Problem;
use crate::run::{Evidence, Scopes};
pub(in crate::diagnose) use granted::scopes as granted;
pub(super) use in_text::without_names;
use named::{Named, Said};

/// The scopes in the evidence. All of them have the form of a scope (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default)]
pub(super) struct ScopeFacts {
    /// What the token request asked for.
    pub(super) asked: Scopes,
    /// What the rejected token holds; `None` when it is not known.
    pub(super) granted: Option<Scopes>,
    /// What the server says.
    pub(super) server: Named,
}

impl ScopeFacts {
    pub(super) fn of(evidence: &Evidence, challenges: &[Challenge], problem: &Problem) -> ScopeFacts {
        let asked = valid(evidence.token.requested_scopes.iter().map(str::to_owned));
        let granted = granted(evidence);
        let server = Said { evidence, challenges, problem }.named(&asked, granted.as_ref());
        ScopeFacts { asked, granted, server }
    }

    /// Whether the token is known to hold everything that the server says is needed.
    pub(super) fn contradicts_the_server(&self) -> bool {
        let named = &self.server.scopes;
        !named.is_empty() && self.granted.as_ref().is_some_and(|granted| self.server.are_held_by(granted))
    }

    /// What the token is known to hold of what the server says is needed.
    pub(super) fn held(&self) -> Scopes {
        let holds = |name: &&str| self.granted.as_ref().is_some_and(|granted| granted.cover(name));
        self.server.scopes.iter().filter(holds).map(str::to_owned).collect()
    }

    /// What the rejected token lacks of what the server names; of what was asked when it names nothing.
    pub(super) fn missing(&self) -> Scopes {
        match &self.granted {
            _ if self.server.scopes.is_empty() => self.ungranted(),
            _ if self.contradicts_the_server() => Scopes::default(),
            Some(granted) => self.server.scopes.without(granted),
            None => self.server.scopes.clone(),
        }
    }

    /// What was asked for and is known not to have been granted.
    pub(super) fn ungranted(&self) -> Scopes {
        self.granted.as_ref().map(|granted| self.asked.without(granted)).unwrap_or_default()
    }

    /// What a token endpoint refuses to give: those of the asked that it names, else those that it does not
    /// say it would give, else all of them.
    pub(super) fn refused(&self) -> Scopes {
        let named: Scopes =
            self.server.scopes.iter().filter(|name| self.asked.cover(name)).map(str::to_owned).collect();
        let not_offered = self.asked.without(&self.server.offered);
        [named, not_offered].into_iter().find(|scopes| !scopes.is_empty()).unwrap_or_else(|| self.asked.clone())
    }

    /// Whether the token is known to hold all that was asked for.
    pub(super) fn are_complete(&self) -> bool {
        self.granted.is_some() && self.ungranted().is_empty()
    }
}

/// Those that have the form of a scope, at most 64.
fn valid(names: impl IntoIterator<Item = String>) -> Scopes {
    names.into_iter().filter(|name| in_text::is_scope_token(name)).take(64).collect()
}
