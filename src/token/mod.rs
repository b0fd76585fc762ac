//! Credential + scopes → bearer: the one token cache of the process.
//!
//! Each key (credential, its secret as it is now, scopes) has one token and at most one request
//! under way. Whoever comes while it is under way waits for it and shares its result, failure
//! included. A token is renewed ahead of its end while it is still served. Tokens stay in memory.

mod ahead;
mod ask;
mod bearer;
mod berths;
mod cell;
mod claims;
mod evidence;
mod failure;
mod fixed;
mod flight;
mod grant;
mod held;
mod identity;
mod life;
mod mint;
mod probing;
mod refusals;
mod reply;
mod retry_after;
mod rotation;
mod scouts;
mod sources;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::job::{AuthMethod, ClientCredentials, Credential, Grant};
use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::secret::{Environment, Redactor, Source};
use ask::{Ask, Keyring, Proof, Which};
use berths::{Berth, Berths};
use cell::{Cell, Reason, Report, Step};
use fixed::FixedBearers;
use flight::Fleet;
use life::Jitter;
use refusals::Refusals;
use rotation::Rotations;
use scouts::Scouts;
use sources::{Reading, Sources, Use};
use waiting::Next;

pub use ask::{Fingerprint, context};
pub use bearer::Bearer;
pub use evidence::{LONGEST_BODY, request_id};
pub use failure::{Shared, TokenFailure};
pub use grant::{Answer, Blocked, Cut, Fault, Forbidden, Http, Resolver, Stage, check_target, cut, header_lines};
pub use held::Held;
pub use mint::read_answer;
pub use reply::{Granted, Life};
pub use retry_after::{date_skew, retry_after};

/// Told what becomes of tokens.
pub trait Events: Send + Sync {
    /// Takes a note. Must not block: it is called from async code.
    fn record(&self, event: TokenEvent);
}

/// The token cache. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct Tokens {
    cache: Arc<Cache>,
    /// How long its user waits.
    over_by: Duration,
}

struct Cache {
    fleet: Arc<Fleet>,
    sources: Sources,
    fixed: FixedBearers,
    berths: Berths,
}

impl Tokens {
    /// An empty cache. `http` must not follow redirects.
    pub fn new(
        http: Http,
        clock: Clock,
        environment: Environment,
        redactor: Redactor,
        events: Arc<dyn Events>,
    ) -> Tokens {
        Tokens::with_jitter(http, clock, environment, redactor, events, Jitter::random())
    }

    fn with_jitter(
        http: Http,
        clock: Clock,
        environment: Environment,
        redactor: Redactor,
        events: Arc<dyn Events>,
        jitter: Jitter,
    ) -> Tokens {
        let sources = Sources::new(environment, redactor.clone(), clock.clone());
        let (keyring, rotations, refusals) = (Keyring::new(), Rotations::default(), Refusals::default());
        let requests = AtomicU64::new(0);
        let fleet = Fleet {
            http,
            clock,
            redactor,
            events,
            jitter,
            keyring,
            rotations,
            refusals,
            scouts: Scouts::default(),
            requests,
        };
        let (fleet, fixed, berths) = (Arc::new(fleet), FixedBearers::default(), Berths::default());
        Tokens { cache: Arc::new(Cache { fleet, sources, fixed, berths }), over_by: Duration::MAX }
    }

    /// The same cache for one who has no use for a token at or after `over_by` (monotonic clock, as
    /// [`Clock::elapsed`]). When the next request comes no sooner, it has the failure of the last one at once, while
    /// those with more time wait on.
    #[must_use]
    pub fn over_by(&self, over_by: Duration) -> Tokens {
        Tokens { cache: Arc::clone(&self.cache), over_by }
    }

