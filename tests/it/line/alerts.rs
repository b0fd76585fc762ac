//! Alerts, from the answer of an API to what arrives at the end of a channel.

use std::sync::Arc;
use std::time::Duration;

use apicron::engine::Unobserved;
use apicron::run::Name;
use apicron::standin::{Fault, Knobs, Standin};
use apicron::store::Silence;
use serde_json::json;

use super::driven::{Place, Quiet, Serving, time};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::receiver::Receiver;
use crate::support::{rows, standin};

const START: &str = "2026-11-24T12:00:00Z";

/// The job `usage` reads every ten seconds how many credits are left.
const USAGE: &str = r#"
[jobs.usage]
schedule = "@every 10s"
scopes   = ["usage:read"]
api      = "standin"
retry    = { attempts = 1 }

[[jobs.usage.calls]]
get     = "/usage"
metrics = { left = ".credits.available" }
"#;

const LOW: &str = r#"
[alerts.low]
metric   = "usage.left"
below    = 5000
channels = ["ops"]
"#;

const STATES: &str = "select name || ' ' || state from v_alerts order by name, series";

/// The API says so many credits.
fn left(credits: i64) -> Knobs {
    let body = json!({"credits": {"available": credits}});
    Knobs { faults: vec![Fault { body: Some(body), ..Fault::status("/v1/usage", 200) }], ..Knobs::default() }
}

/// A receiver, an API, and a place to watch it from.
struct Scene {
    receiver: Receiver,
    standin: Standin,
    place: Place,
}

impl Scene {
    async fn new() -> Scene {
        let (receiver, place) = (Receiver::start().await, Place::at(START));
        std::fs::write(place.folder.path().join("ops"), format!("{}/hook", receiver.url)).expect("written");
        Scene { receiver, standin: standin::start_with(left(9_000)).await, place }
    }

    fn text(&self, text: &str) -> String {
        let address = self.place.folder.path().join("ops");
        format!("{USAGE}\n[channels.ops]\nwebhook = {{ file = {address:?} }}\n{text}")
    }

    async fn serve(self, text: &str) -> Watched {
        let text = self.text(text);
        let Scene { receiver, standin, place } = self;
        let serving = place.serve(&text, &standin).await;
        Watched { receiver, standin, serving }
    }
}

/// A server that watches.
struct Watched {
    receiver: Receiver,
    standin: Standin,
    serving: Serving,
}

impl Watched {
    /// Lets time pass to the next tick of the job, and until its run was looked at.
    async fn tick(&self) {
        let ended = "select count(*) || '' from v_runs where finished_at is not null";
        let number = |rows: &Vec<String>| rows[0].parse::<usize>().expect("a number");
        let before = number(&self.serving.rows(ended).await);
        let look = async || {
            self.serving.hands.advance(Duration::from_millis(500));
            number(&self.serving.rows(ended).await)
        };
        eventually("the next run", look, |runs| *runs > before).await;
        // It is looked at within a second.
        self.serving.until_looked().await;
    }

    async fn states(&self, states: &[&str]) {
        self.serving.until("states", STATES, |seen| seen == states).await;
    }

