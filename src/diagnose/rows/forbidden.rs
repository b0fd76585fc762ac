//! F: 403 without a word about scopes.

use super::super::table::Retry::{IfJustGranted, No, Once};
use super::super::table::Row;
use super::super::table::Sure::{Inferred, Proven, Stated};
use crate::run::Verdict;

/// Words about what is paid for.
const PLAN: &[&str] = &[
    "plan",
    "plans",
    "tier",
    "tiers",
    "quota",
    "quotas",
    "credit",
    "credits",
    "balance",
    "balances",
    "overage",
    "subscription",
];
/// Words about who one is.
const ROLE: &[&str] = &["role", "roles", "admin", "admins", "administrator", "administrators", "owner", "owners"];

pub(in super::super) const ROWS: &[Row] = &[
    Row::new("F1", |f| f.is_past_its_life(), Verdict::TokenExpired, Once, Proven),
    Row::new("F2", |f| f.is_healed(), Verdict::StaleToken, No, Proven).missing(|f| f.ungranted()),
    Row::new("F3", |f| f.prose.says(PLAN), Verdict::PlanLimit, No, Stated),
    Row::new("F4", |f| f.prose.says(ROLE), Verdict::RoleVisibility, No, Stated),
    Row::new("F5", |f| !f.ungranted().is_empty(), Verdict::MissingScope, IfJustGranted, Inferred)
        .missing(|f| f.ungranted()),
    Row::new("F6", |f| f.prose.says(&["permission", "permissions"]), Verdict::RoleVisibility, No, Stated),
    Row::new("F7", |_| true, Verdict::ResourceForbidden, No, Inferred),
];
