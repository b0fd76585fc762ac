//! What ends a call other than success.

use crate::filter::{FilterFailure, TemplateFailure};
use crate::run::Kind;

/// What ends a call other than success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    /// One sentence for a person, not yet scrubbed.
    pub(super) reason: String,
}

impl Failure {
    pub(super) fn new(kind: Kind, reason: impl Into<String>) -> Failure {
        Failure { kind, reason: reason.into() }
    }
}

impl From<FilterFailure> for Failure {
    fn from(failure: FilterFailure) -> Failure {
        Failure::new(Kind::Filter, failure.to_string())
    }
}

impl From<TemplateFailure> for Failure {
    fn from(failure: TemplateFailure) -> Failure {
        let kind = match failure {
            TemplateFailure::Filter(_) => Kind::Filter,
            TemplateFailure::MissingValue { .. } | TemplateFailure::Unfit(_) => Kind::MissingValue,
        };
        Failure::new(kind, failure.to_string())
    }
}
