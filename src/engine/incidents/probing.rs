//! Asking again whether a credential is accepted: after 5, 15 and 60 minutes and then hourly, and at once
//! when there is a reason to hope.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::super::Engine;
use super::known::Former;
use crate::clock::{Time, add, millis_between};
use crate::diagnose::{Judgement, diagnose};
use crate::job::Credential;
use crate::run::{Confidence, Incident, Phase, Scopes, Verdict};
use crate::telemetry::chain;
use crate::token::{Fingerprint, TokenFailure};

const MINUTE: Duration = Duration::from_secs(60);

/// The probes before those of every hour, from when the incident was opened.
const FIRST: [Duration; 3] = [Duration::from_secs(5 * 60), Duration::from_secs(15 * 60), HOUR];

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Why a credential is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It is time.
    Due,
    /// Its secret, or what else it is asked with, has changed.
    Changed,
    /// This process, or its job file, is new.
    Untried,
}

impl Engine {
    /// Looks, beside everything else, whether an incident's credential is to be tried, and tries it. It is the
    /// servers' to try. What comes of it is seen by the next pulse.
    pub(super) fn look_at(&self, incident: &Incident) {
        if !self.0.door.is_open() {
            return;
        }
        let (engine, incident) = (self.clone(), incident.clone());
        self.0.running.spawn(async move {
            let shutdown = engine.0.shutdown.clone();
            let looking = engine.look_closely(&incident);
            tokio::select! {
                biased;
                () = shutdown.draining() => {}
                () = looking => {}
            }
        });
    }

    async fn look_closely(&self, incident: &Incident) {
        let (known, credential) = (&self.0.incidents, self.credential(&incident.credential));
        let is_due = credential.is_some() && is_due(incident, self.0.clock.now());
        let Some(mut look) = known.begin_look(incident.id, self.0.clock.elapsed(), is_due) else { return };
        if let Err(error) = self.let_go_of_the_former().await {
            tracing::debug!(error = %chain(&error), "could not see what waits for a credential no more");
        }
        let Some(credential) = &credential else { return };
        // One that cannot be read is tried as soon as it can.
        let Some(fingerprint) = self.fingerprint(incident, credential).await else { return };
        let is_changed = || known.looks_different(&credential.name, fingerprint);
        let cause = match look.former {
            Former::Untried => Cause::Untried,
            Former::Tried if is_due => Cause::Due,
            Former::Tried if is_changed() => Cause::Changed,
            Former::Tried => return,
        };
        look.leads_to_a_trial();
        let next = next_probe(incident.opened_at, self.0.clock.now());
        match self.0.store.take_probe(incident.id, incident.probe_at, next).await {
            Ok(true) => {
                tracing::debug!(credential = %credential.name, ?cause, "trying whether `{}` is accepted", credential.name);
                self.try_credential(incident, credential, fingerprint, next).await;
            }
            // Another process tries it.
            Ok(false) => {}
            Err(error) => tracing::debug!(error = %chain(&error), "a probe could not be taken"),
        }
    }

    async fn try_credential(
        &self,
        incident: &Incident,
        credential: &Arc<Credential>,
        fingerprint: Fingerprint,
        next: Time,
    ) {
        let (known, name) = (&self.0.incidents, &credential.name);
        match self.probe(incident, credential).await {
            Ok(()) => {}
            Err(refused) if refused.is_judged() => {
                known.answered(incident.id);
                known.saw(name, fingerprint);
                self.still_refused(incident, refused, next).await;
            }
            Err(Refused { failure, .. }) => {
                let pause = humantime::format_duration(known.put_off(incident.id, self.0.clock.elapsed()));
                tracing::warn!(
                    credential = %name,
                    "could not see whether credential `{name}` is accepted: {failure}; tried again in {pause}"
                );
            }
        }
    }

