//! Each promise of `docs/reliability.md` as a test. The numbers R1 to R12 are those of its table.

mod bad_files;
mod canaries;
mod filters;
mod fuzzed;
mod hangs;
mod http_faults;
mod kills;
mod ordeal;
mod points;
mod redirects;
mod stop;
mod store_faults;
mod time;
mod token_faults;
mod two_processes;
