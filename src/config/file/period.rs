//! The period that a metric counts in, as it is written.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Field;
use super::field::{Misfit, Shape};

/// The period that a metric counts in: by the calendar (`every`), or as the API reports it (`start` and `end`).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["every"] }, { "required": ["start", "end"] }]))]
pub(in crate::config) struct Period {
    /// How long it is.
    #[schemars(extend("enum" = ["day", "week", "month", "quarter", "year"]))]
    pub every: Field<String>,
    /// The day on which it begins: a weekday of a week ("mon"), a day of a month (31 is the last), month and day of a
    /// quarter or a year ("04-01"). Default: the first.
    pub anchor: Field<Anchor>,
    /// The zone whose midnight it begins at. Default: that of the job.
    pub timezone: Field<String>,
    /// A jq filter that gives its first instant.
    pub start: Field<String>,
    /// A jq filter that gives its last instant.
    pub end: Field<String>,
}

/// The day on which a period begins.
#[derive(Debug)]
pub(in crate::config) enum Anchor {
    /// A day of a month.
    Day(i64),
    /// A weekday, or a month and a day.
    Text(String),
}

impl Shape for Anchor {
    const EXPECTED: &'static str = "a day, such as `15`, `\"mon\"` or `\"04-01\"`";

    fn text(text: String) -> Result<Anchor, Misfit> {
        Ok(Anchor::Text(text))
    }

    fn whole(day: i64) -> Result<Anchor, Misfit> {
        Ok(Anchor::Day(day))
    }
}

impl JsonSchema for Anchor {
    fn schema_name() -> Cow<'static, str> {
        "Anchor".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 31 }, { "type": "string" }] })
    }
}

/// The word for a period, or a table.
pub(in crate::config) struct PeriodForms;

impl JsonSchema for PeriodForms {
    fn schema_name() -> Cow<'static, str> {
        "PeriodForms".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<Period>();
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["day", "week", "month", "quarter", "year"] }, table] })
    }
}
