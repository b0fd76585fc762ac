//! What ends a call other than success.

use crate::filter::{FilterFailure, TemplateFailure};
use crate::run::Kind;

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 800;
/// As much of the end of a longer one stays: it says what was done about it.
const END: usize = 150;

/// A reason as it is kept, with no more than a person reads of what an API or a filter had to say. What is
/// secret has to be out of it before: of a secret that is cut, half would stay.
pub(super) fn clipped(reason: String) -> String {
    let length = reason.chars().count();
    if length <= LONGEST_REASON {
        return reason;
    }
    let head: String = reason.chars().take(LONGEST_REASON - END).collect();
    let end: String = reason.chars().skip(length - END).collect();
    format!("{head} … {end}")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_too_long_keeps_its_beginning_and_its_end() {
        assert_eq!(clipped("short".to_owned()), "short");
        let long = clipped(format!("it said {}; given up after 4 attempts", "ü".repeat(5_000)));
        assert!(long.starts_with("it said üüü") && long.ends_with("; given up after 4 attempts"), "{long}");
        assert_eq!(long.chars().count(), LONGEST_REASON + 3);
    }
}
