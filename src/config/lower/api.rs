//! APIs.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::header::{self, Owner};
use super::operation;
use super::pages::{self, Parts};
use super::section::Section;
use crate::config::file::{Api as Written, Field, RateLimit as WrittenLimit, Table};
use crate::config::place::At;
use crate::config::urls::{self, Use};
use crate::filter::Variable;
use crate::job::{Api, Credential, RateLimit};
use crate::run::Name;

const MOST_REQUESTS: u32 = 1_000_000;

/// An API, and what it says of its lists.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub api: Arc<Api>,
    pub pages: Option<Parts>,
}

pub(super) fn lower(
    at: &At<'_>,
    name: &Name,
    written: &Written,
    credentials: &Section<'_, Arc<Credential>>,
) -> Option<Known> {
    let base_url = at
        .require("base_url", &written.base_url, &format!("API `{name}`"))
        .and_then(|url| urls::checked(&at.key("base_url"), url, Use::Base));
    let credential = match at.get("credential", &written.credential) {
        Some(text) => credentials.find(&at.key("credential"), text).map(Some),
        // What it was to say is not known, which is not the same as none.
        None if matches!(written.credential, Field::Wrong(_)) || at.has_misspelled("credential") => None,
        None => Some(None),
    };
    let owner =
        if matches!(written.credential, Field::Absent) { Owner::WithoutCredential } else { Owner::WithCredential };
    let headers = header::lower(at, &written.headers, owner, &[Variable::Run]);
    let pages = pages::of_api(at, &written.pages);
    let rate_limit = rate_limit(at, &written.rate_limit);
    let operations = operation::lower(at, &written.operations, base_url.as_ref());
    let api = Api { name: name.clone(), base_url: base_url?, credential: credential?, headers, rate_limit, operations };
    Some(Known { api: Arc::new(api), pages })
}

fn rate_limit(at: &At<'_>, field: &Field<Table<WrittenLimit>>) -> Option<RateLimit> {
    let written = &at.get("rate_limit", field)?.0;
    let at = at.key("rate_limit");
    let requests = at.require("requests", &written.requests, "`rate_limit`").and_then(|number| {
        let checked = u32::try_from(*number).ok().filter(|n| *n <= MOST_REQUESTS).and_then(NonZeroU32::new);
        if checked.is_none() {
            let message = format!("`requests` must be from 1 to {MOST_REQUESTS}");
            at.key("requests").error("wrong-value", message).report();
        }
        checked
    });
    let per = at.require("per", &written.per, "`rate_limit`").map(|span| span.0);
    Some(RateLimit { requests: requests?, per: per? })
}
