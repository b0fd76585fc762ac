//! The rows of the decision table, a file for each group.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Facts<'_>` holds for one lifetime, a row for all"
)]

mod clock;
mod elsewhere;
mod forbidden;
mod plain;
mod scope;
mod token;
mod unauthorized;

pub(super) use clock::{NOT_YET_VALID, ROWS as CLOCK};
pub(super) use elsewhere::ROWS as ELSEWHERE;
pub(super) use forbidden::ROWS as FORBIDDEN;
pub(super) use plain::ROWS as PLAIN;
pub(super) use scope::ROWS as SCOPE;
pub(super) use token::ROWS as TOKEN;
pub(super) use unauthorized::{LAST, ROWS as UNAUTHORIZED};
