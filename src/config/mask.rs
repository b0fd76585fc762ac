//! Hides what may be a secret in the text that problems show.
//!
//! A secret does not belong in a job file. Where one stands there anyway, neither the problem
//! that says so nor any other one may carry it into a terminal or a log.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Keys whose texts are secrets, wherever they stand.
const SECRET_KEYS: &[&str] = &[
    "client_secret",
    "next_client_secret",
    "bearer",
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "x-auth-token",
];

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

/// Keys of a secret's source: they name a place and may be seen.
const SOURCE_KEYS: &[&str] = &["env", "file", "key", "optional"];

/// Whether the value of a key must come from a source and must not stand in the file.
pub(in crate::config) fn is_secret_key(key: &str) -> bool {
    SECRET_KEYS.iter().any(|secret| key.eq_ignore_ascii_case(secret))
}

/// The text with every secret in it replaced, byte for byte, so that places stay where they are.
///
/// `errors` is what the parser did not understand of it: then secrets are also looked for by eye.
pub(in crate::config) fn masked(text: &str, root: &DeTable<'_>, errors: &[toml::de::Error]) -> String {
    let mut spans = Vec::new();
    in_file(root, &mut spans);
    if !errors.is_empty() {
        spans.extend(in_lines(text));
    }
    spans.extend(user_info(text));
    spans.sort_by_key(|span| span.start);
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        let start = span.start.max(done);
        let (Some(before), Some(secret)) = (text.get(done..start), text.get(start..span.end)) else { continue };
        shown.push_str(before);
        // One `*` for each byte; line ends stay, so that line numbers do.
        shown.extend(secret.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { '*' }));
        done = span.end;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    shown
}

fn in_file(root: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (section, value) in root {
        match (section.get_ref().as_ref(), value.get_ref()) {
            ("credentials", DeValue::Table(credentials)) => {
                for (_, credential) in credentials {
                    in_credential(credential.get_ref(), credential.span(), spans);
                }
            }
            // The address of a channel is a secret, too.
            ("credentials" | "channels" | "heartbeat" | "web", other) => {
                in_value(other, value.span(), Found::BelowSecretKey, spans);
            }
            (key, _) if is_secret_key(key) => in_value(value.get_ref(), value.span(), Found::BelowSecretKey, spans),
            (_, other) => in_value(other, value.span(), Found::Plain, spans),
        }
    }
}

fn in_credential(credential: &DeValue<'_>, span: Range<usize>, spans: &mut Vec<Range<usize>>) {
    let DeValue::Table(keys) = credential else { return in_value(credential, span, Found::BelowSecretKey, spans) };
    for (key, value) in keys {
        let found =
            if CREDENTIAL_KEYS.contains(&key.get_ref().as_ref()) { Found::Plain } else { Found::BelowSecretKey };
        in_value(value.get_ref(), value.span(), found, spans);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Found {
    Plain,
    BelowSecretKey,
}

fn in_table(table: &DeTable<'_>, found: Found, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        match found {
            // What cannot be the name of a variable may be the secret itself.
            Found::BelowSecretKey if SOURCE_KEYS.contains(&key) && (key != "env" || is_variable(value.get_ref())) => {}
            Found::Plain if !is_secret_key(key) => in_value(value.get_ref(), value.span(), Found::Plain, spans),
            _ => in_value(value.get_ref(), value.span(), Found::BelowSecretKey, spans),
        }
    }
}

fn is_variable(value: &DeValue<'_>) -> bool {
    value.as_str().is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
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

/// Secrets on lines that the parser did not understand: all that follows `client_secret =`.
fn in_lines(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        for (at, _) in line.match_indices('=') {
            let key = line.get(..at).unwrap_or_default().trim_end().trim_end_matches(['"', '\'']);
            let key =
                key.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next().unwrap_or_default();
            let value = line.get(at + 1..).unwrap_or_default().trim_start();
            if is_secret_key(key) && !value.starts_with('{') && !value.trim_end().is_empty() {
                spans.push(end.min(start + line.len() - value.len())..end);
                break;
            }
        }
        start += line.len();
    }
    spans
}

/// `user:password@` in URLs, also in those that lack their scheme.
fn user_info(text: &str) -> Vec<Range<usize>> {
    let before = |(at, _): (usize, &str)| {
        let line = text.get(..at)?.rsplit('\n').next()?;
        let word = line.rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next()?;
        let user = match word.split_once("//") {
            Some((_, user)) => user,
            None if line.contains("_url") => word,
            None => return None,
        };
        (!user.contains('/')).then(|| at - user.len()..at)
    };
    text.match_indices('@').filter_map(before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        let (root, errors) = DeTable::parse_recoverable(text);
        masked(text, root.get_ref(), &errors)
    }

    #[test]
    fn a_literal_secret_is_hidden_however_it_is_written() {
        for text in [
            "client_secret = \"hunter2-hunter2\" # the secret",
            "credentials.x = { token_url = \"u\", client_secret = 'hunter2-hunter2' }",
            "[credentials.x.client_secret]\nvalue = \"hunter2-hunter2\"",
            "[credentials.x]\nclient_secret.text = \"hunter2-hunter2\"",
            "client_secret = \"\"\"\nhunter2-hunter2\n\"\"\"",
            "client_secret = hunter2-hunter2",
            "client_secret = \"hunter2-hunter2",
            "bearer = { env = \"hunter2-hunter2\" }",
            "bearer = [\"hunter2-hunter2\"]",
            "headers = { \"Authorization\" = \"Bearer hunter2-hunter2\" }",
            "[credentials.x]\nclent_secret = \"hunter2-hunter2\"",
            "[credentials.x]\nsecret = hunter2-hunter2",
            "[channels.ops]\nslack = \"https://hooks.example.com/hunter2\"",
            "base_url = \"https://me:hunter2-hunter2@example.com/\"",
        ] {
            let shown = mask(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
            assert_eq!(shown.lines().count(), text.lines().count());
        }
    }

    #[test]
    fn the_source_of_a_secret_stays_visible() {
        let text =
            "client_secret = { env = \"CUADRA_CLIENT_SECRET\" }\nbearer = { file = \"x.env\", key = \"K\" }\nü = 'ä'\n";
        assert_eq!(mask(text), text);
    }
}
