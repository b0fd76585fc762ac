//! R8: secrets have no way out.

mod canary;
mod modes;
mod plain;
mod scenario;
mod secrets;
mod told;