    /// A bearer of `credential` for `scopes`, from the cache or the token endpoint.
    ///
    /// Callers who arrive while a request is under way share its result, failure included; after
    /// a failure the endpoint is left alone for a while, and all get that failure. That of a client
    /// that is not accepted holds whatever the scopes. A token for one use only goes to one of them, and the others
    /// share the next request. A caller may go away at any time.
    ///
    /// # Errors
    /// [`TokenFailure`].
    pub async fn bearer(&self, credential: &Arc<Credential>, scopes: &Scopes) -> Result<Bearer, TokenFailure> {
        let client = match &credential.grant {
            Grant::Bearer(source) => return self.fixed(credential, source, scopes).await,
            Grant::ClientCredentials(client) => client,
        };
        loop {
            let (berth, ask) = self.berth(credential, client, scopes, Reading::Recent).await?;
            let now = self.cache.fleet.clock.elapsed();
            let next = berth.with(|cell| {
                let step = self.unless_refused(cell.serve(now), &ask, now);
                self.walk(&berth, cell, step, ask)
            });
            let bearer = next.bearer(credential, self.over_by).await?;
            if bearer.claim() {
                return Ok(bearer);
            }
        }
    }

    /// Reports that an API refused `rejected` with `status`; gives the bearer to try instead.
    ///
    /// When a newer one is there already, that; otherwise one is asked for, once for all who
    /// report the same. A 401 takes the refused one out of use, a 403 does not.
    ///
    /// # Errors
    /// [`TokenFailure`]; [`TokenFailure::FreshRejected`] without another request when `rejected`
    /// was itself made for a rejection less than a minute ago; [`TokenFailure::GivenAgain`] when
    /// the server gives the same token again. [`TokenFailure::FixedRejected`] when a fixed bearer's source holds no other.
    pub async fn replace(
        &self,
        credential: &Arc<Credential>,
        scopes: &Scopes,
        rejected: &Bearer,
        status: u16,
    ) -> Result<Bearer, TokenFailure> {
        let client = match &credential.grant {
            Grant::Bearer(source) => return self.replace_fixed(credential, source, scopes, rejected).await,
            Grant::ClientCredentials(client) => client,
        };
        let (berth, ask) = self.berth(credential, client, scopes, Reading::Recent).await?;
        if berth.id != rejected.cell() {
            // The secret has changed since: a bearer of the new one is newer than the refused one.
            return self.bearer(credential, scopes).await;
        }
        let now = self.cache.fleet.clock.elapsed();
        let (next, report) = berth.with(|cell| {
            let (step, report) = cell.reject(rejected, status, now);
            let step = self.unless_refused(step, &ask, now);
            (self.walk(&berth, cell, step, ask), report)
        });
        self.note(report, rejected, status);
        let fresh = match next.bearer(credential, self.over_by).await? {
            fresh if fresh.claim() => fresh,
            _ => self.bearer(credential, scopes).await?,
        };
        if fresh.has_value(rejected.value()) {
            return Err(TokenFailure::GivenAgain { credential: credential.name.clone() });
        }
        Ok(fresh)
    }

    /// Reports that the bearer that [`Tokens::replace`] gave was refused as well: for a minute no
    /// further one is asked for in its place.
    pub async fn refused_again(&self, credential: &Arc<Credential>, scopes: &Scopes, rejected: &Bearer, status: u16) {
        let Grant::ClientCredentials(client) = &credential.grant else { return };
        let Ok((berth, _)) = self.berth(credential, client, scopes, Reading::Recent).await else { return };
        if berth.id == rejected.cell() {
            let now = self.cache.fleet.clock.elapsed();
            let report = berth.with(|cell| cell.mark_fresh_rejected(rejected, now));
            self.note(report, rejected, status);
        }
    }

