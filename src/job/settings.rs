//! What holds for the whole process.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// What holds for the whole process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Runs at once in this process.
    pub concurrency: NonZeroUsize,
    /// How long a stop waits for running runs.
    pub drain: Duration,
    /// Where and how long results are kept.
    pub store: StoreSettings,
    /// What is read at most.
    pub limits: Limits,
}

/// Where results are kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The SQLite file; made absolute from the folder of the job file.
    pub path: PathBuf,
    /// How long ended runs are kept.
    pub keep_runs: Duration,
}

/// What is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one body, decompressed.
    pub body: u64,
}
