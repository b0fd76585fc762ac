//! Why a batch did not arrive, and what is to be done now.

use std::time::Duration;

use super::super::AddressError;

/// Why a batch did not arrive. None of these holds an address that is secret.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The channel's address could not be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No answer came.
    #[error("no answer came: {0}")]
    Unheard(String),
    /// The answer says no.
    #[error("the answer was {status}{}", after_colon(said))]
    Status {
        /// The HTTP status.
        status: u16,
        /// How its body begins.
        said: String,
        /// How long it asks to wait, an hour at the most.
        retry_after: Option<Duration>,
    },
    /// A mail could not be handed over.
    #[error("{step} failed: {said}")]
    Mail {
        /// At which step.
        step: Step,
        /// The server's code (RFC 5321 section 4.2); `None` when that is not what went wrong.
        code: Option<u16>,
        /// What it said, its code included.
        said: String,
    },
    /// What the job file has for a mailbox is none.
    #[error("`{0}` is no mail address; correct the channel's `from` or `to`")]
    NoMailbox(String),
    /// A mail could not be written.
    #[error("the mail could not be written: {0}")]
    Unwritable(String),
}

/// A step of handing over a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reaching the server, and its greeting.
    Greeting,
    /// STARTTLS.
    Encryption,
    /// AUTH.
    Login,
    /// MAIL.
    Sender,
    /// RCPT: nobody is taken.
    Recipients,
    /// DATA, and the mail itself.
    Content,
}

/// What is to be done after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the same batch again, later: the way, the channel or the one behind it is at fault, which passes or is
    /// mended by a person. Nothing else leaves on this channel before it.
    Again {
        /// At the earliest; `None` where only the sender's own back-off counts.
        after: Option<Duration>,
    },
    /// The messages themselves are at fault, and will not be taken. If they were several, send each alone, so that one
    /// does not cost the others; one that was alone is given up.
    GiveUp,
}

impl SendError {
    /// What is to be done next.
    ///
    /// An HTTP status 4xx is the messages' fault, unless it is about the address (401 to 405, 407, 410, 421, 423) or
    /// the time (408, 425, 429): an address that was revoked, or moved (3xx), is mended by a person, and what was to be
    /// told meanwhile is told then. Of what a mail server refuses for good (5xx) only the content is the messages'
    /// fault.
    pub fn next(&self) -> Next {
        match self {
            SendError::Status { status, .. } if blames_the_messages(*status) => Next::GiveUp,
            SendError::Status { retry_after, .. } => Next::Again { after: *retry_after },
            SendError::Mail { step: Step::Content, code: Some(500..), .. } | SendError::Unwritable(_) => Next::GiveUp,
            _ => Next::Again { after: None },
        }
    }
}

const fn blames_the_messages(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401..=405 | 407 | 408 | 410 | 421 | 423 | 425 | 429)
}

fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Step::Greeting => "reaching the mail server",
            Step::Encryption => "encrypting the mail connection",
            Step::Login => "logging in at the mail server",
            Step::Sender => "naming the sender",
            Step::Recipients => "naming the recipients",
            Step::Content => "handing over the mail",
        })
    }
}
