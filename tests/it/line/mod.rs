//! The whole line, from a job file to rows.

mod clock;
mod demo;
mod killed;
mod reload;
mod serve;
mod service;
