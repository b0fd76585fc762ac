//! Cases derived from the rows and the standards, a file for each group or two.

mod clock;
mod elsewhere;
mod forbidden;
mod plain;
mod scope;
mod token;
mod unauthorized;

use super::Case;

/// All of them.
pub(super) fn all() -> Vec<Case> {
    [
        token::cases(),
        plain::cases(),
        scope::cases(),
        clock::cases(),
        elsewhere::cases(),
        forbidden::cases(),
        unauthorized::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
