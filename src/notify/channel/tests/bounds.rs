//! What holds for whatever a message says.

use serde_json::Value;

use super::rendered::batch;
use super::*;
use crate::secret::Secret;

#[test]
fn keys_are_the_same_for_the_same_and_others_for_others() {
    let keys = |messages: &[Message]| {
        let batch = batch(messages);
        (batch.key.clone(), batch.messages.iter().map(|message| message.key.clone()).collect::<Vec<_>>())
    };
    assert_eq!(keys(&[firing(), resolved()]), keys(&[firing(), resolved()]));
    assert_ne!(keys(&[firing(), resolved()]).0, keys(&[resolved(), firing()]).0);
    let elsewhere = Message { host: "ops-2".to_owned(), ..firing() };
    assert_ne!(keys(&[firing()]).1, keys(&[elsewhere]).1);
    let other = Channel { name: name("others"), target: Target::Slack(kept()) };
    assert_ne!(Batch::new(&other, &[firing()], &Redactor::new()).key, keys(&[firing()]).0);
}

#[test]
fn no_text_of_a_message_has_a_secret_or_drives_a_terminal() {
    let redactor = Redactor::new();
    redactor.learn_secret(&Secret::new("canary-canary".to_owned()));
    let bad = || "canary-canary\x1b[2J\u{202e}\n".to_owned();
    let message = Message {
        key: bad(),
        series: bad(),
        step: bad(),
        kind: bad(),
        severity: bad(),
        unit: Some(bad()),
        reason: bad(),
        why: vec![bad()],
        remedy: Some(bad()),
        host: bad(),
        ..firing()
    };
    let channel = channel(Target::Webhook(kept()));
    let text = webhook::body(&Batch::new(&channel, &[message], &redactor));
    assert!(text.contains(r"[redacted]\\u{1b}[2J\\u{202e}\\u{a}"), "{text}");
    assert!(!text.contains("canary") && !text.contains(r"\u001b") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn the_longest_texts_and_the_largest_batch_stay_within_what_slack_takes() {
    let long = || "<".repeat(10_000);
    let message = Message { series: long(), reason: long(), remedy: Some(long()), why: vec![long(); 100], ..full() };
    let sent: Value = serde_json::from_str(&slack::body(&batch(&vec![message; LARGEST_BATCH]))).expect("JSON");
    let blocks = sent["blocks"].as_array().expect("blocks");
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    let texts = blocks.iter().flat_map(|block| [&block["text"]["text"], &block["elements"][0]["text"]]);
    let longest = texts.filter_map(Value::as_str).map(|text| text.encode_utf16().count()).max();
    assert!(longest.is_some_and(|longest| longest <= 3_000), "{longest:?}");
    assert!(sent["text"].as_str().is_some_and(|text| text.chars().count() <= 4_000));
}
