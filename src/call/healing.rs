//! What a call does about a refusal: one fresh token, once; or a wait, for a token that is too young.

use std::sync::Arc;
use std::time::Duration;

use super::course::Course;
use super::failure::Failure;
use super::judge::{answered, asked_to_wait};
use super::log::End;
use super::refusal::{Healed, is_worth_a_token};
use super::send::Reply;
use crate::diagnose::wait_until_valid;
use crate::job::Credential;
use crate::run::{Diagnosis, Evidence, Kind, Verdict};
use crate::token::{Bearer, TokenFailure};

/// How long a token is waited for that the API takes for one of the future. Clocks that are further apart do
/// not meet by waiting.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How often: an API's machines need not agree on the time.
const MOST_WAITS: u32 = 2;

/// What was done about the refusals of one request.
#[derive(Default)]
pub(super) struct Healing {
    /// The places of their diagnoses, and what was done. What comes after completes them.
    refusals: Vec<(usize, Cure)>,
    fresh: Fresh,
    waits: u32,
}

/// What is done about a refusal.
#[derive(Clone, Copy)]
enum Cure {
    FreshToken,
    Wait,
}

/// Where the one fresh token that a request may ask for stands.
#[derive(Clone, Copy, Default)]
enum Fresh {
    #[default]
    Untried,
    /// It is on its way, in place of the one that was refused with this status.
    Sent { status: u16, place: usize },
    /// It was answered otherwise.
    Overcome,
    /// It was refused like the one before, which the diagnosis at this place says.
    InVain { place: usize },
}

/// What a refusal leads to.
pub(super) enum Turn {
    /// Send again at once, with this.
    Resend(Bearer),
    /// Send again with the same, once it is valid.
    Await { wait: Duration, bearer: Bearer },
    /// The API wants a pause, and says so with a status that mostly means something else.
    Pause { at_least: Duration, failure: Failure, limit: Box<Diagnosis> },
    /// It stays.
    End(End),
}

