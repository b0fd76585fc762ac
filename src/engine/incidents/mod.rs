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
use crate::run::{Hold, Incident, Name, Outcome, Run, Trigger};
use crate::store::{Held, StoreError};
use crate::telemetry::chain;
pub(super) use known::Known;
use known::News;

impl Engine {
    /// Looks after the incidents that are open in the store.
    pub(super) async fn watch_incidents(&self) -> Result<(), StoreError> {
        let open = self.0.store.incidents().await?;
        for news in self.0.incidents.update(&open) {
            self.hear(news);
        }
        for incident in &open {
            let Some(credential) = self.credential(&incident.credential) else { continue };
            if self.0.incidents.is_accepted(incident) {
                self.close(incident).await?;
            } else if let Some(cause) = self.cause_to_probe(incident, &credential).await {
                self.probe(incident, credential, cause).await?;
            }
        }
        Ok(())
    }

    fn hear(&self, news: News) {
        match news {
            News::Opened(incident) if self.0.door.is_open() => self.tell(&incident),
            News::Opened(_) => {} // whoever runs a job hears of it by that
            News::Closed(credential) => {
                self.0.tokens.forget_failures(&credential);
                // Repeats that were left until now.
                self.0.door.hint(Request::LookAfter);
            }
        }
    }

    fn tell(&self, incident: &Incident) {
        let Incident { credential, summary, remedy, .. } = incident;
        let jobs = match self.jobs_with(credential) {
            1 => "1 job waits".to_owned(),
            jobs => format!("{jobs} jobs wait"),
        };
        tracing::error!(credential = %credential, "credential `{credential}` is refused, {jobs}: {summary} → {remedy}");
    }

    fn credential(&self, name: &Name) -> Option<Arc<Credential>> {
        self.jobs().credentials.get(name).cloned()
    }

    /// How many jobs of the file have ticks that a refusal of a credential holds.
    pub(super) fn jobs_with(&self, credential: &Name) -> u64 {
        self.jobs().held_by(credential)
    }

    /// Whether a credential is refused, as far as this process knows.
    pub(super) fn is_open(&self, credential: &Name) -> bool {
        self.0.incidents.is_open(credential)
    }

    /// Whether a job's credential is refused, as far as this process knows.
    pub(super) fn is_refused(&self, job: &Job) -> bool {
        job.api.credential.as_ref().is_some_and(|credential| self.0.incidents.is_open(&credential.name))
    }

    /// Makes way for a run that a person asked for and that this server has taken: it asks the token endpoint
    /// itself, once. (Elsewhere nothing stands in its way.)
    pub(super) fn try_anew(&self, job: &Job, run: &Run) {
        let is_asked_for = matches!(run.trigger, Trigger::Manual | Trigger::Repeat) && self.0.door.is_open();
        if let Some(credential) = job.api.credential.as_ref().filter(|_| is_asked_for && self.is_refused(job)) {
            self.0.tokens.forget_failures(&credential.name);
        }
    }

    /// Notes what a credential that was refused just now looks like, so that a change is seen.
    pub(super) async fn note_refused(&self, job: &Job, outcome: &Outcome) {
        let Some(credential) = job.api.credential.as_ref().filter(|_| outcome.refused_credential.is_some()) else {
            return;
        };
        if !self.0.incidents.is_open(&credential.name) {
            self.0.incidents.saw(&credential.name, self.0.tokens.fingerprint(credential).await.ok());
        }
    }

    /// The way back for a run of which nothing was sent, since its credential is refused; `None` for one that
    /// ends as it is.
    pub(super) fn hold_of(run: &Run, halt: &Halt, outcome: &Outcome) -> Option<Hold> {
        let credential = outcome.refused_credential.clone()?;
        let is_untouched = outcome.calls.iter().all(|call| call.attempts.is_empty() && !call.is_recorded);
        if !run.may_be_held() || !is_untouched || halt.is_asked() {
            return None;
        }
        let refused = outcome.calls.iter().rev().find_map(|call| {
            let diagnosis = call.diagnoses.iter().rev().find(|diagnosis| diagnosis.refuses_the_client())?;
            Some((call.seq, diagnosis.clone()))
        });
        let (seq, diagnosis) = refused?;
        Some(Hold { run: run.id, credential, diagnosis, seq, at: outcome.finished_at })
    }

    /// Sends a run back to wait.
    pub(super) async fn hold(&self, job: &Job, hold: Hold) {
        match self.0.store.hold(hold).await {
            Ok(Held::For(_)) => tracing::debug!(job.name = %job.name, "`{}` waits for its credential", job.name),
            Ok(Held::Lost) => tracing::warn!(job.name = %job.name, "a run of `{}` was taken over", job.name),
            Err(error) => self.store_broke(error),
        }
    }

    /// Closes incidents of credentials that were accepted in this process, where it is about to end.
    pub(super) async fn close_accepted(&self) {
        let closed = async {
            for incident in self.0.store.incidents().await? {
                if self.0.incidents.is_accepted(&incident) {
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
