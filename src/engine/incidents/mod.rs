//! One dead secret, one incident: what waits for it, who asks again, and who lets go.
//!
//! The store knows which incidents are open; each pulse looks. This process asks the token endpoint anew
//! when a probe is due, when the secret or the job file has changed, and when it has just started. A token
//! that comes, for whatever reason, closes the incident and releases its ticks by the catch-up policy.

mod known;
mod probing;
mod release;

use std::sync::Arc;

use super::Engine;
use super::door::Request;
use crate::call::Halt;
use crate::job::{Credential, Job};
use crate::run::{CallRecord, CallState, Hold, Incident, Kind, Name, Outcome, Run, Trigger};
use crate::store::{Held, StoreError};
use crate::telemetry::chain;
pub(super) use known::Known;
use known::News;

impl Engine {
    /// Hears which incidents are open. What is to be done about them comes after.
    pub(super) async fn hear_of_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let open = self.0.store.incidents().await?;
        for news in self.0.incidents.update(&open) {
            match news {
                News::Opened(incident) => self.tell(&incident),
                News::Closed(credential) => {
                    self.0.tokens.forget_failures(&credential);
                    // Repeats that were left until now.
                    self.0.door.hint(Request::LookAfter);
                }
            }
        }
        Ok(open)
    }

    /// Looks after incidents. Never waits for anything but the store: what else takes time has a task of its own.
    pub(super) async fn look_after_incidents(&self, open: &[Incident]) {
        for incident in open {
            if self.0.incidents.is_accepted(incident, self.0.clock.now()) {
                if let Err(error) = self.close(incident).await {
                    let (credential, error) = (&incident.credential, chain(&error));
                    tracing::warn!(credential = %credential, error = %error, "could not close the incident of `{credential}`");
                }
            } else {
                self.look_at(incident);
            }
        }
    }

    /// Whoever runs a job by hand hears of it by that; and another file's credential is none of ours.
    fn tell(&self, incident: &Incident) {
        let Incident { credential, summary, remedy, .. } = incident;
        if !self.0.door.is_open() || self.credential(credential).is_none() {
            return;
        }
        let jobs = match self.jobs().held_by(credential) {
            1 => "1 job waits".to_owned(),
            jobs => format!("{jobs} jobs wait"),
        };
        tracing::error!(credential = %credential, "credential `{credential}` is refused, {jobs}: {summary} → {remedy}");
    }

    fn credential(&self, name: &Name) -> Option<Arc<Credential>> {
        self.jobs().credentials.get(name).cloned()
    }

    /// Whether a credential is refused, as far as this process knows.
    pub(super) fn is_refused(&self, credential: &Name) -> bool {
        self.0.incidents.is_open(credential)
    }

    /// Makes way for a run that a person asked for and that this server has taken: it asks the token endpoint
    /// itself. (Elsewhere nothing stands in its way.)
    pub(super) fn try_anew(&self, job: &Job, run: &Run) {
        let Some(credential) = &job.api.credential else { return };
        let is_asked_for = matches!(run.trigger, Trigger::Manual | Trigger::Repeat) && self.0.door.is_open();
        if is_asked_for && self.0.incidents.makes_way(&credential.name, self.0.clock.elapsed()) {
            self.0.tokens.forget_failures(&credential.name);
        }
    }

    /// Whether a run met a refusal of its credential, and not of what its job alone asks for.
    pub(super) async fn note_refused(&self, job: &Job, outcome: &mut Outcome) {
        let (Some(credential), Some(_)) = (&job.api.credential, &outcome.refused_credential) else { return };
        if self.0.incidents.is_apart(&credential.name, &job.scopes) {
            outcome.refused_credential = None;
        } else if let Ok(fingerprint) = self.0.tokens.fingerprint(credential).await {
            self.0.incidents.saw_first(&credential.name, fingerprint);
        }
    }

    /// The way back for a run of which nothing was sent, since its credential is refused; `None` for one that
    /// ends as it is.
    pub(super) fn hold_of(run: &Run, halt: &Halt, outcome: &Outcome) -> Option<Hold> {
        let credential = outcome.refused_credential.clone()?;
        let was_sent = |call: &CallRecord| {
            !call.attempts.is_empty()
                || call.status.is_some()
                || !(call.state == CallState::Skipped || call.kind == Some(Kind::Token))
        };
        if !run.may_be_held() || halt.is_asked() || outcome.calls.iter().any(was_sent) {
            return None;
        }
        let refused = outcome.calls.iter().rev().find_map(|call| {
            let diagnosis = call.diagnoses.iter().rev().find(|diagnosis| diagnosis.refuses_the_client())?;
            Some((call.seq, diagnosis.clone()))
        });
        let (seq, diagnosis) = refused?;
        Some(Hold { run: run.id, credential, at: diagnosis.at, diagnosis, seq })
    }

    /// Sends a run back to wait.
    pub(super) async fn hold(&self, job: &Job, hold: Hold) {
        match self.0.store.hold(hold).await {
            Ok(Held::For(_)) => tracing::debug!(job.name = %job.name, "`{}` waits for its credential", job.name),
            Ok(Held::Lost) => tracing::warn!(job.name = %job.name, "a run of `{}` was taken over", job.name),
            Err(error) => self.store_broke(error),
        }
    }

    /// Closes incidents of credentials that were accepted in this process, which is about to end.
    pub(super) async fn close_accepted(&self) {
        let closed = async {
            for incident in self.0.store.incidents().await? {
                if self.0.incidents.is_accepted(&incident, self.0.clock.now()) {
                    self.close(&incident).await?;
                }
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = closed.await {
            tracing::warn!(error = %chain(&error), "could not close the incident of a credential that is accepted again");
        }
    }
}
