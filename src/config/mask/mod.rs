//! Hides what may be a secret in the text that problems show.
//!
//! A secret does not belong in a job file. Where one stands there anyway, neither the problem
//! that says so nor any other one may carry it into a terminal or a log.

mod lines;
mod tree;
mod urls;
mod words;

use std::ops::Range;

use toml::de::DeTable;

pub(in crate::config) use words::{is_secret_key, may_be_secret};

/// The text with every secret in it replaced, byte for byte, so that places stay where they are.
///
/// `errors` is what the parser did not understand of it: then secrets are also looked for by eye.
pub(in crate::config) fn masked(text: &str, root: &DeTable<'_>, errors: &[toml::de::Error]) -> String {
    let mut spans = tree::secrets(root);
    if !errors.is_empty() {
        spans.extend(lines::secrets(text));
    }
    spans.extend(urls::secrets(text));
    without(text, spans)
}

/// A sentence about a file without the secrets of the URLs that it repeats.
pub(in crate::config) fn masked_words(text: &str) -> String {
    without(text, urls::secrets(text))
}

fn without(text: &str, mut spans: Vec<Range<usize>>) -> String {
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
            "API_SECRET = hunter2hunter2",
            "API_SECRET = \"hunter2hunter2\"",
            "export DB_PASSWORD=hunter2 # hunter2",
            "\"the secret\" = hunter2",
            "\"client_secret\": \"hunter2\",",
            "my_token: hunter2",
            "ACCESS_KEY hunter2",
            "KEY = hunter2",
            "PASSWD = [\n  \"hunter2\",\n  hunter2,\n]",
            "x = { token_url = \"u\", api_key = hunter2 }",
            "api_key = { env = \"K\", value = hunter2 }",
            "api_key = {\n  env = \"K\",\n  value = hunter2\n}",
            "api_key.value = hunter2",
            "client_secret.value = hunter2",
            "client_secret.env = \"hunter2-hunter2\"\nx = y",
            "next_client_secret = { env = \"NAME\", optional = \"hunter2-hunter2\" }\nx = y",
            "next_client_secret.optional = \"hunter2-hunter2\"",
            "next_client_secret = \"hunter2-hunter2\"",
            "API_SECRET =\nhunter2",
            "TLS_KEY = \"-----BEGIN\nMIIhunter2\n\nhunter2==\n-----END\"\n",
            "client_secret = \"\"\"\nhunter2",
            "[api_keys]\na = \"hunter2\"",
            "[jobs]\napi_key = \"hunter2\"",
            "json = { password = \"hunter2\" }",
            "base_url = \"https://h/?token=hunter2&x=hunter2#y=hunter2\"",
            "base_url = \"https://h/#hunter2\"",
            "base_url = \"https://h/?hunter2\"",
            "base_url = https://h/?token=hunter2",
            "get = \"/a?token=hunter2\"",
            "get = \"/a?x={{ .y[\\\"z\\\"] }}&token=hunter2\"",
            "get = \"a?token=hunter2\"",
            "base_url = \"https://me:hunter2-hunter2@example.com/\"",
        ] {
            let shown = mask(text);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown.len(), text.len());
            assert_eq!(shown.lines().count(), text.lines().count());
        }
    }

    #[test]
    fn what_only_sounds_like_a_secret_stays_visible() {
        for text in [
            "each_key = \".id\"\ntoken_url = https://h/token\ntoken_body = form\nidempotency_key = no\n",
            "records = { into = \"x\", key = .id }\n[apis.a]\ncredential = c\n",
            "x = y\n[jobs.rotate-keys]\napi = \"a\"\n",
            "client_secret = { env = \"NAME\" }\napi_key = { file = \"x.env\", key = \"K\" }\nx = y\n",
            "client_secret.env = \"NAME\"\nx = y\n",
            "next_client_secret = { env = \"NAME\", optional = true }\nx = y\n",
            "next_client_secret.optional = true\nx = y\n",
            "[jobs.rotate-keys]\napi = \"a\"\nscopes = [\"keys:read\"]\n",
            "[jobs.x.calls]\nmetrics = { tokens = \".tokens.used\", keys = { value = \".keys\" } }\n",
            "[jobs.x.calls]\nrecords = { columns = { key_id = \".k\" } }\nremember = { tokens = \".n\" }\n",
            "that = '.a?.b == \"x\" // .c?'\nschedule = \"0 0 * * 1#2\" # when?\n",
            "get = \"/a/{{ .b? }}\"\n",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn only_the_values_of_a_query_are_hidden() {
        assert_eq!(mask("get = \"/a?b=c&d=e\" # f"), "get = \"/a?b=*&d=*\" # f");
        assert_eq!(masked_words("write `\"/a?b=cd\"` or `x`"), "write `\"/a?b=**\"` or `x`");
    }

    #[test]
    fn the_source_of_a_secret_stays_visible() {
        let text = "client_secret = { env = \"CUADRA_CLIENT_SECRET\" }\nbearer = { file = \"x.env\", key = \"K\" }\nnext_client_secret = { file = \"x\", optional = true }\nü = 'ä'\n";
        assert_eq!(mask(text), text);
    }
}
