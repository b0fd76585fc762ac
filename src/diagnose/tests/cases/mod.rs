//! Cases derived from the rows and the standards, a file for each group or two.

mod bodies;
mod challenges;
mod clock;
mod elsewhere;
mod forbidden;
mod headers;
mod plain;
mod scope;
mod second;
mod token;
mod tokens;
mod unauthorized;
mod wordings;

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
        bodies::cases(),
        second::cases(),
        wordings::cases(),
        tokens::cases(),
        headers::cases(),
        challenges::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
