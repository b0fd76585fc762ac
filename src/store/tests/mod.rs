//! The promises of the store, against real files.

mod claims;
mod crashes;
mod exporting;
mod finishing;
mod handing;
mod held;
mod incidents;
mod kept;
mod last_tokens;
mod listings;
mod narrowed;
mod never_lost;
mod opening;
mod owing;
mod pausing;
mod policies;
mod pruning;
mod reading;
mod records;
mod releasing;
mod replaced;
mod serving;
mod ticks;
mod trouble;
mod upgrading;
mod views;
