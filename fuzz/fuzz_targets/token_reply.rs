//! The body is that which `cargo test` replays over the corpus.

#![no_main]
#![allow(dead_code, reason = "each target uses one of the bodies")]

#[path = "../../tests/it/reliability/fuzzed/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::token_reply::run(bytes));
