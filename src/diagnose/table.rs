//! The decision table: rows in order, the first that holds decides.

use super::facts::Facts;
use super::rows;
use crate::run::{Scopes, Verdict};

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its name, which is stored with what it decided.
    pub(super) id: &'static str,
    pub(super) when: fn(&Facts<'_>) -> bool,
    pub(super) verdict: Verdict,
    pub(super) retry: Retry,
    pub(super) sure: Sure,
    /// What the rejected token lacks.
    pub(super) missing: fn(&Facts<'_>) -> Scopes,
}

/// Whether trying again by itself may help. What is healed is never tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    No,
    Yes,
    /// With a fresh token.
    Fresh,
    /// With a fresh token, as long as none has been tried.
    Once,
    /// As long as no fresh token has been tried, the token is not quite new, and everything that it
    /// lacks was asked for: somebody may just have granted it.
    IfJustGranted,
}

/// How sure a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    Proven,
    Stated,
    Inferred,
    /// Proven when a code says so, stated when only words do.
    ByCode,
}

impl Row {
    pub(super) const fn new(
        id: &'static str,
        when: fn(&Facts<'_>) -> bool,
        verdict: Verdict,
        retry: Retry,
        sure: Sure,
    ) -> Row {
        Row { id, when, verdict, retry, sure, missing: |_| Scopes::default() }
    }

    pub(super) const fn missing(self, missing: fn(&Facts<'_>) -> Scopes) -> Row {
        Row { missing, ..self }
    }
}

/// Rows that share a condition.
struct Group {
    when: fn(&Facts<'_>) -> bool,
    rows: &'static [Row],
}

const GROUPS: &[Group] = &[
    Group { when: |facts| facts.is_minting(), rows: rows::TOKEN },
    Group { when: |_| true, rows: rows::PLAIN },
    // From here on the API answered 401 or 403.
    Group { when: |facts| facts.scopes.server.spoken_of, rows: rows::SCOPE },
    Group { when: |_| true, rows: rows::CLOCK },
    Group { when: |_| true, rows: rows::ELSEWHERE },
    Group { when: |facts| facts.status() == 403, rows: rows::FORBIDDEN },
    Group { when: |_| true, rows: rows::UNAUTHORIZED },
];

/// The row that decides.
pub(super) fn decide(facts: &Facts<'_>) -> &'static Row {
    let groups = GROUPS.iter().filter(|group| (group.when)(facts));
    groups.flat_map(|group| group.rows).find(|row| (row.when)(facts)).unwrap_or(&rows::LAST)
}

/// Every row in order.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|group| group.rows).chain([&rows::LAST])
}
