//! The promises of the store, against real files.

mod claims;
mod crashes;
mod exporting;
mod finishing;
mod handing;
mod kept;
mod last_tokens;
mod listings;
mod opening;
mod owing;
mod pausing;
mod policies;
mod pruning;
mod reading;
mod records;
mod serving;
mod ticks;
mod trouble;
mod views;
