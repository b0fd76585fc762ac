//! The cache against a real token endpoint on loopback, with time moved by hand.

mod failing;
mod fixed;
mod held;
mod one_use;
mod probing;
mod rejection;
mod renewal;
mod requests;
mod rotation;
mod sharing;
