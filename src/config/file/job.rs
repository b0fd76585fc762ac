//! Jobs as they are written, and the defaults for them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Call, Delay, Field, Span, Table};

/// What is to be done, and when.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["api", "calls"]))]
pub(in crate::config) struct Job {
    /// For people.
    pub description: Field<String>,
    /// When it is due: five or six cron fields, "@hourly", "@every 15m". Absent: only by hand.
    pub schedule: Field<String>,
    /// The OAuth scopes that its calls need.
    pub scopes: Field<Vec<Field<String>>>,
    /// The API that it calls.
    pub api: Field<String>,
    /// The calls it makes, in order.
    #[schemars(length(min = 1))]
    pub calls: Field<Vec<Field<Table<Call>>>>,
    /// The zone of its schedule, such as "Europe/Berlin". Default: "UTC".
    pub timezone: Field<String>,
    /// How long one attempt may take. Default: "30s".
    pub timeout: Field<Span>,
    /// How long the whole run may take. Default: "10m".
    pub deadline: Field<Span>,
    /// When an attempt is made again.
    pub retry: Field<Table<Retry>>,
    /// Whether it runs on its schedule. Default: true.
    pub enabled: Field<bool>,
    /// What a tick does while the former run lives. Default: "skip".
    #[schemars(extend("enum" = ["skip", "queue", "allow"]))]
    pub overlap: Field<String>,
    /// Which of the ticks that were missed run later. Default: "latest".
    #[schemars(extend("enum" = ["latest", "none", "all"]))]
    pub catch_up: Field<String>,
    /// How old a missed tick may be to run later. Default: "24h".
    pub catch_up_window: Field<Span>,
    /// The longest delay of a tick; each has one of its own. Default: "0s".
    pub jitter: Field<Delay>,
    /// Whether calls go where an answer redirects them, within scheme, host and port. Default: "none".
    #[schemars(extend("enum" = ["none", "same-origin"]))]
    pub redirects: Field<String>,
    /// A job whose last run must have succeeded; otherwise a tick is skipped.
    pub after: Field<String>,
}

/// What holds for each job that does not say otherwise.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Defaults {
    /// The zone of schedules, such as "Europe/Berlin". Default: "UTC".
    pub timezone: Field<String>,
    /// How long one attempt may take. Default: "30s".
    pub timeout: Field<Span>,
    /// How long a whole run may take. Default: "10m".
    pub deadline: Field<Span>,
    /// When an attempt is made again.
    pub retry: Field<Table<Retry>>,
    /// Whether jobs run on their schedules. Default: true.
    pub enabled: Field<bool>,
    /// What a tick does while the former run lives. Default: "skip".
    #[schemars(extend("enum" = ["skip", "queue", "allow"]))]
    pub overlap: Field<String>,
    /// Which of the ticks that were missed run later. Default: "latest".
    #[schemars(extend("enum" = ["latest", "none", "all"]))]
    pub catch_up: Field<String>,
    /// How old a missed tick may be to run later. Default: "24h".
    pub catch_up_window: Field<Span>,
    /// The longest delay of a tick; each has one of its own. Default: "0s".
    pub jitter: Field<Delay>,
    /// Whether calls go where an answer redirects them, within scheme, host and port. Default: "none".
    #[schemars(extend("enum" = ["none", "same-origin"]))]
    pub redirects: Field<String>,
}

/// When an attempt is made again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Retry {
    /// Attempts in all, the first included. Default: 4.
    #[schemars(range(min = 1, max = 100))]
    pub attempts: Field<i64>,
    /// The first wait; each further one may be twice as long. Default: "1s".
    pub backoff: Field<Span>,
    /// The longest wait, unless the API asks for more. Default: "1m".
    pub max_backoff: Field<Span>,
}
