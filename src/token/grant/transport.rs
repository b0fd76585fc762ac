//! What went wrong on the way to an answer, in words of ours.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use reqwest::header::HeaderMap;

use super::target::Blocked;
use crate::run::{HeaderValue, Kind};
use crate::secret::Redactor;

/// The longest header line that is kept.
const LONGEST_LINE: usize = 4096;

/// No whole answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What went wrong.
    pub kind: Kind,
    /// The causes in order, without any address of a request, which may hold secrets.
    pub message: String,
}

/// Where in the exchange an error came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the head of the answer was there.
    Head,
    /// While the body was read.
    Body,
}

impl Fault {
    /// Sorts an error of the HTTP client.
    pub fn from_reqwest(error: reqwest::Error, stage: Stage) -> Fault {
        let error = error.without_url();
        let kind = kind_of(&error, stage);
        let message = causes(&error).skip(1).map(ToString::to_string).fold(String::new(), join);
        let message = if message.is_empty() { error.to_string() } else { message };
        // What unpacks a body says only what it stumbled over.
        let message = if kind == Kind::Encoding { format!("the body cannot be unpacked: {message}") } else { message };
        Fault { kind, message }
    }

    /// Nothing came within the limit.
    pub fn timeout(limit: std::time::Duration) -> Fault {
        Fault { kind: Kind::Timeout, message: format!("no whole answer within {}", humantime::format_duration(limit)) }
    }
}

impl From<Blocked> for Fault {
    fn from(blocked: Blocked) -> Fault {
        Fault { kind: Kind::BlockedTarget, message: blocked.to_string() }
    }
}

/// A chain of causes often repeats itself; each new thing is said once.
fn join(said: String, cause: String) -> String {
    match () {
        () if said.is_empty() => cause,
        () if said.contains(&cause) => said,
        () => format!("{said}: {cause}"),
    }
}

fn kind_of(error: &reqwest::Error, stage: Stage) -> Kind {
    if is_caused_by::<Blocked>(error) {
        return Kind::BlockedTarget;
    }
    if error.is_dns() {
        return Kind::Dns;
    }
    if is_caused_by::<rustls::Error>(error) {
        return Kind::Tls;
    }
    if error.is_connect() {
        return Kind::Connect;
    }
    let http = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if broke_off(error, http) {
        return Kind::Reset;
    }
    match (stage, http) {
        (_, Some(_)) | (Stage::Head, None) => Kind::Protocol,
        // Not the connection and not the framing, so what unpacks the body.
        (Stage::Body, None) => Kind::Encoding,
    }
}

fn is_caused_by<E: Error + 'static>(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn Error>::is::<E>)
}

/// Whether the peer ended the connection before the message was whole.
fn broke_off(error: &reqwest::Error, http: Option<&hyper::Error>) -> bool {
    let Some(http) = http else { return false };
    let cut = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| {
        matches!(
            cause.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    });
    cut || http.is_incomplete_message() || http.is_closed() || http.is_canceled()
}

/// An error and its causes, outermost first. `io::Error` hides the error that it wraps from
/// `source`, so that one is asked for by itself.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// The headers of an answer as evidence keeps them: by lower-case name, scrubbed, without those
/// that carry credentials.
pub fn header_lines(headers: &HeaderMap, redactor: &Redactor) -> BTreeMap<String, HeaderValue> {
    let mut lines: BTreeMap<String, HeaderValue> = BTreeMap::new();
    for name in headers.keys().filter(|name| !is_secret_name(name.as_str())) {
        let values = headers.get_all(name).iter().map(|value| line(value.as_bytes(), redactor));
        let mut values: Vec<String> = values.collect();
        let value = match (values.len(), values.pop()) {
            (1, Some(only)) => HeaderValue::One(only),
            (_, last) => HeaderValue::Several(values.into_iter().chain(last).collect()),
        };
        // A server may name one by what it was sent.
        lines.insert(redactor.scrub(name.as_str()), value);
    }
    lines
}

/// Whether a header carries credentials by its name.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // How many words a language model may still be sent is counted in tokens too.
    if name.contains("ratelimit") || name.contains("rate-limit") {
        return false;
    }
    matches!(name.as_str(), "authorization" | "proxy-authorization" | "cookie" | "set-cookie")
        || name.contains("token")
        || name.contains("secret")
}

fn line(value: &[u8], redactor: &Redactor) -> String {
    let text = redactor.scrub_owned(String::from_utf8_lossy(value).into_owned());
    cut(text, LONGEST_LINE).0
}

/// A text of at most `longest` bytes, cut between characters, and whether it was cut.
pub fn cut(mut text: String, longest: usize) -> (String, Cut) {
    if text.len() <= longest {
        return (text, Cut::Whole);
    }
    text.truncate(text.floor_char_boundary(longest));
    (text, Cut::Cut)
}

/// Whether a text was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// All of it is there.
    Whole,
    /// Its end is missing.
    Cut,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("aä".to_owned(), 2), ("a".to_owned(), Cut::Cut));
        assert_eq!(cut("aä".to_owned(), 3), ("aä".to_owned(), Cut::Whole));
    }

    #[test]
    fn headers_lose_credentials_by_name_and_by_value_and_keep_every_line() {
        let redactor = Redactor::new();
        redactor.learn_secret(&Secret::new("canary-canary".to_owned()));
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("www-authenticate", "Basic"),
            ("www-authenticate", "Bearer error=\"invalid_token\""),
            ("set-cookie", "a=b"),
            ("x-csrf-token", "c"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-echo", "got canary-canary"),
            ("x-canary-canary", "by name"),
        ] {
            headers.append(name, value.parse().expect("a value"));
        }
        let lines = header_lines(&headers, &redactor);
        let names: Vec<_> = lines.keys().collect();
        assert_eq!(names, ["www-authenticate", "x-[redacted]", "x-echo", "x-ratelimit-remaining-tokens"]);
        assert_eq!(lines["x-echo"], HeaderValue::One("got [redacted]".to_owned()));
        assert_eq!(lines["www-authenticate"].lines(), ["Basic", "Bearer error=\"invalid_token\""]);
    }
}
