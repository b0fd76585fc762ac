//! C: the token's times against the server's clock.

use super::super::facts::Facts;
use super::super::table::Retry::{Once, Yes};
use super::super::table::Row;
use super::super::table::Sure::Proven;
use crate::run::Verdict;

/// The row by which the same token works a little later.
pub(in super::super) const NOT_YET_VALID: &str = "C1";

pub(in super::super) const ROWS: &[Row] = &[
    // The same token, once the server's clock has caught up.
    Row::new(NOT_YET_VALID, is_not_yet_valid, Verdict::ClockSkew, Yes, Proven),
    Row::new("C2", |f| f.has_ended_for_the_server_alone() && f.clocks.skewed(), Verdict::ClockSkew, Once, Proven),
    // The clocks agree, so the local timer stood still, as in a suspended machine.
    Row::new("C3", |f| f.has_ended_for_the_server_alone() && !f.second_was(401), Verdict::TokenExpired, Once, Proven),
];

fn is_not_yet_valid(facts: &Facts<'_>) -> bool {
    facts.status() == 401 && facts.clocks.not_yet_valid_for_s().is_some()
}
