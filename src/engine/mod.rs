//! The loop: the one place that knows the stations of the line.
//!
//! Tick → claim → run → calls → outcome → rows. A tick is a row before it is work; a final state
//! is written once; a panic or a hang in one run leaves the others on time.

mod adopt;
mod announce;
mod backfill;
mod breakage;
mod claimer;
mod credentials;
mod door;
mod drain;
mod execute;
mod hand_over;
mod housekeeping;
mod incidents;
mod ledger;
mod living;
mod missed;
mod outcome;
mod owed;
mod pulse;
mod reload;
mod run_now;
mod serve;
mod served;
mod slots;
mod start;
mod telling;
mod turn;
mod watching;

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio_util::task::TaskTracker;

use crate::call::{self, Advance, Caller};
use crate::clock::Clock;
use crate::job::{Job, Jobs};
use crate::run::{Name, Outcome, Run, RunId};
use crate::secret::{Environment, Redactor};
use crate::shutdown::Shutdown;
use crate::store::{RunDetail, RunRow, Store, StoreError};
use crate::token::{Http, Tokens};
use breakage::Breakage;
use door::Door;
use housekeeping::Pinging;
use incidents::Known;
use living::Living;
use pulse::LastTime;
use slots::Slots;
use telling::Telling;
use watching::Happened;

pub use announce::Announce;
pub use reload::{Changes, ReloadError};
pub use run_now::{Ended, NotRun, Place, RunNow};

/// What the engine works with.
#[derive(Debug)]
pub struct Parts {
    /// What is to be done.
    pub jobs: Jobs,
    /// Where it is written.
    pub store: Store,
    /// Where secrets come from.
    pub environment: Environment,
    /// What keeps them out of everything that is written.
    pub redactor: Redactor,
    /// Time.
    pub clock: Clock,
    /// When to stop.
    pub shutdown: Shutdown,
    /// Runs at once; [`crate::job::Settings::concurrency`] unless the command line says otherwise.
    pub concurrency: NonZeroUsize,
}

/// Hears of each run as it ends, after its rows are on disk. Called on the engine's threads:
/// it may not block.
pub trait Observer: Send + Sync {
    /// A run ended.
    fn ended(&self, job: &Job, run: &Run, outcome: &Outcome);

    /// A run that was handed over ended in the process that took it.
    fn ended_elsewhere(&self, job: &Job, detail: &RunDetail) {
        let _ = (job, detail);
    }

    /// A run begins its calls in this process.
    fn began(&self, job: &Job, run: &Run) {
        let _ = (job, run);
    }

    /// A run that was handed over was seen to live in the process of its row. Told again and again.
    fn lives_elsewhere(&self, job: &Job, row: &RunRow) {
        let _ = (job, row);
    }

    /// A call of a run of this process got on.
    fn advanced(&self, run: RunId, call: &str, advance: Advance) {
        let _ = (run, call, advance);
    }

    /// A tick or a manual start left a row `skipped`, for a reason.
    fn skipped(&self, job: &Job, run: &Run, reason: &str) {
        let _ = (job, run, reason);
    }
}

/// An observer that takes no notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn ended(&self, _job: &Job, _run: &Run, _outcome: &Outcome) {}
}

/// Why the engine could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The HTTP client could not be made.
    #[error("could not set up the HTTP client")]
    HttpClient(#[source] call::ClientError),
    /// The store failed.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The scheduler of housekeeping could not be started.
    #[error("could not start housekeeping")]
    Housekeeping(#[source] housekeeping::SchedulerError),
    /// A part of the engine panicked.
    #[error("{0} met a fault of its own: please report it; start apicron again, which finds all that was left")]
    Fault(&'static str),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> EngineError {
        EngineError::Store(Arc::new(error))
    }
}

/// Runs jobs. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    /// Those of the file as it is served now. A run keeps those that it began with.
    jobs: Arc<RwLock<Arc<Jobs>>>,
    store: Store,
    clock: Clock,
    shutdown: Shutdown,
    environment: Environment,
    redactor: Redactor,
    http: Http,
    tokens: Tokens,
    caller: Caller,
    slots: Slots,
    /// Everything that a stop waits for.
    running: TaskTracker,
    living: Living,
    /// When this process last showed the others that it lives. Opening the store is the first time.
    beaten: LastTime,
    /// When the loop last turned.
    turned: LastTime,
    pinging: Pinging,
    incidents: Arc<Known>,
    door: Door,
    /// What alerts are looked at for.
    happened: Happened,
    telling: Telling,
    observer: Arc<dyn Observer>,
    /// The first failure that no caller could be told of.
    broken: OnceLock<Breakage>,
}

impl Engine {
    /// An engine at rest.
    ///
    /// # Errors
    /// [`EngineError::HttpClient`].
    pub fn new(parts: Parts, observer: Arc<dyn Observer>) -> Result<Engine, EngineError> {
        let Parts { jobs, store, environment, redactor, clock, shutdown, concurrency } = parts;
        let http = call::http_client().map_err(EngineError::HttpClient)?;
        let jobs = Arc::new(RwLock::new(Arc::new(jobs)));
        let incidents = Arc::new(Known::new(clock.now()));
        let events = Arc::new(ledger::TokenLedger {
            store: store.clone(),
            jobs: Arc::clone(&jobs),
            incidents: Arc::clone(&incidents),
        });
        let tokens = Tokens::new(http.clone(), clock.clone(), environment.clone(), redactor.clone(), events);
        let caller = Caller::new(
            http.clone(),
            tokens.clone(),
            clock.clone(),
            environment.clone(),
            redactor.clone(),
            shutdown.clone(),
            Arc::new(ledger::CallLedger {
                store: store.clone(),
                jobs: Arc::clone(&jobs),
                observer: Arc::clone(&observer),
                clock: clock.clone(),
            }),
        );
        Ok(Engine(Arc::new(Inner {
            jobs,
            beaten: LastTime::new(clock.elapsed()),
            turned: LastTime::new(clock.elapsed()),
            store,
            clock,
            shutdown,
            environment,
            redactor,
            http,
            tokens,
            caller,
            slots: Slots::new(concurrency),
            running: TaskTracker::new(),
            living: Living::default(),
            pinging: Pinging::default(),
            incidents,
            door: Door::default(),
            happened: Happened::default(),
            telling: Telling::default(),
            observer,
            broken: OnceLock::new(),
        })))
    }

    /// Token requests sent so far.
    pub fn token_requests(&self) -> u64 {
        self.0.tokens.requests()
    }

    /// The jobs of the file as it is served now.
    fn jobs(&self) -> Arc<Jobs> {
        Arc::clone(&self.0.jobs.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn job(&self, name: &Name) -> Option<Arc<Job>> {
        self.jobs().jobs.get(name).cloned()
    }
}
