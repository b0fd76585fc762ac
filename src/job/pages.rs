//! How lists are read, and where their items are kept.

use crate::filter::Filter;
use crate::run::{Gone, Name};

/// How the answer of a call goes on, page by page.
#[derive(Clone, Debug)]
pub struct Pages {
    /// How the next page is asked for.
    pub by: PageBy,
    /// Over a page's body: gives the array of its items.
    pub items: Filter,
    /// Over a page's body: whether there is another page. `None` where the API does not say.
    pub more: Option<Filter>,
    /// How many items a page is to have. `None`: as the API likes.
    pub size: Option<PageSize>,
}

/// How the next page is asked for.
#[derive(Clone, Debug)]
pub enum PageBy {
    /// By a text that the page before gave.
    Cursor {
        /// Over a page's body: gives the cursor; null or absent ends.
        cursor: Filter,
        /// The query parameter that carries it.
        param: String,
    },
    /// By the number of items before it.
    Offset {
        /// The query parameter that carries it.
        param: String,
    },
    /// By its number.
    Number {
        /// The query parameter that carries it.
        param: String,
        /// The number of the first page.
        first: i64,
    },
    /// By a whole address that the page before gave.
    Link {
        /// Over a page's body: gives the address. `None`: it is in the `Link` header with `rel="next"`
        /// (RFC 8288 section 3).
        next: Option<Filter>,
    },
}

/// How many items a page is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageSize {
    /// The query parameter that carries it.
    pub param: String,
    /// The number.
    pub value: u32,
}

/// Where the items of a call's answer are kept: those of its pages; without `pages` the elements of an
/// answer that is an array, or else the answer itself.
#[derive(Clone, Debug)]
pub struct Records {
    /// The collection.
    pub into: Name,
    /// Over an item: gives what it is known by, one text or number that is not empty.
    pub key: Filter,
    /// What becomes of records that a complete listing no longer has.
    pub gone: Gone,
    /// Over an item: the values of the columns of the collection's own view, in order.
    pub columns: Vec<(String, Filter)>,
}
