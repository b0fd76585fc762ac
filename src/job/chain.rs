//! What calls of a job are to each other and to time: elements, conditions, waits, memory.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::filter::Filter;
use crate::run::Name;

/// Makes a call once for each element.
#[derive(Clone, Debug)]
pub struct Each {
    /// Where the elements come from.
    pub of: Elements,
    /// Gives the key of an element, in which it is `.`: one text or number, not empty, not twice. `None`:
    /// the element itself (a text or number), the record's key, or the file's path.
    pub key: Option<Filter>,
    /// Elements at once.
    pub concurrency: NonZeroUsize,
}

/// Where elements come from.
#[derive(Clone, Debug)]
pub enum Elements {
    /// The values that a filter gives.
    Filter(Filter),
    /// The records of a collection that are not gone, in the order of their keys.
    Records(Name),
    /// The files that a glob finds, in the order of their paths. `$each` is an object with `path` (relative
    /// to the folder of the job file; it is the key), `name`, `bytes` and `sha256`. A file that was uploaded
    /// as it is now is no element.
    Files {
        /// The folder of the job file, whole path.
        folder: std::path::PathBuf,
        /// The glob, relative to that folder or whole.
        glob: String,
    },
}

/// What a failure of a call means for what comes after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// No further elements, and no later calls.
    Fail,
    /// The other elements and the later calls are made all the same. The run still ends as the failure does.
    Continue,
}

/// Makes a GET again and again until its answer says that something is done.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Over the body: done as soon as this gives neither `false` nor `null`.
    pub until: Filter,
    /// Over the body: failed as soon as this gives neither `false` nor `null`. A text is the reason.
    pub failed: Option<Filter>,
    /// The wait between two looks.
    pub every: Duration,
    /// How long to look at most, from the first look on.
    pub within: Duration,
}

/// A value that later runs of the job see as `$state.NAME`.
#[derive(Clone, Debug)]
pub struct Remember {
    /// `NAME`.
    pub name: String,
    /// Gives one value over what the metrics of the call see.
    pub value: Filter,
}
