//! Lists as they are written: how they are paged, where their items are kept.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entries, Field, Table};

/// How a list is paged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(in crate::config) struct Pages {
    /// How the next page is asked for: by a cursor, a number of items, a number of pages, or an address.
    #[schemars(extend("enum" = ["cursor", "offset", "page", "link"]))]
    pub by: Field<String>,
    /// A jq filter over a page's body that gives the array of its items. Default of "link": ".".
    pub items: Field<String>,
    /// A jq filter over a page's body that gives the next cursor; of "link" the next address, which is else
    /// that of the `Link` header.
    pub cursor: Field<String>,
    /// A jq filter over a page's body that says whether there is another page. Without it, "offset" and "page" end
    /// at a page that is empty, or that has fewer items than an earlier one.
    pub more: Field<String>,
    /// The query parameter that asks for the next page. Default: "cursor", "offset" or "page".
    pub param: Field<String>,
    /// The number of the first page. Default: 1.
    pub first: Field<i64>,
    /// How many items a page is to have. Default: as the API likes.
    pub size: Field<Table<PageSize>>,
}

/// How many items a page is to have.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["param", "value"]))]
pub(in crate::config) struct PageSize {
    /// The query parameter that carries it.
    pub param: Field<String>,
    /// The number.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub value: Field<i64>,
}

/// Where the items of an answer are kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["into", "key"]))]
pub(in crate::config) struct Records {
    /// The collection. Only this call may write it.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9_-]{0,63}$"))]
    pub into: Field<String>,
    /// A jq filter over an item that gives what it is known by, a text or a number.
    pub key: Field<String>,
    /// What becomes of records that a complete list no longer has; with "mark" an empty list is a failure.
    /// Only "keep" goes with an upload, or with another method than `get`. Default: "keep".
    #[schemars(extend("enum" = ["keep", "mark", "mark-empty"]))]
    pub gone: Field<String>,
    /// Columns of the collection's own view: a jq filter over an item each.
    pub columns: Field<Entries<String>>,
}
