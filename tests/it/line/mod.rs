//! The whole line, from a job file to rows.

mod demo;
mod serve;
