//! Calls as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Any, Entries, Field, FlagOr, FromRecords, Pages, Period, PeriodForms, QueryValue, Records, Retry, Secret, Span,
    Table, TextOr, Upload,
};

/// One API call. It has exactly one method.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Call {
    /// Its name in reports and in `$calls`. Default: "call1", "call2", …
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]{0,63}$"))]
    pub name: Field<String>,
    /// GET this path below the API's base URL; it may hold {{ filters }}.
    #[schemars(regex(pattern = "^/"))]
    pub get: Field<String>,
    /// POST to this path below the API's base URL; it may hold {{ filters }}.
    #[schemars(regex(pattern = "^/"))]
    pub post: Field<String>,
    /// PUT to this path below the API's base URL; it may hold {{ filters }}.
    #[schemars(regex(pattern = "^/"))]
    pub put: Field<String>,
    /// PATCH this path below the API's base URL; it may hold {{ filters }}.
    #[schemars(regex(pattern = "^/"))]
    pub patch: Field<String>,
    /// DELETE this path below the API's base URL; it may hold {{ filters }}.
    #[schemars(regex(pattern = "^/"))]
    pub delete: Field<String>,
    /// Query parameters; they may hold {{ filters }}.
    pub query: Field<Entries<QueryValue>>,
    /// Headers; they win over those of the API.
    pub headers: Field<Entries<TextOr<Secret>>>,
    /// A JSON body; its texts may hold {{ filters }}.
    pub json: Field<Any>,
    /// Fields of a form body; they may hold {{ filters }}.
    pub form: Field<Entries<QueryValue>>,
    /// A body that is sent as it is; it may hold {{ filters }}.
    pub text: Field<String>,
    /// What `text` is. Default: "text/plain; charset=utf-8".
    pub content_type: Field<String>,
    /// Files that are sent, each in a call of its own.
    pub upload: Field<Table<Upload>>,
    /// Whether a call that changes something carries an Idempotency-Key. Default: true.
    pub idempotency_key: Field<bool>,
    /// Numbers to take from the answer: a jq filter each, or a table.
    pub metrics: Field<Entries<TextOr<Metric>>>,
    /// Values to keep for later runs as `$state.NAME`: a jq filter each.
    pub remember: Field<Entries<String>>,
    /// What the answer has to be. Default: any status 2xx.
    pub expect: Field<Table<Expect>>,
    /// How its list is paged: `true` for as its API says, or a table of what is different here. Default: false.
    pub pages: Field<FlagOr<Pages>>,
    /// Where the items of its answer are kept. Not with `until`.
    pub records: Field<Table<Records>>,
    /// Makes the call once for each value of a jq filter, or for each record of a collection, as `$each`.
    pub for_each: Field<TextOr<FromRecords>>,
    /// A jq filter over an element that gives what it is known by, a text or a number.
    pub each_key: Field<String>,
    /// Elements at once. Default: 1.
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: Field<i64>,
    /// What a failure means for other elements and for later calls. Default: "fail".
    #[schemars(extend("enum" = ["fail", "continue"]))]
    pub on_error: Field<String>,
    /// A jq filter; the call is made unless it gives `false` or `null`.
    pub when: Field<String>,
    /// A jq filter over the body; the call is made again until it gives neither `false` nor `null`.
    pub until: Field<String>,
    /// A jq filter over the body; the call fails as soon as it gives neither `false` nor `null`.
    pub failed: Field<String>,
    /// The wait between two looks, at least "100ms". Default: "5s".
    pub every: Field<Span>,
    /// How long to look at most. Default: "20m".
    pub within: Field<Span>,
    /// How long one attempt may take. Default: that of the job.
    pub timeout: Field<Span>,
    /// When an attempt is made again. Default: as the job says.
    pub retry: Field<Table<Retry>>,
}

/// A number to take from an answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["value"]))]
pub(in crate::config) struct Metric {
    /// A jq filter that gives a number, or an object of numbers.
    pub value: Field<String>,
    /// How it moves: up and down, up until a period ends, or down until a top-up. Default: "gauge".
    #[schemars(extend("enum" = ["gauge", "counter", "balance"]))]
    pub kind: Field<String>,
    /// What it counts, for people.
    pub unit: Field<String>,
    /// A jq filter that gives the number it may not pass.
    pub limit: Field<String>,
    /// The period it counts in: "day", "week", "month", "quarter" or "year", or a table that says more.
    #[schemars(with = "PeriodForms")]
    pub period: Field<TextOr<Period>>,
}

/// What an answer has to be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Expect {
    /// The statuses that are right. Default: any 2xx.
    #[schemars(inner(range(min = 100, max = 599)))]
    pub status: Field<Vec<Field<i64>>>,
    /// A jq filter over the body that must give `true`.
    pub that: Field<String>,
}
