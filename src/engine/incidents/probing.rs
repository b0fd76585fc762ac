//! Asking again whether a credential is accepted: after 5, 15 and 60 minutes and then hourly, and at once
//! when there is a reason to hope.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::super::Engine;
use crate::clock::{Time, add, millis_between};
use crate::diagnose::diagnose;
use crate::job::Credential;
use crate::run::{Incident, Scopes, Verdict};
use crate::store::StoreError;
use crate::token::TokenFailure;

const MINUTE: Duration = Duration::from_secs(60);

/// The probes before those of every hour, from when the incident was opened.
const FIRST: [Duration; 3] = [Duration::from_secs(5 * 60), Duration::from_secs(15 * 60), HOUR];

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Why a credential is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is time.
    Due,
    /// Its secret, or what else it is asked with, has changed.
    Changed,
    /// This process, or its job file, is new.
    Untried,
}

impl Engine {
    /// Why an incident's credential is to be tried now, if it is. It is the servers' to try.
    pub(super) async fn cause_to_probe(&self, incident: &Incident, credential: &Credential) -> Option<Cause> {
        let known = &self.0.incidents;
        if known.is_being_probed(incident.id) || self.0.shutdown.is_draining() || !self.0.door.is_open() {
            return None;
        }
        if known.is_untried(incident.id) {
            return Some(Cause::Untried);
        }
        if is_due(incident, self.0.clock.now()) {
            return Some(Cause::Due);
        }
        if !known.is_to_be_looked_at(incident.id, self.0.clock.elapsed()) {
            return None;
        }
        // One that cannot be read is tried when it can, or when it is time.
        let fingerprint = self.0.tokens.fingerprint(credential).await.ok()?;
        known.looks_different(&credential.name, fingerprint).then_some(Cause::Changed)
    }

    /// Tries a credential, beside everything else. What comes of it is seen by the next pulse.
    pub(super) async fn probe(
        &self,
        incident: &Incident,
        credential: Arc<Credential>,
        cause: Cause,
    ) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let next = next_probe(incident.opened_at, now);
        if !self.0.store.take_probe(incident.id, incident.probe_at, next).await? {
            // Another process tries it.
            return Ok(());
        }
        self.0.incidents.probe_begins(incident.id);
        let (engine, incident) = (self.clone(), incident.clone());
        self.0.running.spawn(async move {
            tracing::debug!(credential = %credential.name, ?cause, "trying whether `{}` is accepted", credential.name);
            engine.0.incidents.saw(&credential.name, engine.0.tokens.fingerprint(&credential).await.ok());
            let scopes = engine.scopes_to_ask(&credential);
            tokio::select! {
                biased;
                () = engine.0.shutdown.draining() => {}
                probed = engine.0.tokens.probe(&credential, &scopes) => {
                    if let Err(failure) = probed {
                        engine.still_refused(&incident, &failure, next);
                    }
                }
            }
            engine.0.incidents.probe_ends(incident.id);
        });
        Ok(())
    }

    /// Those of the first job that is made with a credential.
    fn scopes_to_ask(&self, credential: &Credential) -> Scopes {
        let jobs = self.jobs();
        let mut users = jobs.jobs.values().filter(|job| job.is_made_with(&credential.name));
        let first = users.clone().find(|job| job.enabled).or_else(|| users.next());
        first.map(|job| job.scopes.clone()).unwrap_or_default()
    }

    fn still_refused(&self, incident: &Incident, failure: &TokenFailure, next: Time) {
        let credential = &incident.credential;
        let judgement = failure.evidence().map(diagnose);
        if judgement.is_some_and(|judgement| judgement.verdict == Verdict::ScopeNotAssignable) {
            // It refuses what is asked for, and so knows who asks.
            return self.0.incidents.accept(credential, self.0.clock.now());
        }
        let next = next.format("%H:%M:%S UTC");
        tracing::info!(credential = %credential, "credential `{credential}` is still refused: tried again at {next}");
    }
}

/// Also when it is later than it can be, since the clock was set back.
fn is_due(incident: &Incident, now: Time) -> bool {
    now >= incident.probe_at || incident.probe_at > add(now, HOUR + MINUTE)
}

/// The next probe after `now`.
fn next_probe(opened_at: Time, now: Time) -> Time {
    let first = FIRST.iter().map(|after| add(opened_at, *after)).find(|at| *at > now);
    first.unwrap_or_else(|| {
        let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
        let over = millis_between(opened_at, now).rem_euclid(hour);
        now.checked_add_signed(TimeDelta::milliseconds(hour - over)).unwrap_or(now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::support::time;
    use proptest::prelude::*;

    #[test]
    fn probes_come_after_5_15_and_60_minutes_and_then_hourly() {
        let opened = time("2026-11-24T12:00:00Z");
        let next = |now| next_probe(opened, time(now)).format("%d %H:%M:%S%.3f").to_string();
        for (now, probe) in [
            ("2026-11-24T12:00:00Z", "24 12:05:00.000"),
            ("2026-11-24T12:05:00Z", "24 12:15:00.000"),
            ("2026-11-24T12:15:01.5Z", "24 13:00:00.000"),
            ("2026-11-24T13:00:00Z", "24 14:00:00.000"),
            ("2026-11-25T13:59:59.999Z", "25 14:00:00.000"),
        ] {
            assert_eq!(next(now), probe, "{now}");
        }
    }

    proptest! {
        #[test]
        fn the_next_probe_is_ahead_and_within_the_hour(seconds in 0..10_000_000_i64) {
            let opened = time("2026-11-24T12:00:00Z");
            let now = opened + TimeDelta::seconds(seconds);
            let next = next_probe(opened, now);
            prop_assert!(next > now && next <= add(now, HOUR));
        }
    }
}
