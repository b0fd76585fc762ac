//! Calls against real servers on loopback, with time moved by hand.

mod bodies;
mod book;
mod clocks;
mod each;
mod evidence;
mod files;
mod kit;
mod ledger;
mod narrowed;
mod outcomes;
mod pages;
mod refusals;
mod requests;
mod retries;
mod secrecy;
mod transport;
mod uploads;
