//! The members of `$run`, `$reply` and `$items`: closed lists, so that a mistyped one is found by the check
//! and not by a run at night.

use super::Variable;

const WINDOW: &[&str] = &["start", "end"];

/// The members at some place inside a variable; `None` where any may come, or none is known.
pub(super) fn members(variable: Variable, inside: &[&str]) -> Option<&'static [&'static str]> {
    match (variable, inside) {
        (Variable::Run, []) => Some(&["id", "job", "scheduled_for", "trigger", "now", "window"]),
        (Variable::Run, ["window"]) => Some(WINDOW),
        (Variable::Reply, []) => Some(&["status", "headers", "duration_ms", "bytes"]),
        (Variable::Items, []) => Some(&["seen", "new", "changed", "gone"]),
        _ => None,
    }
}
