//! The promises of the store, against real files.

mod claims;
mod finishing;
mod opening;
mod pruning;
mod reading;
mod trouble;
mod views;
