//! What all connections share, and the way of a request through it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use super::chats::Chats;
use super::fault::{Cut, Fault};
use super::files::Uploads;
use super::form::Form;
use super::journal::Journal;
use super::knobs::Knobs;
use super::models::Models;
use super::replay::Replays;
use super::reply::{self, Problem};
use super::routes::{self, Access, Ask, Found};
use super::settled::Settled;
use super::snapshots::Snapshots;
use super::token::{self, Grant, Grants, Mint};
use super::visit::Visit;
use super::{admin, guard, pace};
use crate::clock::{self, Clock, Time};

/// Bytes read of a request's body.
const BODY_LIMIT: usize = 1024 * 1024;
/// Bytes read of an upload: the 50 MB that the API takes, and what stands around them.
const UPLOAD_LIMIT: usize = 51 * 1024 * 1024;

/// What the API has and keeps.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) models: Models,
    pub(super) chats: Chats,
    pub(super) snapshots: Snapshots,
    pub(super) uploads: Uploads,
    pub(super) replays: Replays,
}

impl Contents {
    fn new(started: Time) -> Contents {
        Contents {
            models: Models::new(started),
            chats: Chats::new(started),
            snapshots: Snapshots::default(),
            uploads: Uploads::default(),
            replays: Replays::default(),
        }
    }
}

/// The state of one stand-in.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) journal: Arc<Journal>,
    pub(super) grants: Grants,
    clock: Clock,
    started: Time,
    mint: Mint,
    contents: Contents,
    settled: RwLock<Arc<Settled>>,
    requests: AtomicU64,
    stop: CancellationToken,
}

impl Shared {
    pub(super) fn new(url: String, clock: Clock, knobs: Knobs, stop: CancellationToken) -> Shared {
        let started = clock.now();
        Shared {
            journal: Arc::default(),
            grants: Grants::default(),
            clock,
            started,
            mint: Mint::new(url),
            contents: Contents::new(started),
            settled: RwLock::new(Arc::new(Settled::new(knobs))),
            requests: AtomicU64::new(0),
            stop,
        }
    }

    /// The knobs in force.
    pub(super) fn settled(&self) -> Arc<Settled> {
        Arc::clone(&self.settled.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the knobs by what `change` makes of them; when that fails, nothing changes.
    pub(super) fn change<E>(&self, change: impl FnOnce(Knobs) -> Result<Knobs, E>) -> Result<(), E> {
        let mut settled = self.settled.write().unwrap_or_else(PoisonError::into_inner);
        *settled = Arc::new(Settled::new(change(settled.remaining())?));
        Ok(())
    }

    /// Waits, but not beyond a stop.
    pub(super) async fn pause(&self, duration: Duration) {
        tokio::select! {
            () = self.clock.sleep(duration) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// The whole server: the admin endpoints, and everything else as the API.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().nest("/_standin", admin::router()).fallback(receive).with_state(shared)
}

/// Takes a request in: counts it, answers it, journals it, and lets the reply out.
async fn receive(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let at = shared.clock.now();
    let mut arrival = shared.journal.arrive(&parts, at);
    let id = format!("req-{:08x}", shared.requests.fetch_add(1, Ordering::Relaxed));
    let settled = shared.settled();
    let at = moved(at, settled.knobs().clock_offset_s);
    let limit = if parts.uri.path() == "/v1/files" { UPLOAD_LIMIT } else { BODY_LIMIT };
    let (mut reply, fault) = match axum::body::to_bytes(body, limit).await {
        Ok(body) => {
            arrival.read(&body);
            let form = Form::read(&parts.headers, &body).await;
            let visit =
                Visit { method: parts.method, uri: parts.uri, headers: parts.headers, body, form, id: id.clone(), at };
            shared.answer(&visit, &settled).await
        }
        Err(_) => (Problem::new(413, "The body is too large or broke off.").reply(settled.knobs()), None),
    };
    reply::set(&mut reply, "x-request-id", &id);
    // The stand-in's own clock, not the machine's: a client may measure its offset by it.
    reply::set(&mut reply, "date", &reply::http_date(at));
    if fault.is_none_or(|fault| fault.cut != Some(Cut::Reply)) {
        arrival.answered(reply.status().as_u16());
    }
    pace::pace(reply, fault, &shared).await
}

impl Shared {
    /// The reply to a request, and the fault that struck it.
    async fn answer<'s>(&self, visit: &Visit, settled: &'s Settled) -> (Response, Option<&'s Fault>) {
        let grant = guard::borne(visit, &self.grants);
        let fault = settled.strike(visit, grant.as_ref().map(|grant| grant.client.id.as_str()));
        let reply = match fault.and_then(|fault| fault.reply(settled.knobs(), visit)) {
            Some(reply) => reply,
            None if visit.is_token_request() => self.give_token(visit, settled).await,
            None => self.serve(visit, settled.knobs(), grant.as_deref()),
        };
        (reply, fault)
    }

    async fn give_token(&self, visit: &Visit, settled: &Settled) -> Response {
        let delay = settled.knobs().token_delay_ms;
        if delay > 0 {
            self.pause(Duration::from_millis(delay)).await;
        }
        token::answer(visit, settled, &self.grants, &self.mint)
    }

    fn serve(&self, visit: &Visit, knobs: &Knobs, grant: Option<&Grant>) -> Response {
        let found = routes::find(visit.method.as_str(), visit.path());
        let ask = |id, grant| Ask { visit, knobs, grant, id, contents: &self.contents, started: self.started };
        if let Found::Route(route, id) = &found
            && route.access == Access::Open
        {
            return route.answer(&ask(id, None));
        }
        let grant = match guard::admit(visit, knobs, grant) {
            Ok(grant) => grant,
            Err(problem) => return with_header(problem.reply(knobs), "www-authenticate", "Bearer"),
        };
        match &found {
            Found::Nothing => Problem::usual(404).reply(knobs),
            Found::OtherMethods(allow) => with_header(Problem::usual(405).reply(knobs), "allow", allow),
            Found::Route(route, id) => match route.access {
                Access::Scope(scope) if !grant.allows(scope) => guard::missing_scope(scope).reply(knobs),
                _ => route.answer(&ask(id, Some(grant))),
            },
        }
    }
}

/// A time by a clock that is wrong by so many seconds.
fn moved(at: Time, offset_s: i64) -> Time {
    let offset = Duration::from_secs(offset_s.unsigned_abs());
    if offset_s < 0 { clock::subtract(at, offset) } else { clock::add(at, offset) }
}

fn with_header(mut reply: Response, name: &'static str, value: &str) -> Response {
    reply::set(&mut reply, name, value);
    reply
}
