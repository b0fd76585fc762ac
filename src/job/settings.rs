//! What holds for the whole process.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::Redirects;
use crate::secret::Source;

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
    /// Whether requests that belong to no job of the file go where an answer redirects them.
    pub redirects: Redirects,
    /// Who is told that all is well.
    pub heartbeat: Option<Heartbeat>,
}

/// An address that is called while all is well, so that silence is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Where its URL is kept: such addresses are secrets.
    pub url: Source,
    /// How often it is called.
    pub every: Duration,
}

/// Where results are kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The SQLite file; made absolute from the folder of the job file.
    pub path: PathBuf,
    /// How long.
    pub keep: Keep,
}

/// How long results are kept after they came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Ended runs with their calls and attempts.
    pub runs: Duration,
    /// Bodies of answers.
    pub results: Duration,
    /// Samples, and the counts of runs by day.
    pub samples: Duration,
    /// Diagnoses with their evidence.
    pub diagnoses: Duration,
}

/// What is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one body, decompressed.
    pub body: u64,
    /// Pages of one list; under `for_each` of each element's.
    pub pages: u64,
    /// Items of a call that are kept in memory for filters.
    pub items: u64,
}
