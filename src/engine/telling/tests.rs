use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::clock::{Clock, Hands, Time};
use crate::engine::{Engine, Parts, Unobserved};
use crate::job::{Address, Channel, Jobs, Severity, Target};
use crate::run::{Message, What};
use crate::schedule::support::{jobs, time};
use crate::secret::{Environment, Redactor, Source};
use crate::shutdown::Shutdown;
use crate::store::{Access, AlertRow, Store, Verdict};
use crate::token::testing::{Server, answer};
use crate::watch::support::{alert, name};
use crate::watch::{Key, Memory, Standing, State};

fn noon() -> Time {
    time("2026-11-24T12:00:00Z")
}

/// A receiver, and a store by a clock that the test drives.
struct Scene {
    folder: tempfile::TempDir,
    clock: Clock,
    hands: Hands,
    receiver: Server,
    /// What it answers from now on.
    status: Arc<AtomicU16>,
}

/// An engine that sends.
struct Sender {
    engine: Engine,
    store: Store,
    shutdown: Shutdown,
}

impl Scene {
    async fn new() -> Scene {
        let (clock, hands) = Clock::manual(noon());
        let status = Arc::new(AtomicU16::new(200));
        let answers = Arc::clone(&status);
        let receiver = Server::answering(move |_, seen| {
            let is_bad = seen.body.contains("a bad one");
            answer(if is_bad { 422 } else { answers.load(Ordering::SeqCst) }, &[], "")
        });
        let folder = tempfile::tempdir().expect("a folder");
        Scene { folder, clock, hands, receiver: receiver.await, status }
    }

    fn webhook(&self) -> Target {
        Target::Webhook(Source::Env("OPS".to_owned()))
    }

    /// Begins to send for the channel `ops`.
    async fn sender(&self, target: Target) -> Sender {
        let store = self.folder.path().join("apicron.db");
        let store = Store::open(&store, Access::Write, &self.clock).await.expect("a store");
        let channel = Channel { name: name("ops"), target };
        let rule = crate::job::Rule::Runs(crate::job::Whose::Any, crate::job::RunRule::Missed);
        let alert = crate::job::Alert { name: name("low"), channels: vec![name("ops")], ..alert(rule) };
        let shutdown = Shutdown::new();
        let parts = Parts {
            jobs: Jobs {
                channels: [(channel.name.clone(), channel)].into(),
                alerts: [(alert.name.clone(), Arc::new(alert))].into(),
                ..jobs([])
            },
            store: store.clone(),
            environment: Environment::fixed([("OPS", format!("{}hook", self.receiver.url))]),
            redactor: Redactor::new(),
            clock: self.clock.clone(),
            shutdown: shutdown.clone(),
            concurrency: NonZeroUsize::MIN,
        };
        let engine = Engine::new(parts, Arc::new(Unobserved)).expect("an engine");
        engine.begin_telling();
        Sender { engine, store, shutdown }
    }

    /// Lets time pass by tenths of a second until something is so.
    async fn until(&self, is_so: impl Fn() -> bool) {
        crate::token::testing::eventually(|| {
            self.hands.advance(Duration::from_millis(100));
            is_so()
        })
        .await;
    }

    /// What the receiver took, in its order: each message by its reason, and the key of its batch.
    fn taken(&self) -> Vec<(String, String)> {
        let mut taken = Vec::new();
        for seen in self.receiver.seen() {
            let body: Value = serde_json::from_str(&seen.body).expect("JSON");
            let key = seen.header("idempotency-key").expect("a key").to_owned();
            for message in body["messages"].as_array().expect("messages") {
                let reason = message["reason"].as_str().expect("a reason").to_owned();
                taken.push((reason, key.clone()));
            }
        }
        taken
    }

    fn reasons(&self) -> Vec<String> {
        self.taken().into_iter().map(|(reason, _)| reason).collect()
    }
}

fn row(series: &str) -> AlertRow {
    AlertRow {
        key: Key { alert: name("low"), series: series.to_owned(), step: String::new() },
        kind: "missed".to_owned(),
        standing: Standing {
            state: State::Firing,
            since: noon(),
            severity: Severity::Page,
            value: None,
            threshold: None,
            reason: "a tick was missed".to_owned(),
            memory: Memory { is_on: true, is_told: true, ..Memory::default() },
        },
        why: Vec::new(),
        unit: None,
        judged_at: noon(),
        silenced_until: None,
        revision: 0,
    }
}

fn message(reason: &str, at: Time) -> Message {
    Message {
        key: reason.to_owned(),
        alert: name("low"),
        series: reason.to_owned(),
        step: String::new(),
        job: None,
        kind: "missed".to_owned(),
        severity: "page".to_owned(),
        what: What::Firing,
        value: None,
        threshold: None,
        unit: None,
        reason: reason.to_owned(),
        why: Vec::new(),
        remedy: None,
        since: at,
        at,
        host: "ops-1".to_owned(),
    }
}

impl Sender {
    /// Has a message wait for `ops`.
    async fn told(&self, reason: &str, at: Time) {
        self.told_together(&[reason], at).await;
    }

    async fn told_together(&self, reasons: &[&str], at: Time) {
        let verdict = |reason: &&str| Verdict { row: row(reason), messages: vec![(name("ops"), message(reason, at))] };
        self.store.judged(reasons.iter().map(verdict).collect(), at).await.expect("written");
        self.engine.0.telling.wake();
    }

    async fn waiting(&self) -> usize {
        self.store.outbox(&name("ops"), 100).await.expect("read").len()
    }

