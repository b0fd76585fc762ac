//! Samples → forecasts and the states of alerts.
//!
//! Pure: no clock is read and nothing is stored here.

mod period;

pub use period::containing;
