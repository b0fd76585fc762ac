//! The fetching of one token on behalf of all who wait for it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;

use super::Events;
use super::ask::{Ask, Keyring};
use super::bearer::{Bearer, Parts, Uses};
use super::berths::Berth;
use super::cell::{Fresh, Landed, Reason, Repeated};
use super::failure::TokenFailure;
use super::grant::Http;
use super::life::{Jitter, Span};
use super::mint::Minted;
use super::refusals::Refusals;
use super::rotation::Rotations;
use super::scouts::Scouts;
use super::waiting::{Landing, Progress};
use crate::clock::{Clock, add};
use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::secret::Redactor;

/// All that a flight needs.
pub(super) struct Fleet {
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) redactor: Redactor,
    pub(super) events: Arc<dyn Events>,
    pub(super) jitter: Jitter,
    pub(super) keyring: Keyring,
    pub(super) rotations: Rotations,
    pub(super) refusals: Refusals,
    pub(super) scouts: Scouts,
    pub(super) requests: AtomicU64,
}

impl Fleet {
    /// Starts a flight. It belongs to the cache: those who wait may go away.
    pub(super) fn take_off(self: &Arc<Fleet>, berth: &Arc<Berth>, ask: Ask) -> Landing {
        let (announce, landing) = watch::channel(Progress::UnderWay);
        let (fleet, berth) = (Arc::clone(self), Arc::clone(berth));
        tokio::spawn(async move {
            let began = fleet.clock.elapsed();
            // Held until what it brings is noted.
            let scout = match fleet.await_turn(&ask).await {
                Ok(scout) => scout,
                Err(refused) => {
                    // No request was sent, so there is nothing to record.
                    let (result, _) = fleet.land(&berth, &ask, Err(refused), Duration::ZERO);
                    announce.send_replace(Progress::Landed(result));
                    return;
                }
            };
            let minted = AssertUnwindSafe(fleet.mint(&ask, began, &announce)).catch_unwind().await;
            let minted = minted
                .unwrap_or_else(|_| Err(TokenFailure::Panicked { credential: ask.name().clone(), host: ask.host() }));
            let took = fleet.clock.elapsed().saturating_sub(began);
            let (result, event) = fleet.land(&berth, &ask, minted, took);
            drop(scout);
            // Someone else's fault must not keep the news from those who wait.
            let recorded = std::panic::catch_unwind(AssertUnwindSafe(|| fleet.events.record(event)));
            announce.send_replace(Progress::Landed(result));
            drop(recorded);
        });
        landing
    }

    fn land(
        &self,
        berth: &Berth,
        ask: &Ask,
        minted: Result<Minted, TokenFailure>,
        took: Duration,
    ) -> (Result<Bearer, TokenFailure>, TokenEvent) {
        let now = self.clock.elapsed();
        let asker = self.keyring.asker(ask);
        let (result, landed, remark) = match minted {
            Ok(minted) => {
                let remark = remark(ask, &minted);
                self.refusals.forget(asker.client);
                self.scouts.accept(asker.client);
                let (bearer, landed) = berth.with(|cell| cell.land(fresh(berth.id, ask, minted), now));
                (Ok(bearer), landed, remark)
            }
            Err(failure) => {
                let jitter = self.jitter.draw();
                let (landed, until) = berth.with(|cell| cell.crash(failure.clone(), asker.next, jitter, now));
                if failure.names_the_client() {
                    self.scouts.refuse(asker.client);
                    self.refusals.note(asker, failure.clone(), until, now);
                }
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
    let Minted { granted, started, started_wall, jitter, remark: _, server_date_skew_s } = minted;
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
        started_wall,
        issued: None,
        expires_at: granted.life.usable.map(|life| add(started_wall, life)),
        claims: granted.claims,
        server_date_skew_s,
        uses: Uses::of(granted.life.usable),
    };
    Fresh { parts, span }
}

/// What is worth knowing about a token that came.
fn remark(ask: &Ask, minted: &Minted) -> Option<String> {
    let granted = &minted.granted;
    let has = granted.claims.as_ref().and_then(super::claims::scopes).or_else(|| granted.scope.clone());
    let lacking = has.map(|has| ask.scopes.without(&has)).filter(|lacking: &Scopes| !lacking.is_empty());
    let lacking = lacking.map(|lacking| format!("not granted: {lacking}"));
    let remarks: Vec<String> =
        [minted.remark.clone(), granted.life.remark.clone(), lacking].into_iter().flatten().collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}
