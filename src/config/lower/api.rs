//! APIs.

use std::sync::Arc;

use super::header::{self, Owner};
use super::section::Section;
use crate::config::file::{Api as Written, Field};
use crate::config::place::At;
use crate::config::urls::{self, Use};
use crate::filter::Variable;
use crate::job::{Api, Credential};
use crate::run::Name;

pub(super) fn lower(
    at: &At<'_>,
    name: &Name,
    written: &Written,
    credentials: &Section<'_, Arc<Credential>>,
) -> Option<Api> {
    let base_url = at
        .require("base_url", &written.base_url, &format!("API `{name}`"))
        .and_then(|url| urls::checked(&at.key("base_url"), url, Use::Base));
    let credential = match at.get("credential", &written.credential) {
        Some(text) => credentials.find(&at.key("credential"), text).map(Some),
        None => Some(None),
    };
    let owner =
        if matches!(written.credential, Field::Absent) { Owner::WithoutCredential } else { Owner::WithCredential };
    let headers = header::lower(at, &written.headers, owner, &[Variable::Run]);
    Some(Api { name: name.clone(), base_url: base_url?, credential: credential?, headers, rate_limit: None })
}
