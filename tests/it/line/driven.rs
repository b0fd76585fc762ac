//! An engine whose clock the test drives, and a stand-in that answers when the test says so.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apicron::clock::{Clock, Hands, Time};
use apicron::config;
use apicron::engine::{Announce, Engine, EngineError, Observer, Parts, Unobserved};
use apicron::job::Jobs;
use apicron::secret::{Environment, Redactor};
use apicron::shutdown::Shutdown;
use apicron::standin::{DATA, Fault, Knobs, OPS, Standin};
use apicron::store::{Access, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::eventually::eventually;
use crate::support::jobs::head;
use crate::support::{rows, standin};

pub(crate) fn time(text: &str) -> Time {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Tells the test once that the engine is ready, and counts the turns of its loop.
struct Ready {
    once: Mutex<Option<oneshot::Sender<()>>>,
    turns: Arc<AtomicUsize>,
}

impl Announce for Ready {
    fn ready(&self, _first: Option<Time>) {
        let ready = self.once.lock().expect("no panic").take().expect("once");
        ready.send(()).expect("the test waits");
    }

    fn alive(&self) {
        self.turns.fetch_add(1, Ordering::SeqCst);
    }
}

/// Hears nothing of it.
pub(crate) struct Quiet;

impl Announce for Quiet {
    fn ready(&self, _first: Option<Time>) {}
}

/// A folder with a store, by a clock that the test drives.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Clock,
    pub(crate) hands: Hands,
}

impl Place {
    pub(crate) fn at(start: &str) -> Place {
        let (clock, hands) = Clock::manual(time(start));
        Place { folder: tempfile::tempdir().expect("a folder"), clock, hands }
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        self.folder.path().join("apicron.db")
    }

    pub(crate) fn environment() -> Environment {
        Environment::fixed([("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret), ("DATA_SECRET", DATA.secret)])
    }

    pub(crate) fn jobs(&self, text: &str, standin: &Standin) -> Jobs {
        self.parse(&(head(standin) + text))
    }

    pub(crate) fn parse(&self, text: &str) -> Jobs {
        let file = self.folder.path().join("jobs.toml");
        config::parse(&file, text, &Place::environment()).expect("a job file").jobs
    }

    /// An engine at rest, with a store of its own: to the store it is a process of its own.
    pub(crate) async fn engine(&self, jobs: Jobs, observer: Arc<dyn Observer>) -> (Engine, Store, Shutdown) {
        let shutdown = Shutdown::new();
        let store = Store::open(&self.store_file(), Access::Write, &self.clock).await.expect("a store");
        let parts = Parts {
            concurrency: jobs.settings.concurrency,
            jobs,
            store: store.clone(),
            environment: Place::environment(),
            redactor: Redactor::new(),
            clock: self.clock.clone(),
            shutdown: shutdown.clone(),
        };
        (Engine::new(parts, observer).expect("an engine"), store, shutdown)
    }

    /// Serves a job file.
    pub(crate) async fn serve(self, text: &str, standin: &Standin) -> Serving {
        let jobs = self.jobs(text, standin);
        self.serve_jobs(jobs).await
    }

    pub(crate) async fn serve_jobs(self, jobs: Jobs) -> Serving {
        let (engine, store, shutdown) = self.engine(jobs, Arc::new(Unobserved)).await;
        let (ready, is_ready) = oneshot::channel();
        let (serving, turns) = (engine.clone(), Arc::new(AtomicUsize::new(0)));
        let announce = Ready { once: Mutex::new(Some(ready)), turns: Arc::clone(&turns) };
        let served = tokio::spawn(async move { serving.serve(&announce).await });
        is_ready.await.expect("the engine is ready");
        Serving { hands: self.hands.clone(), place: self, shutdown, store, engine, served, turns }
    }
}

/// An engine that serves.
pub(crate) struct Serving {
    pub(crate) place: Place,
    pub(crate) hands: Hands,
    pub(crate) shutdown: Shutdown,
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    served: JoinHandle<Result<(), EngineError>>,
    turns: Arc<AtomicUsize>,
}

impl Serving {
    pub(crate) async fn begin(start: &str, text: &str, standin: &Standin) -> Serving {
        Place::at(start).serve(text, standin).await
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.hands.advance(Duration::from_secs(seconds));
    }

    /// Lets time pass up to this time exactly, whatever of it passed in waiting already. A tick that the loop finds
    /// more than a second and a half after it counts as one that the process stood still over: a test that adds up
    /// what it lets pass, and what its waits let pass beside, comes to that on a busy machine.
    pub(crate) fn advance_to(&self, to: &str) {
        let left = time(to) - self.place.clock.now();
        self.hands.advance(left.to_std().unwrap_or_else(|_| panic!("{to} has passed")));
    }

    /// Lets some two seconds pass, in which the engine looks at its clocks as they are now.
    pub(crate) async fn until_looked(&self) {
        // The look that ends with the next turn may have begun before.
        for _ in 0..2 {
            let turns = self.turns.load(Ordering::SeqCst);
            self.advance(1);
            let look = async || {
                self.hands.advance(Duration::from_millis(10));
                self.turns.load(Ordering::SeqCst)
            };
            eventually("a turn of the engine's loop", look, |seen| *seen > turns).await;
        }
    }

    /// Lets a little time pass until so many runs have ended.
    pub(crate) async fn until_ended(&self, runs: usize) -> Vec<String> {
        self.until("runs that ended", ENDED, |seen| seen.len() >= runs).await
    }

    /// Lets a little time pass, a hundredth of a second at a time, until the rows are so.
    pub(crate) async fn until(&self, what: &str, sql: &str, so: impl Fn(&Vec<String>) -> bool) -> Vec<String> {
        let look = async || {
            self.hands.advance(Duration::from_millis(10));
            self.rows(sql).await
        };
        eventually(what, look, so).await
    }

    /// Each row as one line.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        lines(&self.place.store_file(), sql).await
    }

    pub(crate) async fn end(self) -> Vec<String> {
        let place = self.stop().await;
        lines(&place.store_file(), ENDED).await
    }

    /// Leaves all as a process does that is killed: to other processes its pid is another's.
    pub(crate) async fn die(self) -> Place {
        rows::execute(&self.place.store_file(), "update processes set pid_started = pid_started - 1").await;
        // Whoever opens the store finds it dead. What it still does is in vain.
        let finder = Store::open(&self.place.store_file(), Access::Write, &self.place.clock).await.expect("a store");
        finder.close().await;
        self.shutdown.cut_off();
        self.served.await.expect("no panic").expect("served");
        self.store.close().await;
        self.place
    }

    /// Stops; the place is free for another.
    pub(crate) async fn stop(self) -> Place {
        self.shutdown.request();
        self.served.await.expect("no panic").expect("served");
        self.store.close().await;
        self.place
    }
}

/// Runs that ended: tick, how it came about, state, and how many ticks it stands for.
pub(crate) const ENDED: &str = "
    select scheduled_for || case when trigger = 'schedule' then '' else ' ' || trigger end || ' ' || state
           || case when ticks > 1 then ' ' || ticks || ' ticks' else '' end
    from v_runs where finished_at is not null order by scheduled_for, id";

pub(crate) async fn lines(store: &Path, sql: &str) -> Vec<String> {
    rows::rows(store, sql).await.into_iter().map(|row| row.join(" ")).collect()
}

/// A stand-in that holds back its answers until the test lets time pass for it.
pub(crate) struct Slow {
    pub(crate) standin: Standin,
    hands: Hands,
}

impl Slow {
    pub(crate) async fn start(path: &str) -> Slow {
        let (clock, hands) = Clock::manual(time("2026-11-24T12:00:00Z"));
        let knobs = Knobs { faults: vec![Fault::slow(path, 60_000)], ..Knobs::default() };
        Slow { standin: standin::start_at(clock, knobs).await, hands }
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until_asked(&self, method: &str, path: &str, times: u64) {
        eventually("requests", async || self.standin.counts().of(method, path), |&seen| seen >= times).await;
    }

    /// Lets every answer go that is held back, now and from now on.
    pub(crate) fn let_go(&self) {
        self.standin.set(Knobs::default());
        // Twice: an answer may begin to wait in between.
        self.hands.advance(Duration::from_secs(60));
        self.hands.advance(Duration::from_secs(60));
    }
}
