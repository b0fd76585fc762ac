//! Samples → forecasts and the states of alerts.
//!
//! Pure: no clock is read and nothing is stored here.

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
pub use plan::{Bucket, Plan, longest_poll};
pub use runs::{Ended, Runs};
pub use standing::{Budget, Key, Memory, Standing, State, Turn};
pub use track::{Added, Track};

#[cfg(test)]
mod tests;
