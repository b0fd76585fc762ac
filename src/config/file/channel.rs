//! Channels as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Field, OneOrMore, Secret, Table, TextOr};

/// Where messages of alerts go. It has exactly one of these keys.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    { "required": ["webhook"] },
    { "required": ["slack"] },
    { "required": ["alertmanager"] },
    { "required": ["email"] },
]))]
pub(in crate::config) struct Channel {
    /// Where an address is kept that takes each message as JSON. Whoever knows it can write there, so it must not stand
    /// in the file.
    #[schemars(with = "Secret")]
    pub webhook: Field<TextOr<Secret>>,
    /// Where the address of an incoming webhook is kept, of Slack or of what understands the same.
    #[schemars(with = "Secret")]
    pub slack: Field<TextOr<Secret>>,
    /// The base address of an Alertmanager, or where it is kept: https, or http to this machine.
    pub alertmanager: Field<TextOr<Secret>>,
    /// A mail server, and who writes to whom.
    pub email: Field<Table<Email>>,
}

/// A mail server, and who writes to whom.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("required" = ["to", "from", "smtp"]))]
pub(in crate::config) struct Email {
    /// Who gets it.
    pub to: Field<OneOrMore<String>>,
    /// Who sends it.
    pub from: Field<String>,
    /// Where the server's address is kept: "smtps://USER:PASSWORD@HOST:PORT", or "smtp://" to this machine or with
    /// "?tls=required".
    #[schemars(with = "Secret")]
    pub smtp: Field<TextOr<Secret>>,
}
