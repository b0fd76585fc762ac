//! Which keys have secrets for values.

use crate::config::keys;

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

/// Keys of channels whose addresses are secrets.
const ADDRESS_KEYS: &[&str] = &["webhook", "slack", "smtp"];

/// What the names of secrets are made of, in other programs' files as well.
const SECRET_WORDS: &[&str] =
    &["secret", "token", "password", "passwd", "key", "credential", "bearer", "authorization", "cookie"];

/// Keys of a secret's source that may be seen whatever they say: they name a place.
const SOURCE_KEYS: &[&str] = &["file", "key"];

/// Whether the value of a key must come from a source and must not stand in the file.
pub(in crate::config) fn is_secret_key(key: &str) -> bool {
    SECRET_KEYS.iter().any(|secret| key.eq_ignore_ascii_case(secret))
}

/// Whether the value of a key is not shown, since it may be a secret. Keys of the job file that
/// only sound like one, such as `token_url`, are shown.
pub(in crate::config) fn may_be_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    is_secret_key(key)
        || ADDRESS_KEYS.contains(&lower.as_str())
        || (SECRET_WORDS.iter().any(|word| lower.contains(word)) && !keys::is_known(key))
}

/// Whether `key = value` says where a secret is kept rather than what it is.
pub(super) fn names_a_place(key: &str, value: Option<&str>) -> bool {
    // What cannot be the name of a variable, or is a text where none belongs, may be the secret itself.
    match key {
        "env" => value.is_some_and(is_variable),
        "optional" => value.is_none_or(|value| matches!(value, "true" | "false")),
        _ => SOURCE_KEYS.contains(&key),
    }
}

fn is_variable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
