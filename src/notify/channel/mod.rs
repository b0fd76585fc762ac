//! Messages of alerts → one batch to one channel.
//!
//! What is sent is made first, and purely, by the module of each kind of channel; then it is sent.

mod alertmanager;
mod batch;
mod email;
mod error;
mod http;
mod slack;
#[cfg(test)]
mod tests;
mod webhook;
mod words;

use super::address::http_address;
use super::{AddressError, Line};
use crate::job::{Address, Channel, Target};
use crate::run::Message;
use batch::Batch;
pub use error::{Next, SendError, Step};

/// The most messages of one batch: of more, Slack shows none.
pub const LARGEST_BATCH: usize = 20;

/// What left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many messages, from the first on.
    pub messages: usize,
    /// Who of those who should have it does not get it, and why: the mail server took it for others alone. For the log,
    /// once; a repeat would reach the others twice.
    pub left_out: Vec<String>,
}

/// Sends the first of the messages, [`LARGEST_BATCH`] at most, in their order and as one batch.
///
/// A batch may come twice: the answer to it can be lost. So that receivers can drop repeats, a message has a `key`
/// and a batch an `Idempotency-Key` or a `Message-ID`, which are the same for the same messages on the same channel. A
/// batch that is sent again must therefore be of the same messages.
///
/// # Errors
/// [`SendError`], which says [what is to be done next](SendError::next).
pub async fn send(line: Line<'_>, channel: &Channel, messages: &[Message]) -> Result<Sent, SendError> {
    let messages = &messages[..messages.len().min(LARGEST_BATCH)];
    if messages.is_empty() {
        return Ok(Sent::default());
    }
    // The address comes first: what it holds is kept out of the messages as well.
    let left_out = match &channel.target {
        Target::Webhook(source) => {
            let (address, batch) = (http_address(line, source).await?, Batch::new(channel, messages, line.redactor));
            http::post(line, address, &batch.key, webhook::body(&batch)).await?;
            Vec::new()
        }
        Target::Slack(source) => {
            let (address, batch) = (http_address(line, source).await?, Batch::new(channel, messages, line.redactor));
            http::post(line, address, &batch.key, slack::body(&batch)).await?;
            Vec::new()
        }
        Target::Alertmanager(address) => {
            let base = base_address(line, address).await?;
            let batch = Batch::new(channel, messages, line.redactor);
            http::post(line, alertmanager::endpoint(base), &batch.key, alertmanager::body(&batch)).await?;
            Vec::new()
        }
        Target::Email(mailbox) => {
            let server = email::server(line, &mailbox.smtp).await?;
            let batch = Batch::new(channel, messages, line.redactor);
            let letter = email::letter(&batch, mailbox, line.clock.now())?;
            email::deliver(line, server, letter).await?
        }
    };
    Ok(Sent { messages: messages.len(), left_out })
}

/// Tells an Alertmanager that these are still so. Every other channel is told of news alone, and gets nothing.
///
/// An Alertmanager takes what is not repeated for resolved, after its `resolve_timeout` (5 minutes unless it is
/// configured). So whoever sends calls this at least every minute, also after a restart, with a message for each
/// instance that is told and still on there: that it fires, `since` when it does, until it is resolved, also while it
/// is not known how it stands; and that it is unknown, until it is known again. These are no news and belong into no
/// outbox. While news wait there for this channel they are not sent: an end that comes after what has begun since would
/// end that. All of them go out at once.
///
/// # Errors
/// [`SendError`]. The next round is soon enough.
pub async fn repeat(line: Line<'_>, channel: &Channel, messages: &[Message]) -> Result<(), SendError> {
    let Target::Alertmanager(address) = &channel.target else { return Ok(()) };
    if messages.is_empty() {
        return Ok(());
    }
    let base = base_address(line, address).await?;
    let batch = Batch::new(channel, messages, line.redactor);
    http::post(line, alertmanager::endpoint(base), &batch.key, alertmanager::still(&batch)).await
}

async fn base_address(line: Line<'_>, address: &Address) -> Result<url::Url, AddressError> {
    match address {
        Address::Plain(url) => Ok(url.clone()),
        Address::Kept(source) => http_address(line, source).await,
    }
}
