//! Calls as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Any, Entries, Field, QueryValue, Secret, Table, TextOr};

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
    /// Query parameters; they may hold {{ filters }}.
    pub query: Field<Entries<QueryValue>>,
    /// Headers; they win over those of the API.
    pub headers: Field<Entries<TextOr<Secret>>>,
    /// A JSON body; its texts may hold {{ filters }}.
    pub json: Field<Any>,
    /// Whether a POST carries an Idempotency-Key. Default: true.
    pub idempotency_key: Field<bool>,
    /// Numbers to take from the answer: a jq filter each, or a table.
    pub metrics: Field<Entries<TextOr<Metric>>>,
    /// What the answer has to be. Default: any status 2xx.
    pub expect: Field<Table<Expect>>,
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
    /// The period it counts in, as the API reports it.
    #[schemars(with = "Period")]
    pub period: Field<TextOr<Period>>,
}

/// The period that a metric counts in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["start", "end"]))]
pub(in crate::config) struct Period {
    /// A jq filter that gives its first instant.
    pub start: Field<String>,
    /// A jq filter that gives its last instant.
    pub end: Field<String>,
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
