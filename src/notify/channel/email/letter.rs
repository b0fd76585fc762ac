//! Messages → one mail.

use std::time::SystemTime;

use lettre::message::header::{HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message as Mail};

use super::super::SendError;
use super::super::batch::Batch;
use super::super::words::{circumstances, shorten, subject, title};
use crate::clock::Time;
use crate::job;
use crate::run::Message;

/// The longest subject, in characters: more is shown by no list of mails.
const SUBJECT: usize = 150;

/// A mail as it is handed over.
pub(in super::super) struct Letter {
    /// Who sends it.
    pub(super) from: Address,
    /// Who gets it.
    pub(super) to: Vec<Address>,
    /// Header and body, in ASCII but for what is no ASCII in an address.
    pub(in super::super) text: Vec<u8>,
}

/// Writes one. Its `Message-ID` is made of the key of the batch, so that mail programs drop repeats.
pub(in super::super) fn letter(batch: &Batch<'_>, mailbox: &job::Mailbox, now: Time) -> Result<Letter, SendError> {
    let from = parsed(&mailbox.from)?;
    let to = mailbox.to.iter().map(|to| parsed(to)).collect::<Result<Vec<_>, _>>()?;
    // RFC 3834 section 5: nobody's absence is to answer it.
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let mut mail = Mail::builder()
        .from(from.clone())
        .subject(shorten(&subject(&batch.messages), SUBJECT))
        .date(SystemTime::from(now))
        .message_id(Some(format!("<{}@{}>", batch.key, from.email.domain())))
        .raw_header(automatic)
        .header(MIME_VERSION_1_0);
    for to in &to {
        mail = mail.to(to.clone());
    }
    let mail = mail.singlepart(SinglePart::plain(body(batch)));
    let mail = mail.map_err(|error| SendError::Unwritable(error.to_string()))?;
    let to = to.into_iter().map(|to| to.email).collect();
    Ok(Letter { from: from.email, to, text: mail.formatted() })
}

fn parsed(mailbox: &str) -> Result<Mailbox, SendError> {
    mailbox.parse().map_err(|_| SendError::NoMailbox(mailbox.to_owned()))
}

/// The text: one message, or several with lines between them.
fn body(batch: &Batch<'_>) -> String {
    let told = batch.messages.iter().map(told).collect::<Vec<_>>().join("\n----\n\n");
    format!("{told}\n-- \nSent by apicron on the channel {}.\n", batch.channel)
}

fn told(message: &Message) -> String {
    let mut text = format!("{}\n\n{}\n", title(message), message.reason);
    if let Some(remedy) = &message.remedy {
        text.push_str(&format!("\nWhat to do: {remedy}\n"));
    }
    text.push('\n');
    circumstances(message).iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    if !message.why.is_empty() {
        text.push_str("\nWhy:\n");
        message.why.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    text
}
