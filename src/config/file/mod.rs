//! The job file as it is written: one type per table, one field per key.
//!
//! Nothing is checked here beyond the form of each value; [`super::lower`] does the rest. The
//! comments of these types are the descriptions in the JSON Schema.

mod alert;
mod call;
mod channel;
mod credential;
mod elements;
mod field;
mod forms;
mod job;
mod list;
mod period;
mod shapes;
mod units;

use schemars::JsonSchema;
use serde::Deserialize;

pub(in crate::config) use alert::{Alert, Burn, Forecast, Runout, Stale};
pub(in crate::config) use call::{Call, Expect, Metric};
pub(in crate::config) use channel::{Channel, Email};
pub(in crate::config) use credential::{Api, Credential, NextSecret, Operation, RateLimit, Secret};
pub(in crate::config) use elements::{FromRecords, Upload};
pub(in crate::config) use field::{DATE_KEY, Field, Misfit};
pub(in crate::config) use forms::{OneOrMore, Percentage, SpanOr};
pub(in crate::config) use job::{Defaults, Job, Retry};
pub(in crate::config) use list::{PageSize, Pages, Records};
pub(in crate::config) use period::{Anchor, Period, PeriodForms};
pub(in crate::config) use shapes::{Any, Entries, FlagOr, QueryValue, Table, TextOr};
pub(in crate::config) use units::{Day, Delay, Size, Span};

/// A job file of apicron: jobs that call authenticated APIs on a schedule.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct JobFile {
    /// Further files, as globs relative to this one. They may hold credentials, apis, jobs, alerts and channels.
    pub include: Field<Vec<Field<String>>>,
    /// How many runs this process has at once. Default: 64.
    #[schemars(range(min = 1, max = 10_000))]
    pub concurrency: Field<i64>,
    /// How long a stop waits for running runs. Default: "30s".
    pub drain: Field<Span>,
    /// Where results are kept, and for how long.
    pub store: Field<Table<Store>>,
    /// What is read at most.
    pub limits: Field<Table<Limits>>,
    /// An address that is called while all is well, so that silence is noticed.
    pub heartbeat: Field<Table<Heartbeat>>,
    /// What holds for each job that does not say otherwise.
    pub defaults: Field<Table<Defaults>>,
    /// OAuth clients and fixed bearers by name.
    pub credentials: Field<Entries<Table<Credential>>>,
    /// APIs by name.
    pub apis: Field<Entries<Table<Api>>>,
    /// Jobs by name.
    pub jobs: Field<Entries<Table<Job>>>,
    /// Rules over samples and runs by name: when somebody is to be told.
    pub alerts: Field<Entries<Table<Alert>>>,
    /// Where messages of alerts go, by name.
    pub channels: Field<Entries<Table<Channel>>>,
}

/// Where results are kept, and for how long.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Store {
    /// The SQLite file, relative to this file. Default: "sqlite:apicron.db".
    #[schemars(regex(pattern = "^sqlite:."))]
    pub url: Field<String>,
    /// How long ended runs are kept. Default: "90d".
    pub keep_runs: Field<Span>,
    /// How long bodies of answers are kept. Default: "14d".
    pub keep_results: Field<Span>,
    /// How long samples are kept. Default: "400d".
    pub keep_samples: Field<Span>,
    /// How long diagnoses are kept, with their evidence. Default: "400d".
    pub keep_diagnoses: Field<Span>,
}

/// An address that is called while all is well, so that silence is noticed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["url"]))]
pub(in crate::config) struct Heartbeat {
    /// Where the address is kept. Whoever knows it can keep an alarm silent, so it must not stand in the file.
    #[schemars(with = "Secret")]
    pub url: Field<TextOr<Secret>>,
    /// How often it is called, at least "1s". Default: "1m".
    pub every: Field<Span>,
}

/// What is read at most.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Limits {
    /// The largest body that is read, decompressed. Default: "10MiB".
    pub body: Field<Size>,
    /// The most pages of one list; under `for_each` of each element's. Default: 10000.
    #[schemars(range(min = 1))]
    pub pages: Field<i64>,
    /// The most items of a call that are kept in memory for its filters. Default: 100000.
    #[schemars(range(min = 1))]
    pub items: Field<i64>,
}