    /// Asks for what was refused, and then for what another job needs: a token endpoint that refuses one set of
    /// scopes, in whatever words, may give another.
    async fn probe(&self, incident: &Incident, credential: &Arc<Credential>) -> Result<(), Refused> {
        let Err(refused) = self.ask(credential, &incident.scopes).await else { return Ok(()) };
        let is_proven =
            refused.judgement.as_ref().is_some_and(|one| one.confidence == Confidence::Proven && one.rule == "T3");
        if let Some(other) =
            self.other_scopes(credential, &incident.scopes).filter(|_| refused.is_judged() && !is_proven)
            && self.ask(credential, &other).await.is_ok()
        {
            self.0.incidents.set_apart(&credential.name, &incident.scopes);
            return Ok(());
        }
        Err(refused)
    }

    /// What a credential looks like. That it cannot be used is told once.
    async fn fingerprint(&self, incident: &Incident, credential: &Credential) -> Option<Fingerprint> {
        let seen = self.0.tokens.fingerprint(credential).await;
        let unusable = seen.as_ref().err().map(ToString::to_string);
        if self.0.incidents.is_news(incident.id, unusable.as_deref())
            && let Some(why) = unusable
        {
            tracing::warn!(credential = %credential.name, "{why}");
        }
        seen.ok()
    }

    /// Whether the token endpoint knows the client.
    async fn ask(&self, credential: &Arc<Credential>, scopes: &Scopes) -> Result<(), Refused> {
        let Err(failure) = self.0.tokens.probe(credential, scopes).await else {
            self.0.incidents.accept(&credential.name, self.0.clock.now());
            return Ok(());
        };
        let judgement = failure.evidence().map(diagnose);
        if judgement.as_ref().is_some_and(|judgement| judgement.verdict == Verdict::ScopeNotAssignable) {
            // It refuses what is asked for, and so knows who asks.
            self.0.tokens.forget_failures(&credential.name);
            self.0.incidents.accept(&credential.name, self.0.clock.now());
            return Ok(());
        }
        Err(Refused { failure, judgement })
    }

    /// Those of the first enabled job with others.
    fn other_scopes(&self, credential: &Credential, scopes: &Scopes) -> Option<Scopes> {
        let jobs = self.jobs();
        let mut users = jobs.jobs.values().filter(|job| job.enabled && job.is_made_with(&credential.name));
        users.find(|job| job.scopes != *scopes).map(|job| job.scopes.clone())
    }

    async fn still_refused(&self, incident: &Incident, refused: Refused, next: Time) {
        let (credential, next) = (&incident.credential, next.format("%H:%M:%S UTC"));
        let Refused { failure, judgement } = refused;
        let is_other = judgement.as_ref().is_some_and(|one| one.verdict != incident.verdict && one.verdict.refuses());
        let (Some(judgement), Some(evidence)) = (judgement.filter(|_| is_other), failure.evidence()) else {
            tracing::info!(credential = %credential, "credential `{credential}` is still refused: tried again at {next}");
            return;
        };
        tracing::error!(
            credential = %credential,
            "credential `{credential}` is refused for another reason now: {} → {}", judgement.summary, judgement.remedy
        );
        let diagnosis = judgement.into_diagnosis(evidence.clone(), Phase::Mint, self.0.clock.now());
        if let Err(error) = self.0.store.tell_incident_anew(incident.id, diagnosis).await {
            tracing::warn!(error = %chain(&error), "the new reason could not be noted");
        }
    }
}

/// Why there is no token.
struct Refused {
    failure: TokenFailure,
    /// `None` where there was no answer.
    judgement: Option<Judgement>,
}

impl Refused {
    /// Whether the answer says that the credential is not accepted, and not that none could be judged.
    fn is_judged(&self) -> bool {
        self.judgement.as_ref().is_some_and(|judgement| judgement.verdict.refuses())
    }
}

/// Also when it is later than it can be, since the clock was set back.
fn is_due(incident: &Incident, now: Time) -> bool {
    now >= incident.probe_at || incident.probe_at > add(now, HOUR + MINUTE)
}

/// The next probe after `now`.
fn next_probe(opened_at: Time, now: Time) -> Time {
    let first = FIRST.iter().map(|after| add(opened_at, *after)).find(|at| *at > now);
    // Not beyond the hour, where the clock was set back.
    first.map(|first| first.min(add(now, HOUR))).unwrap_or_else(|| {
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
