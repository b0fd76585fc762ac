//! Whose tokens these are, and by whose clock: what makes one environment differ from another.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::reply::Problem;
use crate::clock::Time;

/// What tokens say about where they come from and what for, and what the API takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Origin {
    /// The `iss` of the tokens that are given out; absent: the stand-in's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The `aud` of the tokens that are given out; absent: the stand-in's project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The API takes tokens of this issuer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants_issuer: Option<String>,
    /// The API takes tokens for this audience alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants_audience: Option<String>,
}

/// How far clocks are ahead of the stand-in's own, in seconds; behind it when negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clocks {
    /// That of the token endpoint, which stamps tokens.
    pub token_s: i64,
    /// That of the API, which judges them.
    pub api_s: i64,
}

impl Clocks {
    /// What the clock shows by which a request is answered.
    pub(super) fn shown(self, now: Time, is_token_request: bool) -> Time {
        let ahead = if is_token_request { self.token_s } else { self.api_s };
        TimeDelta::try_seconds(ahead).and_then(|ahead| now.checked_add_signed(ahead)).unwrap_or(now)
    }
}

/// Where a token came from and what for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

impl Origin {
    pub(super) fn stamp(&self) -> Stamp {
        Stamp { issuer: self.issuer.clone(), audience: self.audience.clone() }
    }

    /// Turns a token of elsewhere away. Of another issuer it says no more than that it does not know it, as
    /// services do that look a key up by its issuer.
    pub(super) fn takes(&self, stamp: &Stamp) -> Result<(), Problem> {
        let differs = |wanted: &Option<String>, is: &Option<String>| wanted.is_some() && wanted != is;
        if differs(&self.wants_issuer, &stamp.issuer) {
            return Err(Problem::usual(401));
        }
        if differs(&self.wants_audience, &stamp.audience) {
            return Err(Problem::new(401, "The token's audience is not this API."));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clock_is_off_by_its_own() {
        let noon: Time = "2026-11-24T12:00:00Z".parse().expect("a time");
        let clocks = Clocks { token_s: 600, api_s: -5 };
        let shown = |is_token| clocks.shown(noon, is_token).format("%H:%M:%S").to_string();
        assert_eq!((shown(true), shown(false)), ("12:10:00".to_owned(), "11:59:55".to_owned()));
        assert_eq!(Clocks { token_s: i64::MAX, api_s: 0 }.shown(noon, true), noon, "beyond all time");
    }

    #[test]
    fn an_api_takes_the_tokens_of_its_own_environment() {
        let origin = |issuer: &str| Origin {
            issuer: Some(issuer.to_owned()),
            wants_issuer: Some("https://live.example".to_owned()),
            ..Origin::default()
        };
        let live = origin("https://live.example");
        assert_eq!(live.takes(&live.stamp()), Ok(()));
        assert!(live.takes(&origin("https://staging.example").stamp()).is_err());
        assert!(live.takes(&Stamp::default()).is_err());
        assert_eq!(Origin::default().takes(&live.stamp()), Ok(()));
    }
}
