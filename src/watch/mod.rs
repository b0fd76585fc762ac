//! Samples and runs → forecasts, states of alerts, and what somebody is to be told.
//!
//! ```text
//! Sample ─increments→ Increment ─track→ use by the hour or day ─pace→ m, s² ─forecast→ a band ─words→ a sentence
//!                                    │                                     │
//! Alert, Standing (before), Runs, Incident, time ───────────────────────judge→ Standing (now), News
//! ```
//!
//! Pure: no clock is read and nothing is stored here. A [`Track`] is brought up to date by each sample and forgets what no
//! window needs, so neither its size nor an evaluation grows with history; after a restart it is made anew of the samples
//! since [`Track::reach`]. A [`Standing`] is what the store keeps of each instance of an alert: [`judge`] needs the one
//! before to give the next.
//!
//! Three rules hold throughout. What is old is *unknown*, and never well. A forecast is a band, and never one date alone.
//! Each thing is told once.

mod forecast;
mod increments;
mod judge;
mod pace;
mod period;
mod plan;
mod ring;
mod runs;
mod standing;
#[cfg(test)]
pub(crate) mod support;
mod track;
mod words;

pub use forecast::{Basis, Forecast, Projection, Runout, RunoutEdges, RunoutPoint};
pub use increments::{Flag, Increment, Increments, Reading};
pub use judge::{Credential, Judged, News, Secret, Series, Subject, judge, series_name};
pub use pace::{Band, Pace};
pub use period::containing;
pub use plan::{Bucket, Plan, longest_poll, old_after};
pub use runs::{Ended, Runs};
pub use standing::{Budget, Key, Memory, Standing, State, Turn};
pub use track::{Added, Track};

#[cfg(test)]
mod tests;
