//! The course of one call: attempts until it is accepted, refused, or not worth another.

use std::time::Duration;

use super::failure::Failure;
use super::healing::{Healing, Turn};
use super::judge::Judged;
use super::ledger::Unwritten;
use super::log::{End, Log};
use super::refusal::{Bench, Healed};
use super::request::{Making, Prepared, Repeatable};
use super::send::{Reply, send};
use super::{Around, Caller, harvest, retry};
use crate::job::{Call, Job};
use crate::run::{CallRecord, CallState, Diagnosis, Kind};
use crate::token::{Bearer, TokenFailure};

/// One call under way.
pub(super) struct Course<'a> {
    pub(super) caller: &'a Caller,
    pub(super) job: &'a Job,
    pub(super) call: &'a Call,
    pub(super) around: &'a Around<'a>,
    pub(super) log: &'a mut Log,
    pub(super) healing: Healing,
}

impl Course<'_> {
    /// Runs the call to its end.
    pub(super) async fn run(&mut self) -> End {
        self.go().await.unwrap_or_else(|end| end)
    }

    async fn go(&mut self) -> Result<End, End> {
        let prepared = self.prepare().await.map_err(End::Failed)?;
        let mut delays = retry::delays(self.job.retry);
        let mut bearer = self.bearer().await?;
        if prepared.repeatable() == Repeatable::No {
            self.note_sending().await?;
        }
        loop {
            match self.attempt(&prepared, bearer.as_ref()).await.map_err(End::Failed)? {
                Judged::Accepted(reply) => return Ok(self.take_in(reply).await),
                Judged::Failed(failure) => return Err(End::Failed(failure)),
                Judged::Again { at_least, failure, reply } => {
                    let limit = self.rate_limit(&failure, reply.as_ref(), bearer.as_ref());
                    self.pause(delays.next(), at_least, failure, limit).await?;
                    // The token may have ended, or have been renewed, during the pause.
                    bearer = self.bearer().await?;
                }
                Judged::Refused(reply) => match self.refused(&reply, bearer.as_ref()).await {
                    Turn::Resend(fresh) => bearer = Some(fresh),
                    Turn::Pause { at_least, failure, limit } => {
                        self.pause(delays.next(), at_least, failure, Some(*limit)).await?;
                        bearer = self.bearer().await?;
                    }
                    Turn::End(end) => return Err(end),
                },
            }
        }
    }

    async fn prepare(&mut self) -> Result<Prepared, Failure> {
        let making = Making {
            job: self.job,
            run: self.around.run,
            variables: self.around.variables,
            store_id: self.around.store_id,
            element: None,
            environment: &self.caller.environment,
            redactor: &self.caller.redactor,
        };
        let prepared = Prepared::new(self.call, &making, None).await?;
        self.log.record.url = self.caller.shown(&prepared.url);
        self.log.record.idempotency_key.clone_from(&prepared.idempotency_key);
        Ok(prepared)
    }

    /// Puts on disk that the call leaves, since nothing tells the API that a second sending is the same.
    async fn note_sending(&self) -> Result<(), End> {
        let record = CallRecord { state: CallState::Sending, ..self.log.record.clone() };
        match self.caller.ledger.sending(self.around.run.id, &record).await {
            Ok(()) => Ok(()),
            Err(Unwritten::Lost) => {
                let reason = "another process took the run over: the call was not sent";
                Err(End::Interrupted(Failure::new(Kind::Stopped, reason)))
            }
            Err(Unwritten::Failed(why)) => {
                let reason = format!("the call was not sent, since that could not be noted first: {why}");
                Err(End::Failed(Failure::new(Kind::Store, reason)))
            }
        }
    }

    async fn bearer(&mut self) -> Result<Option<Bearer>, End> {
        let Some(credential) = &self.job.api.credential else { return Ok(None) };
        match self.caller.tokens.bearer(credential, &self.job.scopes).await {
            Ok(bearer) => Ok(Some(bearer)),
            Err(failure) => Err(self.without_token(&failure)),
        }
    }

    /// How a call ends for which no token can be had.
    pub(super) fn without_token(&mut self, why: &TokenFailure) -> End {
        if matches!(why, TokenFailure::CutOff) {
            return End::Interrupted(Failure::new(Kind::Stopped, why.to_string()));
        }
        let failure = Failure::new(Kind::Token, why.to_string());
        match self.bench().of_token(why) {
            None => End::Failed(failure),
            Some(diagnosis) => {
                let verdict = diagnosis.verdict;
                self.log.diagnosed(diagnosis);
                End::Refused { verdict, failure }
            }
        }
    }

    async fn attempt(&mut self, prepared: &Prepared, bearer: Option<&Bearer>) -> Result<Judged, Failure> {
        let request = prepared.with(bearer).await?;
        self.log.leave(bearer.map(Bearer::generation));
        let Caller { http, clock, .. } = self.caller;
        let answer = send(http, clock, request, self.job.timeout, self.around.limits.body).await;
        self.log.arrive(&answer);
        if let Ok(reply) = &answer {
            self.note_second(reply.status);
        }
        let judged = Judged::new(answer, &self.call.expect, prepared.repeatable(), self.host());
        self.log.judged(judged.kind());
        Ok(judged)
    }

    /// The diagnosis of a 429 to a call with a bearer.
    fn rate_limit(&mut self, failure: &Failure, reply: Option<&Reply>, bearer: Option<&Bearer>) -> Option<Diagnosis> {
        let (reply, credential, bearer) = (reply?, self.job.api.credential.as_ref()?, bearer?);
        let is_limit = failure.kind == Kind::RateLimited;
        is_limit.then(|| self.bench().of_api(self.bench().evidence(reply, credential, bearer), Healed::No))
    }

    /// Waits before the next attempt, unless there is none, or it would come after the deadline.
    async fn pause(
        &mut self,
        delay: Option<Duration>,
        at_least: Duration,
        failure: Failure,
        limit: Option<Diagnosis>,
    ) -> Result<(), End> {
        let verdict = limit.as_ref().map(|limit| limit.verdict);
        if let Some(limit) = limit {
            self.log.limited(limit);
        }
        let end = |failure| match verdict {
            Some(verdict) => End::Refused { verdict, failure },
            None => End::Failed(failure),
        };
        let Some(delay) = delay else { return Err(end(self.given_up(failure))) };
        let wait = delay.max(at_least);
        if self.caller.clock.elapsed().saturating_add(wait) >= self.around.over_by {
            return Err(end(too_late(&failure, wait)));
        }
        self.caller.clock.sleep(wait).await;
        Ok(())
    }

    fn given_up(&self, failure: Failure) -> Failure {
        match self.log.record.attempts.len() {
            0 | 1 => failure,
            attempts => {
                Failure { reason: format!("{}; given up after {attempts} attempts", failure.reason), ..failure }
            }
        }
    }

    async fn take_in(&mut self, reply: Reply) -> End {
        let parts = harvest::Parts { job: &self.job.name, call: self.call, variables: self.around.variables };
        match harvest::harvest(&parts, reply, self.host(), &self.caller.redactor).await {
            Ok((samples, body)) => End::Succeeded { samples, body },
            Err(failure) => End::Failed(failure),
        }
    }

    pub(super) fn bench(&self) -> Bench<'_> {
        Bench { job: self.job, clock: &self.caller.clock, redactor: &self.caller.redactor }
    }

    pub(super) fn host(&self) -> &str {
        self.job.api.base_url.host_str().unwrap_or("the API")
    }
}

/// A wait that would pass the deadline fails now instead of sleeping.
fn too_late(failure: &Failure, wait: Duration) -> Failure {
    let kind = if failure.kind == Kind::RateLimited { Kind::RateLimited } else { Kind::Deadline };
    let wait = humantime::format_duration(Duration::from_secs(wait.as_secs().max(1)));
    Failure::new(
        kind,
        format!("{}; the next attempt could be made in {wait}, which is after the run's deadline", failure.reason),
    )
}
