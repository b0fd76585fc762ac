//! What a server finds when it starts, and what others leave to it later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use apicron::clock::Time;
use apicron::engine::{Announce, Changes, Unobserved};
use apicron::store::{Access, Served, Store, Timing};

use super::driven::{ENDED, Place, Serving, lines};
use crate::support::eventually::eventually;
use crate::support::jobs::usage_job;
use crate::support::{rows, standin};

/// Counts the signs of life.
#[derive(Default)]
struct Signs {
    alive: AtomicUsize,
    ready: AtomicUsize,
}

impl Announce for Signs {
    fn ready(&self, _first: Option<Time>) {
        self.ready.fetch_add(1, Ordering::Relaxed);
    }

    fn alive(&self) {
        self.alive.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_a_locked_store_holds_up_shows_life_loses_no_tick_and_lets_a_reload_wait() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:30:00Z"));
    let jobs = place.jobs(&usage_job("hourly", "schedule = \"@hourly\""), &standin);
    let (engine, store, shutdown) = place.engine(jobs.clone(), Arc::new(Unobserved)).await;
    let lock = rows::lock(&place.store_file()).await;
    let signs = Arc::new(Signs::default());
    let (serving, announce) = (engine.clone(), Arc::clone(&signs));
    let served = tokio::spawn(async move { serving.serve(announce.as_ref()).await });
    let until_alive = async |signs_of_life: usize| {
        let look = async || {
            place.hands.advance(Duration::from_millis(10));
            signs.alive.load(Ordering::Relaxed)
        };
        eventually("signs of life", look, |&seen| seen >= signs_of_life).await
    };
    until_alive(1).await;
    let reload = tokio::spawn(async move { engine.reload(jobs).await });
    place.hands.advance(Duration::from_secs(45 * 60));
    until_alive(3).await;
    assert!(signs.ready.load(Ordering::Relaxed) == 0 && !reload.is_finished());
    drop(lock);
    assert_eq!(reload.await.expect("no panic").expect("reloaded"), Changes::default());
    let rows = async || {
        place.hands.advance(Duration::from_millis(10));
        lines(&place.store_file(), ENDED).await
    };
    eventually("a run", rows, |seen| seen == &["2026-11-24T12:00:00.000Z catch_up succeeded"]).await;
    shutdown.request();
    served.await.expect("no panic").expect("served");
    store.close().await;
}

/// A process that says that it serves the hourly job `job` of a file, and does nothing.
async fn idle_keeper(place: &Place, file: &str) -> Store {
    let store = Store::open(&place.store_file(), Access::Write, &place.clock).await.expect("a store");
    let timing = Timing {
        schedule: "@hourly".to_owned(),
        timezone: "UTC".to_owned(),
        policies: "{}".to_owned(),
        file: file.to_owned(),
    };
    let job = apicron::run::Name::new("job").expect("a name");
    let served = Served { job, config_hash: "another".to_owned(), timing: Some(timing) };
    store.serve(vec![served], Vec::new(), place.clock.now()).await.expect("served");
    store
}

/// The file that this place's servers serve, as they note it.
fn own_file(place: &Place) -> String {
    let folder = std::fs::canonicalize(place.folder.path()).expect("a folder");
    folder.join("jobs.toml").display().to_string()
}

const VERSIONS: &str = "select jobs.name || ' ' || schedule from job_versions join jobs on jobs.id = job_id
                        where valid_to is null order by 1";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_of_a_job_that_another_process_keeps_in_another_form_has_its_row() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:30:00Z"));
    let keeper = idle_keeper(&place, &own_file(&place)).await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&usage_job("job", "schedule = \"*/20 * * * *\""), &standin).await;
    assert_eq!(serving.rows(VERSIONS).await, ["job */20 * * * *"]);
    keeper.close().await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 3 ticks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_left_the_file_is_its_keepers_and_is_settled_when_nobody_keeps_it_any_more() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:30:00Z"));
    let keeper = idle_keeper(&place, &own_file(&place)).await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let serving = place.serve(&usage_job("other", "schedule = \"@hourly\""), &standin).await;
    assert_eq!(serving.rows(VERSIONS).await, ["job @hourly", "other @hourly"]);
    assert!(serving.rows(ENDED).await.is_empty());
    keeper.close().await;
    serving.until("a settled version", VERSIONS, |seen| seen == &["other @hourly"]).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z missed 3 ticks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_another_file_waits_a_day_for_its_server() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:30:00Z"));
    idle_keeper(&place, "/srv/other/jobs.toml").await.close().await;
    place.hands.advance(Duration::from_secs(24 * 3600));
    let serving = place.serve(&usage_job("other", "schedule = \"@hourly\""), &standin).await;
    assert_eq!(serving.rows(VERSIONS).await, ["job @hourly", "other @hourly"]);
    assert!(serving.rows(ENDED).await.is_empty(), "its server catches up when it comes back");
    let place = serving.stop().await;
    place.hands.advance(Duration::from_secs(3600));
    let serving = place.serve(&usage_job("other", "schedule = \"@hourly\""), &standin).await;
    assert_eq!(serving.rows(VERSIONS).await, ["other @hourly"]);
    serving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_moves_into_the_file_of_a_living_server_is_caught_up_there() {
    let (standin, place) = (standin::start().await, Place::at("2026-11-24T11:30:00Z"));
    idle_keeper(&place, "/srv/other/jobs.toml").await.close().await;
    place.hands.advance(Duration::from_secs(3 * 3600));
    let own = usage_job("own", "");
    let serving = place.serve(&own, &standin).await;
    let moved = own + &usage_job("job", "schedule = \"@hourly\"");
    serving.engine.reload(serving.place.jobs(&moved, &standin)).await.expect("reloaded");
    serving.until_ended(2).await;
    let rows = ["2026-11-24T12:00:00.000Z missed 2 ticks", "2026-11-24T14:00:00.000Z catch_up succeeded"];
    assert_eq!(serving.end().await, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_others_took_for_dead_serves_again() {
    let standin = standin::start().await;
    let job = usage_job("hourly", "schedule = \"@hourly\"");
    let serving = Serving::begin("2026-11-24T11:30:00Z", &job, &standin).await;
    let file = serving.place.store_file();
    rows::execute(&file, "update processes set pid_started = pid_started - 1").await;
    Store::open(&file, Access::Write, &serving.place.clock).await.expect("a store").close().await;
    rows::execute(&file, "update processes set pid_started = pid_started + 1").await;
    let served = "select jobs.name from served join jobs on jobs.id = job_id
                  join processes on processes.id = process_id where gone_at is null";
    assert!(serving.rows(served).await.is_empty());
    serving.advance(6);
    serving.until("a job that is served", served, |seen| seen == &["hourly"]).await;
    serving.advance_to("2026-11-24T12:00:00Z");
    serving.until_ended(1).await;
    assert_eq!(serving.end().await, ["2026-11-24T12:00:00.000Z succeeded"]);
}
