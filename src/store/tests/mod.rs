//! The promises of the store, against real files.

mod claims;
mod exporting;
mod finishing;
mod opening;
mod pausing;
mod pruning;
mod reading;
mod ticks;
mod trouble;
mod views;
