//! Why there is no bearer.

use std::sync::Arc;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::ask::context;
use crate::job::Credential;
use crate::run::{Evidence, Kind, Name, ResponseEvidence};

/// Why there is no bearer. Cheap to clone, since all callers who wait share it; each is one
/// sentence that says whom was asked and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TokenFailure {
    /// The client id, its secret or the fixed bearer cannot be read.
    #[error("credential `{credential}` cannot be used, since {why}")]
    Unreadable {
        /// Whose.
        credential: Name,
        /// One sentence that names the source.
        why: Shared,
    },
    /// The client id cannot be sent with `auth_method = "basic-raw"`: RFC 7617 section 2 ends it at
    /// its first colon.
    #[error(
        "credential `{credential}` cannot be used, since its client id holds a colon, which `basic-raw` cannot send (RFC 7617 section 2: a user-id may not hold one); set `auth_method` to `basic`, which encodes it, or to `body`"
    )]
    ColonInId {
        /// Whose.
        credential: Name,
    },
    /// The token endpoint gave no answer.
    #[error(
        "the token endpoint {host} gave no answer for credential `{credential}`: {message}; check `token_url` and the network"
    )]
    Unanswered {
        /// Whose.
        credential: Name,
        /// Who was asked.
        host: Shared,
        /// What went wrong.
        kind: Kind,
        /// What the transport said, without the address.
        message: Shared,
    },
    /// The token endpoint answered, and not with a token that can be used.
    #[error("the token endpoint {host} gave no token for credential `{credential}`: {said}{}", told(*.advice))]
    Refused {
        /// Whose.
        credential: Name,
        /// Who was asked.
        host: Shared,
        /// Status and error code, scrubbed.
        said: Shared,
        /// What to do.
        advice: Option<&'static str>,
        /// How long the endpoint asked to wait.
        retry_after: Option<Duration>,
        /// The whole answer.
        evidence: Arc<Evidence>,
    },
    /// A token that was made because the former one was refused is refused too, so that another
    /// one would not help. Holds for 60 s.
    #[error(
        "a fresh token of credential `{credential}` is refused like the one before it, so no further one is asked for; check `base_url` and whether the client may use this API"
    )]
    FreshRejected {
        /// Whose.
        credential: Name,
    },
    /// A token is refused, and the token endpoint gave the same one in its place, so that no other
    /// could be tried. Holds for 60 s.
    #[error(
        "the token endpoint gave the same token again for credential `{credential}`; wait until it ends, and check the credential with another process"
    )]
    GivenAgain {
        /// Whose.
        credential: Name,
    },
    /// The fixed bearer is refused, and its source still holds the same.
    #[error("the bearer of credential `{credential}` is refused; put a current one in {place}")]
    FixedRejected {
        /// Whose.
        credential: Name,
        /// Where it is kept.
        place: Shared,
    },
    /// The process is being stopped.
    #[error("the token request was broken off, as this process is being stopped")]
    CutOff,
    /// A fault in apicron.
    #[error("asking {host} for a token of credential `{credential}` ended in a fault of apicron; please report it")]
    Panicked {
        /// Whose.
        credential: Name,
        /// Who was asked.
        host: Shared,
    },
}

fn told(advice: Option<&str>) -> String {
    advice.map(|advice| format!("; {advice}")).unwrap_or_default()
}

/// A text that many share.
pub type Shared = Arc<str>;

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasting {
    /// It may pass by itself.
    Transient,
    /// A person must change something.
    Permanent,
}

impl TokenFailure {
    pub(super) fn unreadable(credential: &Credential, why: &impl ToString) -> TokenFailure {
        TokenFailure::Unreadable { credential: credential.name.clone(), why: why.to_string().into() }
    }

    /// What went wrong: for an endpoint that gave no answer how, otherwise [`Kind::Token`].
    pub fn kind(&self) -> Kind {
        match self {
            TokenFailure::Unanswered { kind, .. } => *kind,
            TokenFailure::Panicked { .. } => Kind::Panic,
            TokenFailure::CutOff => Kind::Stopped,
            _ => Kind::Token,
        }
    }