    /// Waits until nothing waits any more.
    async fn until_done(&self, scene: &Scene) {
        let clock = Clock::system();
        for _ in 0..2000 {
            scene.hands.advance(Duration::from_millis(100));
            if self.waiting().await == 0 {
                return;
            }
            clock.sleep(Duration::from_millis(5)).await;
        }
        panic!("messages still wait");
    }

    async fn stop(self) {
        self.shutdown.request();
        self.engine.0.running.close();
        self.engine.0.running.wait().await;
        self.store.close().await;
    }
}

#[tokio::test]
async fn a_receiver_that_was_down_gets_each_message_once_it_is_back_in_their_order_and_under_the_same_key() {
    let scene = Scene::new().await;
    scene.status.store(503, Ordering::SeqCst);
    let sender = scene.sender(scene.webhook()).await;
    sender.told("first", noon()).await;
    scene.until(|| scene.receiver.seen().len() >= 2).await;
    for reason in ["second", "third"] {
        sender.told(reason, noon()).await;
    }
    let began = scene.clock.elapsed();
    scene.until(|| scene.clock.elapsed() - began > Duration::from_secs(60)).await;
    let tried = scene.taken();
    assert!(tried.len() >= 3 && tried.len() < 12, "the waits double: {tried:?}");
    assert!(tried.iter().all(|one| *one == tried[0]), "one after the other, and the same again: {tried:?}");
    scene.status.store(200, Ordering::SeqCst);
    sender.until_done(&scene).await;
    let mut taken = scene.taken();
    let after = taken.split_off(tried.len());
    assert!(after.iter().take_while(|one| **one == tried[0]).count() >= 1, "{after:?}");
    let reasons: Vec<&str> = after.iter().map(|(reason, _)| reason.as_str()).collect();
    assert!(reasons.ends_with(&["first", "second", "third"]), "{reasons:?}");
    sender.stop().await;
}

#[tokio::test]
async fn a_message_that_is_not_taken_is_given_up_alone() {
    let scene = Scene::new().await;
    let sender = scene.sender(scene.webhook()).await;
    sender.told_together(&["one", "a bad one", "another"], noon()).await;
    sender.until_done(&scene).await;
    assert_eq!(scene.reasons(), ["one", "a bad one", "another", "one", "a bad one", "another"]);
    let keys: std::collections::BTreeSet<String> = scene.taken().into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys.len(), 4, "a batch of three, and three of one");
    sender.stop().await;
}

#[tokio::test]
async fn what_waited_is_sent_after_a_restart() {
    let scene = Scene::new().await;
    scene.status.store(503, Ordering::SeqCst);
    let sender = scene.sender(scene.webhook()).await;
    sender.told("first", noon()).await;
    scene.until(|| !scene.receiver.seen().is_empty()).await;
    sender.stop().await;
    scene.status.store(200, Ordering::SeqCst);
    let sender = scene.sender(scene.webhook()).await;
    sender.until_done(&scene).await;
    let taken = scene.taken();
    assert!(taken.len() >= 2 && taken.iter().all(|one| *one == taken[0]), "{taken:?}");
    sender.stop().await;
}

#[tokio::test]
async fn what_is_older_than_three_days_is_given_up_and_what_is_younger_is_sent() {
    let scene = Scene::new().await;
    let sender = scene.sender(scene.webhook()).await;
    sender.told("old", noon() - chrono::TimeDelta::days(4)).await;
    sender.told("young", noon()).await;
    sender.until_done(&scene).await;
    assert_eq!(scene.reasons(), ["young"]);
    sender.stop().await;
}

#[tokio::test]
async fn of_two_processes_one_sends() {
    let scene = Scene::new().await;
    let (one, other) = (scene.sender(scene.webhook()).await, scene.sender(scene.webhook()).await);
    one.told("first", noon()).await;
    other.told("second", noon()).await;
    one.until_done(&scene).await;
    let mut reasons = scene.reasons();
    reasons.sort();
    assert_eq!(reasons, ["first", "second"]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn an_alertmanager_is_told_each_minute_what_is_still_so() {
    let scene = Scene::new().await;
    let base = Address::Plain(scene.receiver.url.clone());
    let sender = scene.sender(Target::Alertmanager(base)).await;
    let verdict = Verdict { row: row("job"), messages: Vec::new() };
    sender.store.judged(vec![verdict], noon()).await.expect("written");
    let began = scene.clock.elapsed();
    scene.until(|| scene.receiver.seen().len() >= 3).await;
    assert!(scene.clock.elapsed() - began >= Duration::from_secs(100), "no more often than it must be");
    let seen = scene.receiver.seen();
    assert!(seen.iter().all(|seen| seen.uri == "/api/v2/alerts" && seen.body.contains("\"alertname\":\"low\"")));
    sender.stop().await;
}

#[tokio::test]
async fn a_batch_that_is_under_way_ends_within_the_drain() {
    let scene = Scene::new().await;
    let (goes, gate) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0_u32)));
    let (may_go, asked) = (Arc::clone(&goes), Arc::clone(&gate));
    let slow = Server::start(move |_, _| {
        let (may_go, asked) = (Arc::clone(&may_go), Arc::clone(&asked));
        async move {
            *asked.lock().expect("a lock") += 1;
            crate::token::testing::eventually(|| may_go.load(Ordering::SeqCst)).await;
            answer(200, &[], "")
        }
    });
    let scene = Scene { receiver: slow.await, ..scene };
    let sender = scene.sender(scene.webhook()).await;
    sender.told("first", noon()).await;
    scene.until(|| *gate.lock().expect("a lock") == 1).await;
    sender.shutdown.request();
    goes.store(true, Ordering::SeqCst);
    sender.engine.0.running.close();
    sender.engine.0.running.wait().await;
    assert_eq!(sender.waiting().await, 0);
    sender.stop().await;
}
