//! The fetching of one token on behalf of all who wait for it.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;

use super::Events;
use super::ask::Ask;
use super::bearer::{Bearer, Parts};
use super::cell::{Cell, Fresh, Landed, Landing, Reason, Repeated};
use super::evidence::evidence;
use super::failure::{Lasting, TokenFailure};
use super::grant::{self, Answer, Fault, Http};
use super::life::{Jitter, Span, back_off};
use super::reply::{self, Granted};
use super::retry_after::{date_skew, retry_after};
use crate::clock::{Clock, Time, add};
use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::secret::{Redactor, Secret};

/// How long a flight may take, its own retries included.
const DEADLINE: Duration = Duration::from_secs(30);

/// How often one flight asks, as long as the failures may pass by themselves.
const TRIES: u32 = 3;

/// A token shorter than this is no secret, and redacting it would tear up ordinary text.
const SHORTEST_SECRET: usize = 8;

/// All that a flight needs.
pub(super) struct Fleet {
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) redactor: Redactor,
    pub(super) events: Arc<dyn Events>,
    pub(super) jitter: Jitter,
    pub(super) requests: AtomicU64,
}

/// A cell with the number that tells it from all others.
pub(super) struct Berth {
    pub(super) id: u64,
    pub(super) cell: Mutex<Cell>,
}

