//! The parts of an input. All of it is text, so that people can read and write a corpus.

use std::borrow::Cow;

use apicron::clock::Time;

/// The bytes as text; `None` for those that no caller could have as a `&str`.
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The bytes as a body is read: what is not UTF-8 is replaced.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The first line, and what comes after it.
pub(crate) fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// What stands before the first empty line, and what comes after it.
pub(crate) fn halves(text: &str) -> (&str, &str) {
    text.split_once("\n\n").unwrap_or((text, ""))
}

/// Seconds since the Unix epoch, as far as time reaches; of no number noon of a day in 2026.
pub(crate) fn time(seconds: &str) -> Time {
    let seconds = seconds.trim().parse().unwrap_or(1_795_521_600);
    Time::from_timestamp(seconds, 0).unwrap_or(if seconds < 0 { Time::MIN_UTC } else { Time::MAX_UTC })
}

/// A status that an HTTP client lets pass, or another.
pub(crate) fn status(text: &str, otherwise: u16) -> u16 {
    text.trim().parse().ok().filter(|status| (100..1000).contains(status)).unwrap_or(otherwise)
}
