//! apicron: cron for authenticated APIs.

pub mod call;
pub mod clock;
pub mod config;
pub mod cron;
pub mod diagnose;
pub mod engine;
pub mod filter;
pub mod job;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod shutdown;
pub mod standin;
pub mod store;
pub mod telemetry;
pub mod token;
