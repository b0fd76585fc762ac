//! The engine's loop by a clock that the test drives.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apicron::clock::{Clock, Hands, Time};
use apicron::config;
use apicron::engine::{Announce, Engine, EngineError, Parts, Unobserved};
use apicron::secret::{Environment, Redactor};
use apicron::shutdown::Shutdown;
use apicron::standin::{OPS, Standin};
use apicron::store::{Access, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::eventually::eventually;
use crate::support::jobs::{head, usage_job};
use crate::support::{rows, standin};

/// Tells the test once that the engine is ready.
struct Ready(Mutex<Option<oneshot::Sender<()>>>);

impl Announce for Ready {
    fn ready(&self, _first: Option<Time>) {
        let ready = self.0.lock().expect("no panic").take().expect("once");
        ready.send(()).expect("the test waits");
    }
}

struct Serving {
    folder: tempfile::TempDir,
    hands: Hands,
    shutdown: Shutdown,
    store: Store,
    engine: JoinHandle<Result<(), EngineError>>,
}

impl Serving {
    async fn begin(start: &str, job: &str, standin: &Standin) -> Serving {
        Serving::begin_in(tempfile::tempdir().expect("a folder"), start, job, standin).await
    }

    async fn begin_in(folder: tempfile::TempDir, start: &str, job: &str, standin: &Standin) -> Serving {
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
        let (ready, is_ready) = oneshot::channel();
        let engine = tokio::spawn(async move { engine.serve(&Ready(Mutex::new(Some(ready)))).await });
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
        let folder = self.stop().await;
        ended(&folder.path().join("apicron.db")).await
    }

    async fn stop(self) -> tempfile::TempDir {
        self.shutdown.request();
        self.engine.await.expect("no panic").expect("served");
        self.store.close().await;
        self.folder
    }
}

async fn ended(store: &Path) -> Vec<String> {
    let sql = "select scheduled_for || ' ' || state || case when ticks > 1 then ' ' || ticks || ' ticks' else '' end
               from v_runs where finished_at is not null order by scheduled_for";
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

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_came_while_nothing_ran_are_missed_also_those_of_a_job_that_never_ran() {
    let standin = standin::start().await;
    let job = usage_job("hourly", "schedule = \"@hourly\"");
    let folder = Serving::begin("2026-11-24T11:30:00Z", &job, &standin).await.stop().await;
    let serving = Serving::begin_in(folder, "2026-11-24T14:30:00Z", &job, &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 3 ticks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_not_enabled_missed_nothing_in_that_time() {
    let standin = standin::start().await;
    let job = |enabled| usage_job("hourly", &format!("schedule = \"@hourly\"\nenabled = {enabled}"));
    let folder = Serving::begin("2026-11-24T11:30:00Z", &job(true), &standin).await.stop().await;
    let folder = Serving::begin_in(folder, "2026-11-24T12:30:00Z", &job(false), &standin).await.stop().await;
    let serving = Serving::begin_in(folder, "2026-11-24T16:30:00Z", &job(true), &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ticks_of_the_past_are_told_by_the_schedule_that_then_held() {
    let standin = standin::start().await;
    let job = |schedule: &str| usage_job("job", &format!("schedule = \"{schedule}\""));
    let folder = Serving::begin("2026-11-24T11:30:00Z", &job("0 */2 * * *"), &standin).await.stop().await;
    let serving = Serving::begin_in(folder, "2026-11-24T14:30:00Z", &job("*/5 * * * *"), &standin).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 2 ticks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_that_a_step_of_the_clock_stepped_over_are_missed_and_the_next_one_runs() {
    let standin = standin::start().await;
    let serving =
        Serving::begin("2026-11-24T11:59:00Z", &usage_job("hourly", "schedule = \"@hourly\""), &standin).await;
    serving.hands.set_wall("2026-11-24T14:30:00Z".parse().expect("a time"));
    serving.hands.advance(Duration::from_secs(1));
    serving.until_ended(&["12:00 to 14:00"]).await;
    serving.hands.advance(Duration::from_secs(30 * 60));
    serving.until_ended(&["12:00 to 14:00", "15:00"]).await;
    let expected = ["2026-11-24T12:00:00.000Z missed 3 ticks", "2026-11-24T15:00:00.000Z succeeded"];
    assert_eq!(serving.end().await, expected);
}
