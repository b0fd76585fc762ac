//! The promises of the store, against real files.

mod claims;
mod crashes;
mod finishing;
mod handing;
mod opening;
mod policies;
mod pruning;
mod reading;
mod serving;
mod trouble;
mod views;
