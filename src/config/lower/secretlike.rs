//! Warnings about secrets in what a call sends besides its headers.

use crate::config::mask::{is_secret_key, may_be_secret};
use crate::config::place::At;

/// How secrets are called in queries and bodies.
const NAMES: &[&str] = &["api_key", "apikey", "access_token", "password", "secret"];

/// Warns of a text under the name of a secret. It may be none, and some APIs take theirs nowhere else, so that it is
/// no error.
pub(super) fn warn(at: &At<'_>, name: &str, text: &str) {
    let is_secret = is_secret_key(name) || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is_secret && !text.contains("{{") && !text.trim().is_empty() {
        at.warning("literal-secret", format!("`{name}` looks like a secret, which should not stand in the file"))
            .label("in reach of everyone who may read the file")
            .help(
                "send it in a header, where it may come from elsewhere: `headers = { X-Api-Key = { env = \"NAME\" } }`",
            )
            .report();
    }
}

/// [`warn`] for a member of a JSON body, which may also be what elsewhere would be the source of a secret.
pub(super) fn warn_of_member(at: &At<'_>, name: &str, member: &toml::Value) {
    match member {
        toml::Value::String(text) => warn(at, name, text),
        toml::Value::Table(table)
            if may_be_secret(name) && (table.contains_key("env") || table.contains_key("file")) =>
        {
            at.warning(
                "sent-as-it-is",
                "this table is sent as it stands: only credentials and headers have secrets from elsewhere",
            )
            .help("send the secret in a header: `headers = { X-Api-Key = { env = \"NAME\" } }`")
            .report();
        }
        _ => {}
    }
}