    /// How many token requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.cache.fleet.requests.load(Ordering::Relaxed)
    }

    async fn fixed(&self, credential: &Credential, source: &Source, scopes: &Scopes) -> Result<Bearer, TokenFailure> {
        let cache = &self.cache;
        cache.fixed.bearer(&cache.sources, &cache.fleet.clock, credential, source, scopes).await
    }

    async fn read_fixed_again(
        &self,
        credential: &Credential,
        source: &Source,
        scopes: &Scopes,
    ) -> Result<Bearer, TokenFailure> {
        let read = self.cache.sources.read_again(source, Use::Bearer).await;
        read.map_err(|why| TokenFailure::unreadable(credential, &why))?;
        self.fixed(credential, source, scopes).await
    }

    async fn replace_fixed(
        &self,
        credential: &Credential,
        source: &Source,
        scopes: &Scopes,
        rejected: &Bearer,
    ) -> Result<Bearer, TokenFailure> {
        // Something else may have renewed it within the second that a reading is good for.
        let current = self.read_fixed_again(credential, source, scopes).await?;
        if current.has_value(rejected.value()) {
            let place = source.to_string().into();
            return Err(TokenFailure::FixedRejected { credential: credential.name.clone(), place });
        }
        Ok(current)
    }

    /// The place of a token in the cache, and what to ask for if it has to be fetched.
    async fn berth(
        &self,
        credential: &Arc<Credential>,
        client: &ClientCredentials,
        scopes: &Scopes,
        reading: Reading,
    ) -> Result<(Arc<Berth>, Ask), TokenFailure> {
        let cache = &self.cache;
        let identity = cache.sources.identity(client, reading).await;
        let identity = identity.map_err(|why| TokenFailure::unreadable(credential, &why))?;
        if client.auth_method == AuthMethod::BasicRaw && identity.client_id.contains(':') {
            return Err(TokenFailure::ColonInId { credential: credential.name.clone() });
        }
        // The next secret is no part of the key: a token outlives the secret that it was made with.
        let key = cache.fleet.keyring.key(client, &identity.client_id, &identity.secret, scopes);
        let ask = Ask {
            credential: Arc::clone(credential),
            client: client.clone(),
            client_id: identity.client_id,
            proof: Proof { which: Which::Current, secret: identity.secret },
            spare: identity.spare,
            scopes: scopes.clone(),
        };
        let asker = cache.fleet.keyring.asker(&ask);
        let berth = cache.berths.berth(key, asker.client, &credential.name, cache.fleet.clock.elapsed());
        if let Some(next) = asker.next {
            berth.with(|cell| cell.meet_next(next));
        }
        Ok((berth, self.with_the_better_secret(ask)))
    }

    /// With the next secret first where the other is known to be refused.
    fn with_the_better_secret(&self, ask: Ask) -> Ask {
        let fleet = &self.cache.fleet;
        match ask.with_spare() {
            Some(turned) if fleet.rotations.is_retired(ask.name(), fleet.keyring.mark(&ask, &ask.proof)) => turned,
            _ => ask,
        }
    }

    /// No request where the client was refused a moment ago, with whatever scopes.
    fn unless_refused(&self, step: Step, ask: &Ask, now: Duration) -> Step {
        let Step::TakeOff(_) = &step else { return step };
        let fleet = &self.cache.fleet;
        fleet.refusals.of(fleet.keyring.asker(ask), now).map_or(step, Step::Fail)
    }

    /// Carries a step out. The cell stays locked, so that a flight is noted before anyone else looks.
    fn walk(&self, berth: &Arc<Berth>, cell: &mut Cell, step: Step, ask: Ask) -> Next {
        let take_off = |reason| {
            let landing = self.cache.fleet.take_off(berth, ask);
            cell.took_off(reason, landing.clone());
            landing
        };
        match step {
            Step::Serve(bearer) => Next::Ready(Ok(bearer)),
            Step::ServeAndRenew(bearer) => {
                take_off(Reason::Renewal);
                Next::Ready(Ok(bearer))
            }
            Step::Join(landing) => Next::Wait(landing),
            Step::TakeOff(reason) => Next::Wait(take_off(reason)),
            Step::Fail(failure) => Next::Ready(Err(failure)),
        }
    }

    fn note(&self, report: Report, rejected: &Bearer, status: u16) {
        if report == Report::New {
            let fleet = &self.cache.fleet;
            fleet.events.record(TokenEvent {
                at: fleet.clock.now(),
                credential: rejected.credential().clone(),
                scopes: rejected.requested().clone(),
                event: TokenEventKind::Rejected,
                generation: rejected.generation(),
                served: 0,
                duration_ms: None,
                expires_at: rejected.expires_at(),
                detail: Some(format!("an API answered {status}")),
            });
        }
    }
}
