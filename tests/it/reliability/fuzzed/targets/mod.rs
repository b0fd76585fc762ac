//! The bodies of the fuzz targets: each takes any bytes and panics where a promise is broken.
//!
//! `fuzz/fuzz_targets` has the same files under libFuzzer. So they use nothing of the tests around them.

pub(crate) mod cron_text;
pub(crate) mod filter;
pub(crate) mod job_file;
pub(crate) mod parts;
pub(crate) mod problem_body;
pub(crate) mod retry_after;
pub(crate) mod template;
pub(crate) mod token_reply;
pub(crate) mod well_formed;
pub(crate) mod www_authenticate;