impl Course<'_> {
    /// Completes what is known about earlier refusals of the request by the status that came after them.
    pub(super) fn note_second(&mut self, status: u16) {
        let healed = if matches!(status, 401 | 403) { Healed::No } else { Healed::Yes };
        for (place, cure) in self.healing.refusals.clone() {
            let Some(former) = self.log.record.diagnoses.get(place).cloned() else { continue };
            match cure {
                Cure::FreshToken => {
                    self.judge_anew(place, former, healed, |evidence| evidence.second_attempt_status = Some(status));
                }
                // How the same token fared later tells nothing of how another would have.
                Cure::Wait => self.log.diagnosed_anew(place, Diagnosis { healed: healed == Healed::Yes, ..former }),
            }
        }
        if let Fresh::Sent { status: refused, place } = self.healing.fresh {
            self.healing.fresh = if status == refused { Fresh::InVain { place } } else { Fresh::Overcome };
        }
    }

    pub(super) async fn refused(&mut self, reply: &Reply, bearer: Option<&Bearer>) -> Turn {
        let job = self.job;
        let Some((credential, bearer)) = job.api.credential.as_ref().zip(bearer) else {
            // Without a credential there is nothing to find out about one.
            return Turn::End(End::Failed(answered(reply, self.host(), Kind::Status)));
        };
        let diagnosis = self.bench().of_api(self.bench().evidence(reply, credential, bearer), Healed::No);
        if let Some(wait) = wait_until_valid(&diagnosis.evidence) {
            return self.until_valid(bearer, diagnosis, wait);
        }
        if let Fresh::InVain { place } = self.healing.fresh {
            self.caller.tokens.refused_again(credential, &job.scopes, bearer, reply.status).await;
            return Turn::End(end_of(self.log.record.diagnoses.get(place).unwrap_or(&diagnosis)));
        }
        if diagnosis.verdict == Verdict::RateLimited {
            let failure = answered(reply, self.host(), Kind::RateLimited);
            return Turn::Pause {
                at_least: asked_to_wait(reply).unwrap_or_default(),
                failure,
                limit: Box::new(diagnosis),
            };
        }
        let place = self.log.diagnosed(diagnosis.clone());
        if matches!(self.healing.fresh, Fresh::Untried) && is_worth_a_token(&diagnosis, &credential.grant) {
            self.heal(credential, bearer, diagnosis, place).await
        } else {
            Turn::End(end_of(&diagnosis))
        }
    }

    /// Sends the same token once it is valid by the API's clock: another would be as young.
    fn until_valid(&mut self, bearer: &Bearer, diagnosis: Diagnosis, wait: Duration) -> Turn {
        let length = humantime::format_duration(wait);
        let why_not = if self.healing.waits == MOST_WAITS {
            Some("it was waited for, and that clock stayed behind".to_owned())
        } else if wait > LONGEST_WAIT {
            Some(format!("it would be valid in {length}, which is too long to wait"))
        } else if self.caller.clock.elapsed().saturating_add(wait) >= self.around.over_by {
            Some(format!("it would be valid in {length}, which is after the run's deadline"))
        } else {
            None
        };
        let end = why_not.map(|why| refused(&diagnosis, &why));
        let place = self.log.diagnosed(diagnosis);
        if let Some(end) = end {
            return Turn::End(end);
        }
        self.healing.waits += 1;
        self.healing.refusals.push((place, Cure::Wait));
        Turn::Await { wait, bearer: bearer.clone() }
    }

    async fn heal(
        &mut self,
        credential: &Arc<Credential>,
        bearer: &Bearer,
        diagnosis: Diagnosis,
        place: usize,
    ) -> Turn {
        let status = diagnosis.status;
        match self.tokens().replace(credential, &self.job.scopes, bearer, status).await {
            Ok(fresh) => {
                self.healing.refusals.push((place, Cure::FreshToken));
                self.healing.fresh = Fresh::Sent { status, place };
                Turn::Resend(fresh)
            }
            // This one is the fresh token that another call asked for.
            Err(TokenFailure::FreshRejected { .. }) => {
                let learn = |evidence: &mut Evidence| evidence.second_attempt_status = Some(status);
                Turn::End(end_of(&self.judge_anew(place, diagnosis, Healed::No, learn)))
            }
            // No other token was tried, so nothing may be said of how one fared.
            Err(failure @ TokenFailure::GivenAgain { .. }) => {
                let end = refused(&diagnosis, &failure.to_string());
                self.judge_anew(place, diagnosis, Healed::No, |evidence| evidence.token.given_again = true);
                Turn::End(end)
            }
            // That nothing takes its place before a person puts it there is what its diagnosis says.
            Err(failure @ TokenFailure::FixedRejected { .. }) => Turn::End(refused(&diagnosis, &failure.to_string())),
            Err(_) if status == 403 => Turn::End(end_of(&diagnosis)),
            Err(failure) => Turn::End(self.without_token(&failure)),
        }
    }

    /// Judges the refusal at a place again, by what is known since.
    fn judge_anew(
        &mut self,
        place: usize,
        former: Diagnosis,
        healed: Healed,
        learn: impl FnOnce(&mut Evidence),
    ) -> Diagnosis {
        let Diagnosis { at, mut evidence, .. } = former;
        learn(&mut evidence);
        let diagnosis = Diagnosis { at, ..self.bench().of_api(evidence, healed) };
        self.log.diagnosed_anew(place, diagnosis.clone());
        diagnosis
    }
}

fn end_of(diagnosis: &Diagnosis) -> End {
    let failure = Failure::new(Kind::Refused, diagnosis.summary.clone());
    End::Refused { verdict: diagnosis.verdict, failure }
}

/// The end by a refusal about which there is more to say.
fn refused(diagnosis: &Diagnosis, more: &str) -> End {
    let failure = Failure::new(Kind::Refused, format!("{}; {more}", diagnosis.summary));
    End::Refused { verdict: diagnosis.verdict, failure }
}
