//! The whole line, from a job file to rows.

mod catch_up;
mod clock;
mod demo;
mod driven;
mod example;
mod handed_over;
mod hangup;
mod heartbeat;
mod killed;
mod policies;
mod reload;
mod serve;
mod service;
mod start;
mod under_way;
