//! What tests are made of.

pub(crate) mod binary;
pub(crate) mod disk;
pub(crate) mod each_second;
pub(crate) mod echo;
mod echo_ways;
pub(crate) mod eventually;
pub(crate) mod jobs;
pub(crate) mod lists;
pub(crate) mod packed;
pub(crate) mod proxy;
pub(crate) mod receiver;
pub(crate) mod redact;
pub(crate) mod rows;
pub(crate) mod scripted;
pub(crate) mod serving;
pub(crate) mod size;
pub(crate) mod standin;
pub(crate) mod terminal;
pub(crate) mod tls;
