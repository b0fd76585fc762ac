//! The course of one call: attempts until it is accepted, refused, or not worth another.

use std::time::Duration;

use super::bucket::{Place, TooLate};
use super::failure::Failure;
use super::files::UploadFile;
use super::healing::{Healing, Turn};
use super::judge::Judged;
use super::ledger::Unwritten;
use super::log::{End, Log};
use super::refusal::{Bench, Healed};
use super::request::{Making, Prepared, Repeatable};
use super::send::Reply;
use super::{Around, Caller, retry};
use crate::job::{Call, Job};
use crate::run::{CallRecord, CallState, Diagnosis, Kind, Opened, Scopes};
use crate::token::{Bearer, TokenFailure, Tokens};

/// How long one 429 holds the other calls of its API at most.
const LONGEST_HOLD: Duration = Duration::from_mins(15);

/// What a call is made for.
#[derive(Clone, Copy, Default)]
pub(super) struct Subject<'a> {
    /// The key of the element; `None` for a call that has none.
    pub(super) element: Option<&'a str>,
    /// The file that is uploaded.
    pub(super) file: Option<&'a UploadFile>,
    /// The listing that its records belong to.
    pub(super) listing: Option<&'a Opened>,
}

/// One call under way.
pub(super) struct Course<'a> {
    pub(super) caller: &'a Caller,
    pub(super) job: &'a Job,
    pub(super) call: &'a Call,
    pub(super) around: &'a Around<'a>,
    pub(super) subject: Subject<'a>,
    pub(super) log: &'a mut Log,
    pub(super) healing: Healing,
    /// Scopes that were asked for and not granted, as far as the last accepted answer's token tells.
    pub(super) ungranted: Scopes,
    pub(super) left: Left,
    /// Those of the present request.
    pub(super) attempts: u32,
}

/// Whether something of a call has left already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    Something,
}

impl Course<'_> {
    /// Runs the call to its end.
    pub(super) async fn run(&mut self) -> End {
        self.go().await.unwrap_or_else(|end| end)
    }

    async fn go(&mut self) -> Result<End, End> {
        let prepared = self.prepare().await.map_err(End::Failed)?;
        let call = self.call;
        if let Some(poll) = &call.poll {
            return self.watch(&prepared, poll).await;
        }
        if call.pages.is_some() || call.records.is_some() {
            return self.read(prepared).await;
        }
        let reply = self.fetch(&prepared).await?;
        self.take_in(&reply).await
    }

    /// Sends a request until it is accepted, refused, or not worth another attempt.
    pub(super) async fn fetch(&mut self, prepared: &Prepared) -> Result<Reply, End> {
        let mut delays = retry::delays(self.call.retry);
        self.attempts = 0;
        self.healing = Healing::default();
        let mut fresh = None;
        loop {
            let bearer = self.make_ready(fresh.take()).await?;
            self.note_sending(prepared).await?;
            self.attempts += 1;
            match self.attempt(prepared, bearer.as_ref()).await? {
                Judged::Accepted(reply) => return self.look_over(reply, bearer.as_ref()).await,
                Judged::Failed(failure) => return Err(End::Failed(failure)),
                Judged::Again { at_least, failure, reply } => {
                    let limit = self.rate_limit(&failure, reply.as_ref(), bearer.as_ref());
                    self.pause(delays.next(), at_least, failure, limit).await?;
                }
                Judged::Refused(reply) => match self.refused(&reply, bearer.as_ref()).await {
                    Turn::Resend(bearer) => fresh = Some(bearer),
                    Turn::Await { wait, bearer } => {
                        self.caller.clock.sleep(wait).await;
                        fresh = Some(bearer);
                    }
                    Turn::Pause { at_least, failure, limit } => {
                        self.pause(delays.next(), at_least, failure, Some(*limit)).await?;
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
            environment: &self.caller.environment,
            redactor: &self.caller.redactor,
            element: self.subject.element,
        };
        let prepared = Prepared::new(self.call, &making, self.subject.file).await?;
        self.log.record.url = self.caller.shown(&prepared.url);
        self.log.record.idempotency_key.clone_from(&prepared.idempotency_key);
        Ok(prepared)
    }

    /// Waits for a bearer, unless there is a fresh one, and for a place among the calls of the API.
    async fn make_ready(&mut self, fresh: Option<Bearer>) -> Result<Option<Bearer>, End> {
        if fresh.is_some() {
            return self.take_place().await.map(|_| fresh);
        }
        // First of all: calls that had their places and then waited for one token would all leave at once.
        let bearer = self.bearer().await?;
        match self.take_place().await? {
            Place::AtOnce => Ok(bearer),
            // No other would be any younger when its turn comes.
            Place::Later if bearer.as_ref().is_some_and(Bearer::is_for_one_use) => Ok(bearer),
            // It may have ended, or been renewed, in the meantime.
            Place::Later => self.bearer().await,
        }
    }

    /// Waits for a place among the calls of the API.
    pub(super) async fn take_place(&self) -> Result<Place, End> {
        let (api, clock) = (&self.job.api, &self.caller.clock);
        let place = self.caller.buckets.place(api, clock, self.around.over_by).await;
        place.map_err(|TooLate { wait }| {
            let wait = humantime::format_duration(Duration::from_secs(wait.as_secs().max(1)));
            let why = match api.rate_limit {
                Some(_) => "has no place for this call",
                None => "asked for a pause by a 429 to some call of it: none leaves",
            };
            let reason = format!("API `{}` {why} for {wait}, which is after the run's deadline", api.name);
            End::Failed(Failure::new(Kind::RateLimited, reason))
        })
    }

    /// Puts on disk that the call leaves, since nothing tells the API that a second sending is the same.
    async fn note_sending(&mut self, prepared: &Prepared) -> Result<(), End> {
        if self.left == Left::Something || prepared.repeatable() == Repeatable::Yes {
            return Ok(());
        }
        self.left = Left::Something;
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
        match self.tokens().bearer(credential, &self.job.scopes).await {
            Ok(bearer) => Ok(Some(bearer)),
            Err(failure) => Err(self.without_token(&failure)),
        }
    }

    /// The tokens, for one who waits no longer than the run.
    pub(super) fn tokens(&self) -> Tokens {
        self.caller.tokens.over_by(self.around.over_by)
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
        let wait = delay.unwrap_or_default().max(at_least);
        if failure.kind == Kind::RateLimited {
            // It is the API that is busy, whichever job asks.
            // For others it is a guess, so that one answer does not shut the API for a day.
            self.caller.buckets.hold(&self.job.api, &self.caller.clock, wait.min(LONGEST_HOLD));
        }
        if delay.is_none() {
            return Err(end(self.given_up(failure)));
        }
        if self.caller.clock.elapsed().saturating_add(wait) >= self.around.over_by {
            return Err(end(too_late(&failure, wait)));
        }
        self.caller.clock.sleep(wait).await;
        Ok(())
    }

    fn given_up(&self, failure: Failure) -> Failure {
        match self.attempts {
            0 | 1 => failure,
            attempts => {
                Failure { reason: format!("{}; given up after {attempts} attempts", failure.reason), ..failure }
            }
        }
    }

    pub(super) fn bench(&self) -> Bench<'_> {
        let Caller { clock, redactor, ledger, .. } = self.caller;
        Bench { job: self.job, clock, redactor, ledger: &**ledger }
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