    /// The token endpoint's answer, where there was one.
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            TokenFailure::Refused { evidence, .. } => Some(evidence),
            _ => None,
        }
    }

    /// Whether the token endpoint does not accept the client: `invalid_client` (RFC 6749 section 5.2), also where
    /// Stytch puts it, or 401 or 403. Not with a page for people: something before the endpoint wrote that.
    pub(super) fn refuses_client(&self) -> bool {
        let TokenFailure::Refused { evidence, .. } = self else { return false };
        match evidence.response.status {
            401 | 403 => !is_page(&evidence.response),
            400..=499 => says_invalid_client(&evidence.response.body),
            _ => false,
        }
    }

    /// Whether it says so in so many words, so that it holds whatever scopes are asked for. A bare 401 or 403 may be
    /// about them.
    pub(super) fn names_the_client(&self) -> bool {
        self.evidence().is_some_and(|evidence| {
            matches!(evidence.response.status, 400..=499) && says_invalid_client(&evidence.response.body)
        })
    }

    /// The same, where a second secret was refused as well.
    pub(super) fn of_both_secrets(mut self) -> TokenFailure {
        if let TokenFailure::Refused { advice, .. } = &mut self {
            *advice = Some("`next_client_secret` is refused as well");
        }
        self
    }

    /// The same for one whose deadline comes before the next request.
    pub(super) fn asked_again_too_late(mut self) -> TokenFailure {
        if let TokenFailure::Refused { advice, .. } = &mut self {
            *advice = Some("it is asked again after a pause that ends after the run's deadline");
        }
        self
    }

    /// The same for one of several credentials that are one client, whoever asked.
    pub(super) fn told_to(mut self, credential: &Credential) -> TokenFailure {
        match self.credential_mut() {
            Some(told) if *told != credential.name => told.clone_from(&credential.name),
            _ => return self,
        }
        if let TokenFailure::Refused { evidence, .. } = &mut self {
            let known = Arc::make_mut(evidence).context.get_or_insert_default();
            let own = context(credential, None);
            known.credential = own.credential;
            known.secret_source = own.secret_source;
        }
        self
    }

    fn credential_mut(&mut self) -> Option<&mut Name> {
        match self {
            TokenFailure::Unreadable { credential, .. }
            | TokenFailure::ColonInId { credential }
            | TokenFailure::Unanswered { credential, .. }
            | TokenFailure::Refused { credential, .. }
            | TokenFailure::FreshRejected { credential }
            | TokenFailure::GivenAgain { credential }
            | TokenFailure::FixedRejected { credential, .. }
            | TokenFailure::Panicked { credential, .. } => Some(credential),
            TokenFailure::CutOff => None,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            TokenFailure::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// A 2xx without a usable token counts as the endpoint's own trouble, like a 5xx.
    pub(super) fn lasting(&self) -> Lasting {
        match self {
            TokenFailure::Unanswered { kind: Kind::BlockedTarget, .. } => Lasting::Permanent,
            TokenFailure::Refused { evidence, .. } => match evidence.response.status {
                408 | 429 | 200..=299 | 500..=599 => Lasting::Transient,
                _ => Lasting::Permanent,
            },
            _ => Lasting::Transient,
        }
    }
}

/// Whether a body is HTML, by its looks or by its type when it is no JSON.
fn is_page(response: &ResponseEvidence) -> bool {
    let body = response.body.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_typed = || {
        let lines = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        lines.flat_map(|(_, value)| value.lines()).any(|value| value.to_ascii_lowercase().contains("html"))
    };
    body.starts_with('<') || is_typed() && serde_json::from_str::<IgnoredAny>(body).is_err()
}

fn says_invalid_client(body: &str) -> bool {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(body) else { return false };
    ["error", "error_type"].iter().any(|name| fields.get(*name).and_then(Value::as_str) == Some("invalid_client"))
}
