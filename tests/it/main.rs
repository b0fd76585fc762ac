//! Integration tests: one binary, so that the crate is linked once.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod line;
mod refusals;
mod reliability;
mod service;
mod standin;
mod support;
mod verbs;
