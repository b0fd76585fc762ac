//! A `Retry-After` (or a `Date`) and the time it comes at: a wait that everything after it can bear, or none.

use apicron::clock;
use apicron::diagnose::diagnose;
use apicron::run::{Evidence, HeaderValue};
use apicron::token::{date_skew, retry_after};

use super::parts;
use super::well_formed::assert_well_formed;

pub(crate) fn run(bytes: &[u8]) {
    let input = parts::lossy(bytes);
    let (now, text) = parts::first_line(&input);
    let now = parts::time(now);
    let wait = retry_after(text, now);
    let digits = text.trim();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        assert!(wait.is_some(), "{text:?} is a number and no wait");
    }
    if let Some(wait) = wait {
        assert!(clock::add(now, wait) >= now, "{text:?} waits into the past");
    }
    _ = date_skew(text, now);
    for name in ["retry-after", "date"] {
        let mut evidence = Evidence::default();
        evidence.response.status = 429;
        evidence.response.headers.insert(name.to_owned(), HeaderValue::One(text.to_owned()));
        evidence.response.headers.insert("x-ratelimit-reset".to_owned(), HeaderValue::One(text.to_owned()));
        evidence.server_date_skew_s = date_skew(text, now);
        assert_well_formed(&diagnose(&evidence));
    }
}
