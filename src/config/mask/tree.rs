//! Secrets in what the parser understood.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::words::{may_be_secret, names_a_place};

/// Keys of a credential that may be seen. All others may be a misspelled secret.
const CREDENTIAL_KEYS: &[&str] = &[
    "token_url",
    "client_id",
    "auth_method",
    "token_body",
    "default_ttl",
    "audience",
    "secret_issued",
    "rotate_after",
];

/// Keys of a channel that may be seen, but for what is a secret in them.
const CHANNEL_KEYS: &[&str] = &["alertmanager", "email"];

/// Keys of the heartbeat that may be seen.
const HEARTBEAT_KEYS: &[&str] = &["every"];

/// Tables of filters by names that people choose.
const NAMES_OF_FILTERS: &[&str] = &["metrics", "remember", "columns"];

/// The bytes of all values that may be secrets.
pub(super) fn secrets(root: &DeTable<'_>) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (section, value) in root {
        match (section.get_ref().as_ref(), value.get_ref()) {
            ("credentials", DeValue::Table(credentials)) => {
                for (_, credential) in credentials {
                    in_guarded(credential.get_ref(), credential.span(), CREDENTIAL_KEYS, &mut spans);
                }
            }
            ("heartbeat", heartbeat) => in_guarded(heartbeat, value.span(), HEARTBEAT_KEYS, &mut spans),
            // The address of a channel is a secret, too.
            ("channels", DeValue::Table(channels)) => {
                for (_, channel) in channels {
                    in_guarded(channel.get_ref(), channel.span(), CHANNEL_KEYS, &mut spans);
                }
            }
            ("credentials" | "channels" | "web", other) => {
                in_value(other, value.span(), Found::BelowSecretKey, &mut spans);
            }
            ("apis" | "jobs", DeValue::Table(named)) => below_names(named, &mut spans),
            (key, other) => in_value(other, value.span(), Found::by(key), &mut spans),
        }
    }
    spans
}

/// All of a table but what stands under the keys that may be seen.
fn in_guarded(table: &DeValue<'_>, span: Range<usize>, seen: &[&str], spans: &mut Vec<Range<usize>>) {
    let DeValue::Table(keys) = table else { return in_value(table, span, Found::BelowSecretKey, spans) };
    for (key, value) in keys {
        let found = if seen.contains(&key.get_ref().as_ref()) { Found::Plain } else { Found::BelowSecretKey };
        in_value(value.get_ref(), value.span(), found, spans);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Found {
    Plain,
    BelowSecretKey,
}

impl Found {
    fn by(key: &str) -> Found {
        if may_be_secret(key) { Found::BelowSecretKey } else { Found::Plain }
    }
}

/// Names that people choose for jobs, APIs, metrics and columns, such as `rotate-keys`, make no secret of
/// the table below them, nor of a filter.
fn below_names(named: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (name, value) in named {
        let found = match value.get_ref() {
            DeValue::Table(_) => Found::Plain,
            DeValue::String(text) if text.starts_with('.') => Found::Plain,
            _ => Found::by(name.get_ref()),
        };
        in_value(value.get_ref(), value.span(), found, spans);
    }
}

fn in_table(table: &DeTable<'_>, found: Found, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        match (found, value.get_ref()) {
            (Found::BelowSecretKey, inner) if names_a_place(key, inner.as_str()) => {}
            (Found::BelowSecretKey, inner) => in_value(inner, value.span(), Found::BelowSecretKey, spans),
            (Found::Plain, DeValue::Table(filters)) if NAMES_OF_FILTERS.contains(&key) => below_names(filters, spans),
            (Found::Plain, inner) => in_value(inner, value.span(), Found::by(key), spans),
        }
    }
}

fn in_value(value: &DeValue<'_>, span: Range<usize>, found: Found, spans: &mut Vec<Range<usize>>) {
    match value {
        DeValue::Table(table) => in_table(table, found, spans),
        DeValue::Array(list) => {
            for element in list.iter() {
                in_value(element.get_ref(), element.span(), found, spans);
            }
        }
        DeValue::Boolean(_) => {}
        _ if found == Found::BelowSecretKey => spans.push(span),
        _ => {}
    }
}
