//! The stand-in API, called over real connections.

mod admin;
mod api;
mod faults;
mod robust;
mod token;
