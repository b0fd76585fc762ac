//! Waits and budgets that a server states in its headers.

use super::clocks::epoch_seconds;
use crate::run::Evidence;

/// How long a server asks to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// So many seconds.
    Seconds(i64),
    /// Until this second since the epoch.
    Until(i64),
}

/// `Retry-After` (RFC 9110 section 10.2.3): whole seconds or a date. Anything else is not there.
pub(super) fn retry_after(evidence: &Evidence) -> Option<Wait> {
    let text = evidence.response.headers.get("retry-after")?.lines().first()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Wait::Seconds(text.parse().unwrap_or(i64::MAX)));
    }
    epoch_seconds(text).map(Wait::Until)
}

/// Whether the server says that no call remains: `X-RateLimit-Remaining: 0` in any of its
/// spellings, or `r=0` in a `RateLimit` header (draft-ietf-httpapi-ratelimit-headers;
/// `remaining=0` in its older form).
pub(super) fn nothing_remains(evidence: &Evidence) -> bool {
    evidence.response.headers.iter().any(|(name, value)| match name.as_str() {
        "ratelimit" => value.lines().iter().any(|line| has_none_left(line)),
        _ if counts_what_remains(name) => value.lines().iter().any(|line| is_zero(line)),
        _ => false,
    })
}

/// `X-Rate-Limit-Remaining`, `X-RateLimit-Remaining-Requests`, `X-RateLimit-Requests-Remaining`, ….
fn counts_what_remains(name: &str) -> bool {
    let name = name.replace('-', "");
    name.contains("ratelimit") && name.contains("remaining")
}

/// Whether a budget is 0; `0, 0;w=60` is one of several.
fn is_zero(line: &str) -> bool {
    line.split([',', ';']).next().is_some_and(|number| number.trim().parse() == Ok(0_u64))
}

fn has_none_left(line: &str) -> bool {
    // Every other piece between quotes is the name of a policy.
    let unquoted: String = line.split('"').step_by(2).collect();
    unquoted.split([',', ';']).any(|param| {
        let (name, value) = param.split_once('=').unwrap_or_default();
        ["r", "remaining"].contains(&name.trim()) && is_zero(value)
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;

    fn evidence(headers: &Value) -> Evidence {
        Evidence::deserialize(json!({"response": {"headers": headers}})).expect("evidence")
    }

    #[test]
    fn a_wait_is_whole_seconds_or_a_date() {
        let wait = |text: &str| retry_after(&evidence(&json!({"retry-after": text})));
        assert_eq!(wait(" 60 "), Some(Wait::Seconds(60)));
        assert_eq!(wait("0"), Some(Wait::Seconds(0)));
        assert_eq!(wait("99999999999999999999"), Some(Wait::Seconds(i64::MAX)));
        assert_eq!(wait("Tue, 24 Nov 2026 13:00:00 GMT"), Some(Wait::Until(1_795_525_200)));
        for junk in ["", "-5", "soon", "1.5", "+3", "60s"] {
            assert_eq!(wait(junk), None, "{junk}");
        }
    }

    #[test]
    fn an_empty_budget_is_known_in_the_headers_of_many() {
        for empty in [
            json!({"x-ratelimit-remaining": "0"}),
            json!({"X-Rate-Limit-Remaining": 0}),
            json!({"ratelimit": "\"default\";r=0;t=30"}),
            json!({"ratelimit": "limit=100, remaining=0, reset=50"}),
            json!({"ratelimit": ["\"day\";r=10;t=9", "\"hour\";r=0;t=30"]}),
            json!({"x-ratelimit-remaining": "0, 0;w=60"}),
            json!({"x-ratelimit-remaining-requests": "0"}),
            json!({"x-ratelimit-requests-remaining": ["5", " 0 "]}),
        ] {
            assert!(nothing_remains(&evidence(&empty)), "{empty}");
        }
        for left in [
            json!({"x-ratelimit-remaining": "10"}),
            json!({"x-ratelimit-remaining": "none"}),
            json!({"ratelimit": "\"default\";r=10;t=0"}),
            json!({"ratelimit": "\"a;r=0\";r=5;t=30"}),
            json!({"ratelimit-policy": "\"default\";q=0;w=30"}),
            json!({"x-ratelimit-limit": "0"}),
            json!({"x-ratelimit-remaining": "-1"}),
            json!({}),
        ] {
            assert!(!nothing_remains(&evidence(&left)), "{left}");
        }
    }
}
