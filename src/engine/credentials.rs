//! Samples of credentials: how long their tokens live on, and how old their secrets are.

use crate::clock::Time;
use crate::job::{Credential, Jobs};
use crate::run::{MetricKind, Name, Number, Sample, Scopes, TokenEvent, TokenEventKind};
use crate::token::Held;

/// Samples when something became of a token: none unless it is one that came.
pub(super) fn at_event(jobs: &Jobs, event: &TokenEvent) -> Vec<Sample> {
    match event.event {
        TokenEventKind::Fetched | TokenEventKind::Renewed => {}
        TokenEventKind::Rejected | TokenEventKind::Failed => return Vec::new(),
    }
    let left = event.expires_at.map(|end| seconds_left(&event.credential, &event.scopes, end, event.at));
    let age = jobs.credentials.get(&event.credential).and_then(|credential| secret_age(credential, event.at));
    left.into_iter().chain(age).collect()
}

/// Samples of the tokens that are held and of all secrets. What is held for a credential that the file no
/// longer has is none of its business.
pub(super) fn now(jobs: &Jobs, held: &[Held], at: Time) -> Vec<Sample> {
    let held = held.iter().filter(|held| jobs.credentials.contains_key(&held.credential));
    let left = held.map(|held| seconds_left(&held.credential, &held.scopes, held.expires_at, at));
    left.chain(jobs.credentials.values().filter_map(|credential| secret_age(credential, at))).collect()
}

/// `credential.NAME.seconds_left`, a series for each scope set. 0 for a token that is over.
fn seconds_left(credential: &Name, scopes: &Scopes, end: Time, at: Time) -> Sample {
    let value = (end - at).num_seconds().max(0);
    Sample { label: scopes.to_string(), ..sample(credential, "seconds_left", "s", at, value) }
}

/// `credential.NAME.secret_age_days`, in whole days of UTC, where the file says when the secret was made.
fn secret_age(credential: &Credential, at: Time) -> Option<Sample> {
    let days = (at.date_naive() - credential.secret_issued?).num_days().max(0);
    Some(sample(&credential.name, "secret_age_days", "d", at, days))
}

fn sample(credential: &Name, metric: &str, unit: &str, at: Time, value: i64) -> Sample {
    Sample {
        metric: format!("credential.{credential}.{metric}"),
        label: String::new(),
        kind: MetricKind::Gauge,
        unit: Some(unit.to_owned()),
        at,
        value: Number::Whole(value),
        limit: None,
        period: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::job::Grant;
    use crate::schedule::support::{jobs, time};
    use crate::secret::Source;

    fn name(text: &str) -> Name {
        Name::new(text).expect("a name")
    }

    /// A file with `cuadra`, whose secret was made on a day, and with `other`, of whose secret nothing is known.
    fn with_credentials(issued: &str) -> Jobs {
        let plain = |text: &str| Credential::new(name(text), Grant::Bearer(Source::Env("TOKEN".to_owned())));
        let dated = Credential { secret_issued: Some(issued.parse().expect("a day")), ..plain("cuadra") };
        let credentials = [dated, plain("other")].map(|credential| (credential.name.clone(), Arc::new(credential)));
        Jobs { credentials: credentials.into(), ..jobs([]) }
    }

    fn event(event: TokenEventKind, expires_at: Option<&str>) -> TokenEvent {
        TokenEvent {
            at: time("2026-11-24T12:00:00Z"),
            credential: name("cuadra"),
            scopes: Scopes::parse("usage:read files:read"),
            event,
            generation: 1,
            served: 0,
            duration_ms: None,
            expires_at: expires_at.map(time),
            detail: None,
        }
    }

    fn lines(samples: &[Sample]) -> Vec<String> {
        let line = |sample: &Sample| {
            let unit = sample.unit.as_deref().unwrap_or_default();
            format!("{}{{{}}} {} {unit}", sample.metric, sample.label, sample.value)
        };
        samples.iter().map(line).collect()
    }

    #[test]
    fn a_token_that_came_tells_how_long_it_lives_and_how_old_its_secret_is() {
        let jobs = with_credentials("2026-10-01");
        let end = Some("2026-11-24T12:59:59.750Z");
        for kind in [TokenEventKind::Fetched, TokenEventKind::Renewed] {
            let samples = at_event(&jobs, &event(kind, end));
            assert_eq!(
                lines(&samples),
                [
                    "credential.cuadra.seconds_left{files:read usage:read} 3599 s",
                    "credential.cuadra.secret_age_days{} 54 d"
                ]
            );
            assert!(samples.iter().all(|sample| sample.kind == MetricKind::Gauge && sample.at == event(kind, end).at));
        }
        for kind in [TokenEventKind::Rejected, TokenEventKind::Failed] {
            assert_eq!(at_event(&jobs, &event(kind, end)), []);
        }
    }

    #[test]
    fn what_is_not_known_has_no_sample() {
        let jobs = with_credentials("2026-10-01");
        let fetched = event(TokenEventKind::Fetched, None);
        assert_eq!(lines(&at_event(&jobs, &fetched)), ["credential.cuadra.secret_age_days{} 54 d"]);
        for credential in ["other", "no-longer-in-the-file"] {
            let fetched = TokenEvent { credential: name(credential), ..fetched.clone() };
            assert_eq!(at_event(&jobs, &fetched), [], "{credential}");
        }
    }

    #[test]
    fn all_that_is_held_and_all_secrets_are_sampled_and_nothing_of_credentials_that_are_gone() {
        let at = time("2026-11-24T12:00:00Z");
        let held = |credential, scopes, end| Held {
            credential: name(credential),
            scopes: Scopes::parse(scopes),
            generation: 1,
            fetched_at: at,
            expires_at: time(end),
            granted: None,
        };
        let held = [
            held("cuadra", "usage:read", "2026-11-24T12:10:00Z"),
            held("other", "", "2026-11-24T11:00:00Z"),
            held("gone", "", "2026-11-24T13:00:00Z"),
        ];
        assert_eq!(
            lines(&now(&with_credentials("2026-11-23"), &held, at)),
            [
                "credential.cuadra.seconds_left{usage:read} 600 s",
                "credential.other.seconds_left{} 0 s",
                "credential.cuadra.secret_age_days{} 1 d",
            ]
        );
    }

    #[test]
    fn a_secret_is_a_day_older_at_midnight_utc_and_never_younger_than_new() {
        let age = |issued, at| lines(&now(&with_credentials(issued), &[], time(at)));
        for (issued, at, days) in [
            ("2026-11-24", "2026-11-24T23:59:59.999Z", 0),
            ("2026-11-24", "2026-11-25T00:00:00Z", 1),
            ("2026-11-25", "2026-11-24T12:00:00Z", 0),
        ] {
            assert_eq!(age(issued, at), [format!("credential.cuadra.secret_age_days{{}} {days} d")], "{issued} {at}");
        }
    }
}
