//! R9: stops, second signals and reloads under load. How long each stop took is printed.

mod at_bad_moments;
mod pipes;
mod reloads;
mod still;
mod under_load;

use crate::support::size::figure;
use std::time::Duration;

/// For the table of `docs/reliability.md`.
fn took(what: &str, time: Duration) {
    figure("R9", format!("stop: {what}: {} ms", time.as_millis()));
}
