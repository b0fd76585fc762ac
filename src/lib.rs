#![doc = include_str!("../README.md")]
//!
//! # The line
//!
//! ```text
//! jobs.toml ─config→ Jobs ─schedule→ Tick ─store.claim→ Run
//!           ─token→ Bearer ─call→ Reply ─judge→ Attempt │ Refusal ─diagnose→ Diagnosis
//!           ─store.finish→ rows ─store.history→ cli
//! ```
//!
//! A module uses only floors below its own: `docs/architecture.md` has the map and the invariants.

pub mod audit;
pub mod call;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod cron;
pub mod diagnose;
pub mod doctor;
pub mod engine;
pub mod files;
pub mod filter;
pub mod job;
pub mod notify;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod shutdown;
pub mod standin;
pub mod store;
pub mod telemetry;
pub mod token;
pub mod watch;
