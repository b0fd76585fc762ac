//! The whole line, from a job file to rows.

mod alerts;
mod beside;
mod catch_up;
mod chains;
mod clock;
mod demo;
pub(crate) mod driven;
mod example;
mod guards;
mod handed_over;
mod hangup;
mod heartbeat;
mod policies;
mod rates;
mod reload;
mod resumed;
mod rotated;
mod serve;
mod service;
mod start;
mod sync;
mod under_way;
mod uploads;
