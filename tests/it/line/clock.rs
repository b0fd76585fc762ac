//! The engine's loop by a clock that the test drives.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use apicron::clock::{Clock, Hands};
use apicron::config;
use apicron::engine::{Engine, EngineError, Parts, Unobserved};
use apicron::secret::{Environment, Redactor};
use apicron::shutdown::Shutdown;
use apicron::standin::{OPS, Standin};
use apicron::store::{Access, Store};
use tokio::task::JoinHandle;

use crate::support::eventually::eventually;
use crate::support::jobs::{head, usage_job};
use crate::support::{rows, standin};

struct Serving {
    folder: tempfile::TempDir,
    hands: Hands,
    shutdown: Shutdown,
    store: Store,
    engine: JoinHandle<Result<(), EngineError>>,
}

impl Serving {
    async fn begin(start: &str, job: &str, standin: &Standin) -> Serving {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, hands) = Clock::manual(start.parse().expect("a time"));
        let environment = Environment::fixed([("CLIENT_ID", OPS.id), ("CLIENT_SECRET", OPS.secret)]);
        let file = folder.path().join("jobs.toml");
        let jobs = config::parse(&file, &(head(standin) + job), &environment).expect("a job file").jobs;
        let shutdown = Shutdown::new();
        let store = Store::open(&jobs.settings.store.path, Access::Write, &clock).await.expect("a store");
        let concurrency = jobs.settings.concurrency;
        let (store_, shutdown_) = (store.clone(), shutdown.clone());
        let parts = Parts {
            jobs,
            store: store_,
            environment,
            redactor: Redactor::new(),
            clock,
            shutdown: shutdown_,
            concurrency,
        };
        let engine = Engine::new(parts, Arc::new(Unobserved)).expect("an engine");
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let engine = tokio::spawn(async move { engine.serve(|_| ready.send(()).expect("the test waits")).await });
        is_ready.await.expect("the engine is ready");
        Serving { folder, hands, shutdown, store, engine }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("apicron.db")
    }

    async fn until_ended(&self, ticks: &[&str]) {
        let ended = async || ended(&self.file()).await;
        eventually("runs that ended", ended, |seen| seen.len() >= ticks.len()).await;
    }

    async fn end(self) -> Vec<String> {
        self.shutdown.request();
        self.engine.await.expect("no panic").expect("served");
        self.store.close().await;
        ended(&self.folder.path().join("apicron.db")).await
    }
}

async fn ended(store: &Path) -> Vec<String> {
    let sql = "select scheduled_for || ' ' || state from v_runs where finished_at is not null order by scheduled_for";
    rows::rows(store, sql).await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_when_the_hands_pass_its_tick_and_at_no_other_time() {
    let standin = standin::start().await;
    let serving =
        Serving::begin("2026-11-24T11:59:58Z", &usage_job("hourly", "schedule = \"@hourly\""), &standin).await;
    serving.hands.advance(Duration::from_secs(1));
    serving.hands.advance(Duration::from_secs(1));
    serving.until_ended(&["12:00"]).await;
    serving.hands.advance(Duration::from_secs(3599));
    serving.hands.advance(Duration::from_secs(1));
    serving.until_ended(&["12:00", "13:00"]).await;
    let expected = ["2026-11-24T12:00:00.000Z succeeded", "2026-11-24T13:00:00.000Z succeeded"];
    assert_eq!(serving.end().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_time_that_the_spring_change_skips_runs_once_right_after_the_gap() {
    let standin = standin::start().await;
    let job = usage_job("nightly", "schedule = \"30 2 * * *\"\ntimezone = \"Europe/Berlin\"");
    let serving = Serving::begin("2026-03-29T00:30:00Z", &job, &standin).await;
    serving.hands.advance(Duration::from_secs(30 * 60));
    serving.until_ended(&["01:00"]).await;
    serving.hands.advance(Duration::from_secs(90 * 60));
    assert_eq!(serving.end().await, ["2026-03-29T01:00:00.000Z succeeded"]);
}
