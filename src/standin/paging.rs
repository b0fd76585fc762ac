//! How lists are paged, and how their paging can be wrong.

use serde::{Deserialize, Serialize};

/// How all lists are paged. What is wrong with it comes to a client that follows cursors and links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagingKnobs {
    /// Where the array stands in the body.
    pub body: ListBody,
    /// From this page on (the first is 1) the next page is the same one again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_cursor_after: Option<u64>,
    /// Whether `nextCursor` is null, and there is no `Link`, although `hasMore` is true.
    pub null_cursor_with_more: bool,
    /// Whether the list never ends: after its end it begins anew, each time with a cursor of its own.
    pub endless: bool,
    /// Where the `Link` leads instead of here: an origin, as in `http://127.0.0.1:9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_link: Option<String>,
    /// Whether what comes without a cursor is an empty page that leads to the first.
    pub empty_first_page: bool,
}

/// Where a list stands in its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListBody {
    /// `{"items": […], "hasMore": …, "nextCursor": …, "totalCount": …}`
    #[default]
    Items,
    /// The same with `data` for `items`.
    Data,
    /// `[…]`: only the `Link` header, offsets and page numbers lead on.
    Bare,
}
