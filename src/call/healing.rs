//! What a call does about a refusal: one fresh token, once.

use std::sync::Arc;
use std::time::Duration;

use super::course::Course;
use super::failure::Failure;
use super::judge::{answered, asked_to_wait};
use super::log::End;
use super::refusal::{Healed, is_worth_a_token};
use super::send::Reply;
use crate::job::Credential;
use crate::run::{Diagnosis, Evidence, Kind, Verdict};
use crate::token::{Bearer, TokenFailure};

/// Where the one fresh token that a call may ask for stands.
#[derive(Default)]
pub(super) enum Healing {
    #[default]
    Untried,
    /// It is on its way. What was found out about the refusal lacks the status of that.
    Tried { evidence: Box<Evidence>, place: usize },
    /// It was answered.
    Overcome,
    /// It was refused like the one before, which this says.
    InVain(Box<Diagnosis>),
}

/// What a refusal leads to.
pub(super) enum Turn {
    /// Send again at once, with this.
    Resend(Bearer),
    /// The API wants a pause, and says so with a status that mostly means something else.
    Pause { at_least: Duration, failure: Failure, limit: Box<Diagnosis> },
    /// It stays.
    End(End),
}

impl Course<'_> {
    /// Completes what is known about a refusal by the status that the fresh token met.
    pub(super) fn note_second(&mut self, status: u16) {
        let (mut evidence, place) = match std::mem::take(&mut self.healing) {
            Healing::Tried { evidence, place } => (evidence, place),
            other => {
                self.healing = other;
                return;
            }
        };
        let refused = evidence.response.status;
        evidence.second_attempt_status = Some(status);
        let healed = if matches!(status, 401 | 403) { Healed::No } else { Healed::Yes };
        let diagnosis = self.bench().of_api(*evidence, healed);
        self.log.diagnosed_anew(place, diagnosis.clone());
        self.healing = if status == refused { Healing::InVain(Box::new(diagnosis)) } else { Healing::Overcome };
    }

    pub(super) async fn refused(&mut self, reply: &Reply, bearer: Option<&Bearer>) -> Turn {
        let job = self.job;
        let Some((credential, bearer)) = job.api.credential.as_ref().zip(bearer) else {
            // Without a credential there is nothing to find out about one.
            return Turn::End(End::Failed(answered(reply, self.host(), Kind::Status)));
        };
        if let Healing::InVain(diagnosis) = &self.healing {
            let end = end_of(diagnosis);
            self.caller.tokens.refused_again(credential, &job.scopes, bearer, reply.status).await;
            return Turn::End(end);
        }
        let diagnosis = self.bench().of_api(self.bench().evidence(reply, credential, bearer), Healed::No);
        if diagnosis.verdict == Verdict::RateLimited {
            let failure = answered(reply, self.host(), Kind::RateLimited);
            return Turn::Pause {
                at_least: asked_to_wait(reply).unwrap_or_default(),
                failure,
                limit: Box::new(diagnosis),
            };
        }
        let place = self.log.diagnosed(diagnosis.clone());
        if matches!(self.healing, Healing::Untried) && is_worth_a_token(&diagnosis) {
            self.heal(credential, bearer, diagnosis, place).await
        } else {
            Turn::End(end_of(&diagnosis))
        }
    }

    async fn heal(
        &mut self,
        credential: &Arc<Credential>,
        bearer: &Bearer,
        diagnosis: Diagnosis,
        place: usize,
    ) -> Turn {
        let status = diagnosis.status;
        match self.caller.tokens.replace(credential, &self.job.scopes, bearer, status).await {
            Ok(fresh) => {
                self.healing = Healing::Tried { evidence: Box::new(diagnosis.evidence), place };
                Turn::Resend(fresh)
            }
            // This one is the fresh token that another call asked for.
            Err(TokenFailure::FreshRejected { .. }) => {
                let evidence = Evidence { second_attempt_status: Some(status), ..diagnosis.evidence };
                let diagnosis = self.bench().of_api(evidence, Healed::No);
                self.log.diagnosed_anew(place, diagnosis.clone());
                Turn::End(end_of(&diagnosis))
            }
            // No other token was tried, so nothing may be said of how one fared.
            Err(failure @ TokenFailure::GivenAgain { .. }) => {
                let reason = format!("{}; {failure}", diagnosis.summary);
                let diagnosis = self.bench().of_given_again(diagnosis.evidence);
                let verdict = diagnosis.verdict;
                self.log.diagnosed_anew(place, diagnosis);
                Turn::End(End::Refused { verdict, failure: Failure::new(Kind::Refused, reason) })
            }
            Err(failure @ TokenFailure::FixedRejected { .. }) => {
                let failure = Failure::new(Kind::Refused, failure.to_string());
                Turn::End(End::Refused { verdict: diagnosis.verdict, failure })
            }
            Err(_) if status == 403 => Turn::End(end_of(&diagnosis)),
            Err(failure) => Turn::End(self.without_token(&failure)),
        }
    }
}

fn end_of(diagnosis: &Diagnosis) -> End {
    let failure = Failure::new(Kind::Refused, diagnosis.summary.clone());
    End::Refused { verdict: diagnosis.verdict, failure }
}
