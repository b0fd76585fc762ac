//! Where messages of alerts go.

use url::Url;

use crate::run::Name;
use crate::secret::Source;

/// A place that messages go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Unique in the file and its includes.
    pub name: Name,
    /// What stands there.
    pub target: Target,
}

/// What stands at the end of a channel. Addresses are secrets: whoever knows them can write there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address that takes each message as JSON.
    Webhook(Source),
    /// An incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat).
    Slack(Source),
    /// The base address of an Alertmanager, version 2 of its API.
    Alertmanager(Address),
    /// A mail server.
    Email(Mailbox),
}

/// An address that may stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// It holds no secret: checked, and without a user.
    Plain(Url),
    /// Where it is kept.
    Kept(Source),
}

/// Who writes to whom, and through which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Who gets it; at least one.
    pub to: Vec<String>,
    /// Who sends it.
    pub from: String,
    /// Where the server's address is kept: `smtps://USER:PASSWORD@HOST:PORT`, or `smtp://` to this machine or with
    /// `?tls=required`.
    pub smtp: Source,
}

impl Target {
    /// The word of the job file.
    pub const fn kind(&self) -> &'static str {
        match self {
            Target::Webhook(_) => "webhook",
            Target::Slack(_) => "slack",
            Target::Alertmanager(_) => "alertmanager",
            Target::Email(_) => "email",
        }
    }
}