    /// What was heard, without the reasons.
    async fn hears(&self, what: &[&str]) -> Vec<String> {
        let heard = async || {
            self.serving.hands.advance(Duration::from_millis(10));
            self.receiver.heard()
        };
        eventually("messages", heard, |heard| heard.len() >= what.len()).await;
        let heard = self.receiver.heard();
        let told: Vec<&str> = heard.iter().filter_map(|line| Some(line.split_once(':')?.0)).collect();
        assert_eq!(told, what, "{heard:#?}");
        heard
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_that_run_low_are_told_at_the_second_reading_once_and_resolve_beyond_the_threshold() {
    let watched = Scene::new().await.serve(LOW).await;
    watched.tick().await;
    watched.states(&["low ok"]).await;
    watched.standin.set(left(4_999));
    watched.tick().await;
    watched.states(&["low pending"]).await;
    watched.tick().await;
    watched.states(&["low firing"]).await;
    let heard = watched.hears(&["low firing"]).await;
    assert_eq!(heard, ["low firing: usage.left is 4,999, under 5,000"]);
    watched.standin.set(left(5_200));
    watched.tick().await;
    watched.states(&["low firing"]).await;
    watched.standin.set(left(5_300));
    watched.tick().await;
    watched.states(&["low ok"]).await;
    watched.hears(&["low firing", "low resolved"]).await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_stops_answering_is_unknown_and_stale_and_never_well() {
    let stale = "\n[alerts.stale]\nmetric = \"usage.left\"\nstale = \"90s\"\nchannels = [\"ops\"]\n";
    let watched = Scene::new().await.serve(&format!("{LOW}{stale}")).await;
    watched.tick().await;
    watched.states(&["low ok", "stale ok"]).await;
    watched.standin.set(Knobs { faults: vec![Fault::status("/v1/usage", 500)], ..Knobs::default() });
    for _ in 0..9 {
        watched.tick().await;
    }
    watched.states(&["low unknown", "stale firing"]).await;
    let heard = watched.hears(&["low unknown", "stale firing"]).await;
    assert!(heard[0].contains("how it stands is not known"), "{heard:#?}");
    watched.standin.set(left(9_000));
    watched.tick().await;
    watched.states(&["low ok", "stale ok"]).await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_refused_is_told_at_once() {
    let refused = "\n[alerts.refused]\nrefused = true\nchannels = [\"ops\"]\n";
    let scene = Scene::new().await;
    scene.standin.set(Knobs { faults: vec![Fault::status("/v1/usage", 403)], ..Knobs::default() });
    let watched = scene.serve(refused).await;
    watched.tick().await;
    let heard = watched.hears(&["refused firing"]).await;
    assert!(heard[0].contains("usage: the last run was refused"), "{heard:#?}");
    watched.standin.set(left(9_000));
    watched.tick().await;
    watched.hears(&["refused firing", "refused resolved"]).await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_is_judged_by_the_samples_of_each_run() {
    let few = "\n[alerts.few]\njob = \"usage\"\nwhen = \".left < 100\"\nchannels = [\"ops\"]\n";
    let watched = Scene::new().await.serve(few).await;
    watched.tick().await;
    watched.states(&["few ok"]).await;
    watched.standin.set(left(99));
    for state in ["few pending", "few firing"] {
        watched.tick().await;
        watched.states(&[state]).await;
    }
    let heard = watched.hears(&["few firing"]).await;
    assert_eq!(heard, ["few firing: usage: `.left < 100` holds: left is 99"]);
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_silence_lasts_nothing_is_told_and_what_still_holds_is_told_after_it() {
    let watched = Scene::new().await.serve(LOW).await;
    let (store, low) = (&watched.serving.store, Name::new("low").expect("a name"));
    let silence = Silence { at: time(START), until: time("2026-11-24T12:01:05Z"), reason: None };
    store.silence(&low, silence).await.expect("silenced");
    watched.standin.set(left(100));
    for _ in 0..3 {
        watched.tick().await;
    }
    watched.states(&["low silenced"]).await;
    assert_eq!(watched.receiver.heard(), [""; 0]);
    for _ in 0..4 {
        watched.tick().await;
    }
    watched.states(&["low firing"]).await;
    watched.hears(&["low firing"]).await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_without_an_alert_forgets_how_it_stood_and_one_with_another_begins_to_look() {
    let scene = Scene::new().await;
    let without = scene.text("");
    let other = scene.text(&LOW.replace("alerts.low", "alerts.other"));
    let watched = scene.serve(LOW).await;
    watched.tick().await;
    watched.states(&["low ok"]).await;
    for (text, states) in [(without, &[][..]), (other, &["other ok"][..])] {
        let jobs = watched.serving.place.jobs(&text, &watched.standin);
        watched.serving.engine.reload(jobs).await.expect("reloaded");
        watched.states(states).await;
    }
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_before_a_restart_is_not_told_again_and_its_end_is() {
    let scene = Scene::new().await;
    let text = scene.text(LOW);
    scene.standin.set(left(100));
    let watched = scene.serve(LOW).await;
    watched.tick().await;
    watched.tick().await;
    watched.hears(&["low firing"]).await;
    let place = watched.serving.stop().await;
    let watched = Watched { serving: place.serve(&text, &watched.standin).await, ..watched };
    watched.tick().await;
    watched.states(&["low firing"]).await;
    watched.standin.set(left(9_000));
    watched.tick().await;
    watched.hears(&["low firing", "low resolved"]).await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_store_tell_once() {
    let scene = Scene::new().await;
    let text = scene.text(LOW);
    scene.standin.set(left(100));
    let watched = scene.serve(LOW).await;
    let jobs = watched.serving.place.jobs(&text, &watched.standin);
    let (engine, store, shutdown) = watched.serving.place.engine(jobs, Arc::new(Unobserved)).await;
    let other = tokio::spawn(async move { engine.serve(&Quiet).await });
    for _ in 0..4 {
        watched.tick().await;
    }
    watched.states(&["low firing"]).await;
    watched.hears(&["low firing"]).await;
    watched.standin.set(left(9_000));
    for _ in 0..2 {
        watched.tick().await;
    }
    watched.hears(&["low firing", "low resolved"]).await;
    shutdown.request();
    other.await.expect("no panic").expect("served");
    store.close().await;
    watched.serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_file_leaves_alerts_that_it_does_not_have_to_the_one_that_does() {
    let scene = Scene::new().await;
    let other = "[channels.ops]\nwebhook = { env = \"CLIENT_ID\" }\n".to_owned()
        + &usage_job("other", "schedule = \"@hourly\"");
    let watched = scene.serve(LOW).await;
    watched.tick().await;
    watched.states(&["low ok"]).await;
    let jobs = watched.serving.place.jobs(&other, &watched.standin);
    let (engine, store, shutdown) = watched.serving.place.engine(jobs, Arc::new(Unobserved)).await;
    let beside = tokio::spawn(async move { engine.serve(&Quiet).await });
    for _ in 0..2 {
        watched.tick().await;
        watched.states(&["low ok"]).await;
    }
    shutdown.request();
    beside.await.expect("no panic").expect("served");
    store.close().await;
    // Once nobody has it, it is forgotten.
    let jobs = watched.serving.place.jobs(&other, &watched.standin);
    let place = watched.serving.stop().await;
    let serving = place.serve_jobs(jobs).await;
    serving.until("nothing", STATES, Vec::is_empty).await;
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_did_not_say_for_a_while_is_asked_for_again() {
    let watched = Scene::new().await.serve(LOW).await;
    watched.tick().await;
    watched.states(&["low ok"]).await;
    let file = watched.serving.place.store_file();
    rows::execute(&file, "alter table silences rename to hidden").await;
    watched.standin.set(left(100));
    for _ in 0..3 {
        watched.tick().await;
    }
    assert_eq!(watched.serving.rows("select state from alerts").await, ["ok"]);
    rows::execute(&file, "alter table hidden rename to silences").await;
    for _ in 0..2 {
        watched.tick().await;
    }
    watched.states(&["low firing"]).await;
    watched.hears(&["low firing"]).await;
    watched.serving.stop().await;
}
