//! `Retry-After`, as servers write it: on the first answer, and the second is good.

use std::time::{Duration, SystemTime};

use super::fault::Right::{Fails, Value};
use super::fault::{Fault, GOOD, ONCE, Site, answer, json, say};
use crate::support::scripted::Step::Hear;

/// A wait that is no wait: the back-off of the job alone.
const AT_ONCE: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(8));
/// A second, less what dates leave out.
const A_SECOND: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(12));

pub(super) fn faults() -> Vec<Fault> {
    let waits = |name, status: u16, lines: &str, (at_least, at_most)| {
        let scripts =
            vec![vec![Hear, say(answer(status, lines, "")), Hear, say(json(GOOD))], vec![Hear, say(json(GOOD))]];
        Fault::new(name, Site::Scripts(scripts), Value("7")).twice().takes(at_least, at_most)
    };
    let in_vain = |name, status: u16, line: &str, kind| {
        Fault::answer(name, answer(status, line, ""), Fails(kind)).takes(AT_ONCE.0, AT_ONCE.1)
    };
    let date = |seconds: i64| {
        let now: SystemTime = apicron::clock::Clock::system().now().into();
        let wait = Duration::from_secs(seconds.unsigned_abs());
        let then = if seconds < 0 { now - wait } else { now + wait };
        format!("retry-after: {}\r\n", httpdate::fmt_http_date(then))
    };
    vec![
        waits("retry-after-seconds", 429, "retry-after: 1\r\n", A_SECOND),
        waits("retry-after-a-fraction", 503, "retry-after: 1.0\r\n", A_SECOND),
        waits("retry-after-zero", 429, "retry-after: 0\r\n", AT_ONCE),
        waits("retry-after-a-date", 429, &date(6), (Duration::from_millis(500), Duration::from_secs(12))),
        waits("retry-after-a-past-date", 503, &date(-3600), AT_ONCE),
        waits("retry-after-negative", 429, "retry-after: -5\r\n", AT_ONCE),
        waits("retry-after-garbage", 503, "retry-after: soon\r\n", AT_ONCE),
        waits("retry-after-empty", 503, "retry-after: \r\n", AT_ONCE),
        waits("retry-after-several", 429, "retry-after: 1\r\nretry-after: 0\r\n", A_SECOND),
        waits("retry-after-with-a-500", 500, "retry-after: 1\r\n", A_SECOND),
        waits("retry-after-with-a-503-to-a-post", 503, "retry-after: 1\r\n", A_SECOND)
            .calls(&["post = \"/usage\"\nidempotency_key = false\nmetrics = { used = \".credits.used\" }"]),
        in_vain("retry-after-beyond-the-deadline", 429, "retry-after: 60\r\n", "rate_limited"),
        in_vain("retry-after-beyond-the-deadline-with-a-503", 503, "retry-after: 60\r\n", "deadline"),
        in_vain("retry-after-a-date-beyond-the-deadline", 503, &date(3630), "deadline"),
        in_vain("retry-after-absurd", 429, "retry-after: 100000000000000000000\r\n", "rate_limited"),
        in_vain("retry-after-absurd-and-short", 429, "retry-after: 1e20\r\n", "rate_limited"),
        in_vain("retry-after-garbage-to-a-post", 503, "retry-after: soon\r\n", "status").calls(&[ONCE]),
    ]
}
