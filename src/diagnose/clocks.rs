//! Clocks: the server's against the token's, so that the local one need not be trusted.

use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::run::Evidence;

/// A difference from which on it is the clock that is wrong.
const SKEWED_S: u64 = 60;

/// The times that the evidence holds, in seconds since the epoch or seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clocks {
    /// The server's `Date` (RFC 9110 section 6.6.1). `None` when it is absent or no date, and when
    /// `Age` says that the answer comes from a cache.
    pub(super) date: Option<i64>,
    /// From when on the token is valid: the later of `nbf` and `iat`, since servers refuse a token
    /// for either.
    pub(super) not_before: Option<i64>,
    /// Until when: `exp`.
    pub(super) expires: Option<i64>,
    /// The token's age by the local, monotonic clock.
    pub(super) age_s: i64,
    /// How long the token was to live: `expires_in`, else what its claims say. `None` when neither does.
    pub(super) life_s: Option<i64>,
    /// The server's clock less the local one.
    pub(super) skew_s: i64,
}

impl Clocks {
    pub(super) fn of(evidence: &Evidence) -> Clocks {
        let claim = |name: &str| evidence.token.jwt_claims.as_ref()?.get(name).and_then(seconds);
        let claimed_life = claim("exp").zip(claim("iat")).map(|(end, start)| end.saturating_sub(start));
        Clocks {
            date: date(evidence),
            not_before: claim("nbf").max(claim("iat")),
            expires: claim("exp"),
            age_s: evidence.token.age_s.unwrap_or_default(),
            life_s: evidence.token.expires_in_s.or(claimed_life.filter(|life| *life > 0)),
            skew_s: evidence.server_date_skew_s.unwrap_or_default(),
        }
    }

    /// How long the server still takes the token for one of the future; `None` when it does not.
    pub(super) fn not_yet_valid_for_s(&self) -> Option<i64> {
        let gap = self.not_before?.saturating_sub(self.date?);
        (gap > 0).then_some(gap)
    }

    /// How long ago the token ended by the server's clock; `None` when it had not.
    pub(super) fn expired_since_s(&self) -> Option<i64> {
        let gap = self.date?.saturating_sub(self.expires?);
        (gap >= 0).then_some(gap)
    }

    /// How long ago the token ended by the local clock; `None` when it had not, or its life is unknown.
    pub(super) fn past_life_s(&self) -> Option<i64> {
        let gap = self.age_s.saturating_sub(self.life_s?);
        (gap >= 0).then_some(gap)
    }

    /// Whether the local clock is wrong enough to be the reason.
    pub(super) fn skewed(&self) -> bool {
        self.skew_s.unsigned_abs() >= SKEWED_S
    }
}

/// A `NumericDate` (RFC 7519 section 2): seconds, perhaps with a fraction, and from some issuers a
/// text of them. Rounded up, since a `Date` of whole seconds is compared with it: a token that is
/// valid from half past a second is not yet valid at that second, and not yet ended either.
fn seconds(value: &Value) -> Option<i64> {
    let number =
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite()));
    value.as_i64().or_else(|| number.map(|seconds| seconds.ceil() as i64))
}

fn date(evidence: &Evidence) -> Option<i64> {
    let headers = &evidence.response.headers;
    let [line] = headers.get("date")?.lines() else { return None };
    let from_a_cache = headers.contains_key("age");
    epoch_seconds(line).filter(|_| !from_a_cache)
}

/// An HTTP date in any of its three forms (RFC 9110 section 5.6.7).
pub(super) fn epoch_seconds(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn clocks(claims: &Value, headers: &Value) -> Clocks {
        let evidence = json!({"token": {"age_s": 10, "jwt_claims": claims}, "response": {"headers": headers}});
        Clocks::of(&Evidence::deserialize(evidence).expect("evidence"))
    }

    #[test]
    fn a_date_is_usable_in_its_three_forms_and_not_from_a_cache() {
        for text in ["Tue, 24 Nov 2026 13:00:00 GMT", "Tuesday, 24-Nov-26 13:00:00 GMT", "Tue Nov 24 13:00:00 2026"] {
            assert_eq!(clocks(&json!(null), &json!({"date": text})).date, Some(1_795_525_200), "{text}");
            assert_eq!(clocks(&json!(null), &json!({"date": text, "age": "0"})).date, None);
            assert_eq!(clocks(&json!(null), &json!({"date": [text, text]})).date, None);
        }
        for junk in ["yesterday", "", "2026-11-24T13:00:00Z", "-1"] {
            assert_eq!(clocks(&json!(null), &json!({"date": junk})).date, None, "{junk}");
        }
    }

    #[test]
    fn absurd_claims_neither_overflow_nor_count_as_a_life() {
        let headers = json!({"date": "Tue, 24 Nov 2026 13:00:00 GMT"});
        let far = clocks(&json!({"nbf": 1e300, "iat": -1e300, "exp": i64::MIN}), &headers);
        assert_eq!((far.not_before, far.life_s), (Some(i64::MAX), None));
        assert!(far.not_yet_valid_for_s().is_some() && far.expired_since_s().is_some());
        let odd = clocks(&json!({"nbf": "soon", "exp": [], "iat": null}), &headers);
        assert_eq!((odd.not_before, odd.expires), (None, None));
    }

    #[test]
    fn claims_tell_the_life_when_the_reply_did_not() {
        assert_eq!(clocks(&json!({"iat": 100, "exp": 400.5}), &json!({})).life_s, Some(301));
    }

    #[test]
    fn a_part_of_a_second_is_not_yet_over_and_a_text_of_digits_is_a_time() {
        let headers = json!({"date": "Tue, 24 Nov 2026 13:00:00 GMT"});
        let half = clocks(&json!({"nbf": 1_795_525_200.5, "exp": 1_795_525_200.5}), &headers);
        assert_eq!((half.not_yet_valid_for_s(), half.expired_since_s()), (Some(1), None));
        assert_eq!(clocks(&json!({"iat": "1795525203", "exp": " 1.5 "}), &headers).not_yet_valid_for_s(), Some(3));
    }
}