impl Berth {
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Cell) -> T) -> T {
        change(&mut self.cell.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A token as it came, with the times around its request.
struct Minted {
    granted: Granted,
    started: Duration,
    started_wall: Time,
    jitter: f64,
    server_date_skew_s: Option<i64>,
}

impl Fleet {
    /// Starts a flight. It belongs to the cache: those who wait may go away.
    pub(super) fn take_off(self: &Arc<Fleet>, berth: &Arc<Berth>, ask: Ask) -> Landing {
        let (announce, landing) = watch::channel(None);
        let (fleet, berth) = (Arc::clone(self), Arc::clone(berth));
        tokio::spawn(async move {
            let began = fleet.clock.elapsed();
            let minted = AssertUnwindSafe(fleet.mint(&ask)).catch_unwind().await;
            let minted = minted
                .unwrap_or_else(|_| Err(TokenFailure::Panicked { credential: ask.name().clone(), host: ask.host() }));
            let took = fleet.clock.elapsed().saturating_sub(began);
            let (result, event) = fleet.land(&berth, &ask, minted, took);
            // Someone else's fault must not keep the news from those who wait.
            let recorded = std::panic::catch_unwind(AssertUnwindSafe(|| fleet.events.record(event)));
            announce.send_replace(Some(result));
            drop(recorded);
        });
        landing
    }

    /// Asks until there is a token, the failure is one that stays, or the time is up.
    async fn mint(&self, ask: &Ask) -> Result<Minted, TokenFailure> {
        let over_by = self.clock.elapsed() + DEADLINE;
        let mut tries = 0;
        loop {
            tries += 1;
            let left = over_by.saturating_sub(self.clock.elapsed());
            let tried = self.clock.within(left, self.try_once(ask)).await;
            let failure = match tried {
                Some(Ok(minted)) => return Ok(minted),
                Some(Err(failure)) => failure,
                None => return Err(unanswered(ask, &Fault::timeout(DEADLINE), &self.redactor)),
            };
            if tries == TRIES || failure.lasting() == Lasting::Permanent {
                return Err(failure);
            }
            let wait = failure.retry_after().unwrap_or_default().max(back_off(tries, self.jitter.draw()));
            if self.clock.elapsed().saturating_add(wait) >= over_by {
                return Err(failure);
            }
            self.clock.sleep(wait).await;
        }
    }

    async fn try_once(&self, ask: &Ask) -> Result<Minted, TokenFailure> {
        if let Some(pair) = grant::basic_pair(&ask.client, &ask.client_id, &ask.secret) {
            self.redactor.learn_secret(&pair);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (started, started_wall) = (self.clock.elapsed(), self.clock.now());
        let answer = grant::request(&self.http, ask).await;
        let answer = answer.map_err(|fault| unanswered(ask, &fault, &self.redactor))?;
        match reply::read(&answer, ask.client.default_ttl) {
            Ok(granted) => {
                self.learn(&granted.token);
                let server_date_skew_s = answer.header("date").and_then(|date| date_skew(date, self.clock.now()));
                Ok(Minted { granted, started, started_wall, jitter: self.jitter.draw(), server_date_skew_s })
            }
            Err(why) => Err(refused(ask, &answer, &why, &self.redactor, self.clock.now())),
        }
    }

    fn learn(&self, token: &Secret) {
        if token.expose().len() >= SHORTEST_SECRET {
            self.redactor.learn_token(token);
        }
    }

    fn land(
        &self,
        berth: &Berth,
        ask: &Ask,
        minted: Result<Minted, TokenFailure>,
        took: Duration,
    ) -> (Result<Bearer, TokenFailure>, TokenEvent) {
        let now = self.clock.elapsed();
        let (result, landed, remark) = match minted {
            Ok(minted) => {
                let remark = remark(ask, &minted.granted);
                let (bearer, landed) = berth.with(|cell| cell.land(fresh(berth.id, ask, minted), now));
                (Ok(bearer), landed, remark)
            }
            Err(failure) => {
                let jitter = self.jitter.draw();
                let landed = berth.with(|cell| cell.crash(failure.clone(), jitter, now));
                let remark = Some(failure.to_string());
                (Err(failure), landed, remark)
            }
        };
        let event = self.event(ask, &result, &landed, remark, took);
        (result, event)
    }

    fn event(
        &self,
        ask: &Ask,
        result: &Result<Bearer, TokenFailure>,
        landed: &Landed,
        remark: Option<String>,
        took: Duration,
    ) -> TokenEvent {
        let repeated = (landed.repeated == Repeated::Yes).then(|| "the server gave the same token again".to_owned());
        let remarks: Vec<String> = remark.into_iter().chain(repeated).collect();
        TokenEvent {
            at: self.clock.now(),
            credential: ask.name().clone(),
            scopes: ask.scopes.clone(),
            event: match (result, landed.reason) {
                (Err(_), _) => TokenEventKind::Failed,
                (Ok(_), Reason::Renewal) => TokenEventKind::Renewed,
                (Ok(_), Reason::First | Reason::Rejection) => TokenEventKind::Fetched,
            },
            generation: landed.generation,
            served: landed.served,
            duration_ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            expires_at: result.as_ref().ok().and_then(Bearer::expires_at),
            detail: (!remarks.is_empty()).then(|| remarks.join("; ")),
        }
    }
}

fn fresh(cell: u64, ask: &Ask, minted: Minted) -> Fresh {
    let Minted { granted, started, started_wall, jitter, server_date_skew_s } = minted;
    let span = granted.life.usable.map(|life| Span { started, life, jitter });
    let parts = Parts {
        value: granted.token,
        generation: 0,
        cell,
        credential: ask.name().clone(),
        client_id: Some(ask.client_id.clone()),
        requested: ask.scopes.clone(),
        reply_scope: granted.scope,
        expires_in: granted.life.promised,
        started,
        issued: None,
        expires_at: granted.life.usable.map(|life| add(started_wall, life)),
        claims: granted.claims,
        server_date_skew_s,
    };
    Fresh { parts, span }
}

fn unanswered(ask: &Ask, fault: &Fault, redactor: &Redactor) -> TokenFailure {
    TokenFailure::Unanswered {
        credential: ask.name().clone(),
        host: ask.host(),
        kind: fault.kind,
        message: redactor.scrub(&fault.message).into(),
    }
}

fn refused(ask: &Ask, answer: &Answer, why: &str, redactor: &Redactor, now: Time) -> TokenFailure {
    let advice = match answer.status {
        429 => "it is asked again after a pause",
        408 | 500..=599 => "it is asked again after a pause, as nothing here has to change",
        200..=299 => "check that `token_url` is that of the token endpoint",
        300..=399 => "set `token_url` to the address it redirects to",
        _ => "check the client's id, secret and scopes, `auth_method` and `token_body`; asked again in 5 minutes",
    };
    TokenFailure::Refused {
        credential: ask.name().clone(),
        host: ask.host(),
        said: redactor.scrub(why).into(),
        advice,
        retry_after: answer.header("retry-after").and_then(|text| retry_after(text, now)),
        evidence: Arc::new(evidence(ask, answer, redactor, now)),
    }
}

/// What is worth knowing about a token that came.
fn remark(ask: &Ask, granted: &Granted) -> Option<String> {
    let has = granted.claims.as_ref().and_then(super::claims::scopes).or_else(|| granted.scope.clone());
    let lacking = has.map(|has| ask.scopes.without(&has)).filter(|lacking: &Scopes| !lacking.is_empty());
    let lacking = lacking.map(|lacking| format!("not granted: {lacking}"));
    let remarks: Vec<String> = granted.life.remark.clone().into_iter().chain(lacking).collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}
