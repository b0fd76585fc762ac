//! Messages as an incoming webhook of Slack takes them, and what understands the same.
//!
//! `blocks` for Slack; `text` for its notifications and for those that know no blocks (Mattermost, Rocket.Chat).

use serde_json::{Value, json};

use super::LARGEST_BATCH;
use super::batch::Batch;
use super::words::{circumstances, subject, title};
use crate::run::Message;

/// Of more, Slack refuses all.
const MOST_BLOCKS: usize = 50;

/// A section and its small print for each message.
const BLOCKS_OF_A_MESSAGE: usize = 2;

const _: () = assert!(LARGEST_BATCH * BLOCKS_OF_A_MESSAGE <= MOST_BLOCKS, "a batch fits into one post");

/// What the parts of a section may take of the 3,000 characters that it may have, as they are escaped.
const TITLE: usize = 200;
const REASON: usize = 1_200;
const REMEDY: usize = 600;
const WHY: usize = 900;

/// What a line of the text may take: it is read at a glance, and 20 of them stay under 4,000 characters.
const TEXT_LINE: usize = 190;

pub(super) fn body(batch: &Batch<'_>) -> String {
    let lines = batch.messages.iter().map(|message| escaped(&subject(std::slice::from_ref(message)), TEXT_LINE));
    let blocks = batch.messages.iter().flat_map(|message| [section(message), small_print(message)]);
    json!({
        "text": lines.collect::<Vec<_>>().join("\n"),
        "blocks": blocks.collect::<Vec<_>>(),
        "unfurl_links": false,
        "unfurl_media": false,
    })
    .to_string()
}

fn section(message: &Message) -> Value {
    let mut text = format!("*{}*\n{}", escaped(&title(message), TITLE), escaped(&message.reason, REASON));
    if let Some(remedy) = &message.remedy {
        text.push_str(&format!("\n*What to do:* {}", escaped(remedy, REMEDY)));
    }
    if !message.why.is_empty() {
        // A back-tick would end it.
        let why = message.why.join("\n").replace('`', "'");
        text.push_str(&format!("\n```{}```", escaped(&why, WHY)));
    }
    json!({"type": "section", "text": markdown(&text)})
}

fn small_print(message: &Message) -> Value {
    let text = escaped(&circumstances(message).join(" · "), TITLE + REASON);
    json!({"type": "context", "elements": [markdown(&text)]})
}

/// `verbatim`: names of channels and people in it, and addresses, are no links.
fn markdown(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// As Slack wants it (`&`, `<` and `>` are its own), of at most so many UTF-16 units. A text from outside shall call
/// nobody: `<!channel>` does so in Slack and `@channel` elsewhere, unless something stands between.
fn escaped(text: &str, longest: usize) -> String {
    let (mut shown, mut length) = (String::new(), 0);
    for c in text.chars() {
        let mut buffer = [0; 4];
        let piece = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '@' => "@\u{2060}",
            other => other.encode_utf8(&mut buffer),
        };
        length += piece.encode_utf16().count();
        if length >= longest {
            shown.push('…');
            break;
        }
        shown.push_str(piece);
    }
    shown
}
