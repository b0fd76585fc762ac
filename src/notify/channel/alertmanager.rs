//! Messages as an Alertmanager takes them: `POST /api/v2/alerts`.
//!
//! There an alert is its labels. One instance of an alert of ours is two there: that it fires, and that it is not known
//! how it stands (`state`). So what is not known begins an alert of its own, that it fires afterwards is news again, and
//! what fires is not over because it is no longer known.
//!
//! | message | firing | unknown |
//! |---|---|---|
//! | firing | begins | ends |
//! | unknown | stays as it is | begins |
//! | resolved | ends | ends |
//!
//! What begins has no end, and is over there when it is not [repeated](super::repeat). An end of what never began tells
//! nobody anything.

use std::collections::BTreeMap;

use serde::Serialize;
use url::Url;

use super::batch::Batch;
use super::webhook::json;
use super::words::circumstances;
use crate::clock::rfc3339;
use crate::run::{Message, Name, What};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: BTreeMap<&'static str, &'a str>,
    annotations: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<String>,
}

/// Where alerts go below the base address.
pub(super) fn endpoint(mut base: Url) -> Url {
    if let Ok(mut path) = base.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v2", "alerts"]);
    }
    base
}

pub(super) fn body(batch: &Batch<'_>) -> String {
    json(&batch.messages.iter().flat_map(alerts).collect::<Vec<_>>())
}

/// What was told before and is still so. Ends nothing: an end of then would stand in
/// for what has begun since.
pub(super) fn still(batch: &Batch<'_>) -> String {
    let on = batch.messages.iter().filter(|message| message.what != What::Resolved);
    json(&on.map(begun).collect::<Vec<_>>())
}

fn alerts(message: &Message) -> Vec<Alert<'_>> {
    match message.what {
        What::Firing => vec![begun(message), ended(message, What::Unknown)],
        What::Unknown => vec![begun(message)],
        What::Resolved => vec![ended(message, What::Firing), ended(message, What::Unknown)],
    }
}

fn begun(message: &Message) -> Alert<'_> {
    let starts_at = Some(rfc3339(message.since));
    Alert { labels: labels(message, message.what), annotations: annotations(message), starts_at, ends_at: None }
}

/// Without its beginning: that is the other's, and is kept there.
fn ended(message: &Message, state: What) -> Alert<'_> {
    let ends_at = Some(rfc3339(message.at));
    Alert { labels: labels(message, state), annotations: annotations(message), starts_at: None, ends_at }
}

/// Nothing that changes while the alert is on. An empty label is none.
fn labels(message: &Message, state: What) -> BTreeMap<&'static str, &str> {
    let labels = [
        ("alertname", message.alert.as_str()),
        ("instance", &message.host),
        ("job", message.job.as_ref().map(Name::as_str).unwrap_or_default()),
        ("kind", &message.kind),
        ("series", &message.series),
        ("severity", &message.severity),
        ("state", state.as_str()),
        ("step", &message.step),
    ];
    labels.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn annotations(message: &Message) -> BTreeMap<&'static str, String> {
    let description = [circumstances(message).join(", ")].into_iter().chain(message.why.clone());
    let description = description.collect::<Vec<_>>().join("\n");
    let mut annotations = BTreeMap::from([("summary", message.reason.clone()), ("description", description)]);
    annotations.extend(message.remedy.clone().map(|remedy| ("remedy", remedy)));
    annotations
}
