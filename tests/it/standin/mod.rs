//! The stand-in API, called over real connections.

mod admin;
mod api;
mod faults;
mod files;
mod lists;
mod methods;
mod robust;
mod token;
