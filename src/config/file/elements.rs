//! What a call is made for, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entries, Field, QueryValue};

/// The records of a collection.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["records"]))]
pub(in crate::config) struct FromRecords {
    /// The collection, which some call writes.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]{0,63}$"))]
    pub records: Field<String>,
}

/// Files that are sent, each in a call of its own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["files"]))]
pub(in crate::config) struct Upload {
    /// The files, as a glob relative to this one.
    pub files: Field<String>,
    /// The field of the form that a file goes in. Default: "file".
    pub field: Field<String>,
    /// Further fields of the form; they may hold {{ filters }}.
    pub fields: Field<Entries<QueryValue>>,
}
