//! S: the server speaks of scopes, in a challenge, a member or words.

use super::super::table::Retry::{IfJustGranted, No, Once};
use super::super::table::Row;
use super::super::table::Sure::{ByCode, Proven};
use crate::run::Verdict;

pub(in super::super) const ROWS: &[Row] = &[
    Row::new("S1", |f| f.is_healed(), Verdict::StaleToken, No, Proven).missing(|f| f.scopes.missing()),
    Row::new("S2", |f| f.scopes.contradicts_the_server(), Verdict::ScopeContradiction, Once, Proven),
    Row::new("S3", |_| true, Verdict::MissingScope, IfJustGranted, ByCode).missing(|f| f.scopes.missing()),
];
