//! What waited for a credential is released: nothing is lost, and nothing runs twice.

use std::time::Duration;

use super::incidents::{ROWS, held, one, with};
use crate::clock::{Time, add};
use crate::run::{IncidentId, Released, RunId, Span, Tick, Waiting};
use crate::store::fixture::*;
use crate::store::*;

pub(super) const HASH: &str = "feedfeedfeedfeed";

/// Minutes of a row.
fn ticks(waiting: &Waiting) -> impl Iterator<Item = Time> {
    let (first, last) = (waiting.first, waiting.last);
    (0..).map(move |n| add(first, Duration::from_secs(60 * n))).take_while(move |tick| *tick <= last)
}

/// All ticks of a row run.
pub(super) fn running(waiting: Waiting) -> Released {
    let run = ticks(&waiting).map(|scheduled_for| Tick { job: waiting.job.clone(), scheduled_for }).collect();
    Released { waiting, missed: Vec::new(), run, config_hash: Some(HASH.to_owned()) }
}

/// The newest tick of a row runs, the others are missed.
pub(super) fn newest_runs(waiting: Waiting) -> Released {
    let mut released = running(waiting);
    let missed = released.run.split_off(released.run.len() - 1);
    let missed = std::mem::replace(&mut released.run, missed);
    if let (Some(first), Some(last)) = (missed.first(), missed.last()) {
        let ticks = missed.len().try_into().expect("a number");
        let span = Span { first: first.scheduled_for, last: last.scheduled_for, ticks };
        released.missed.push((span, "a newer tick ran".to_owned()));
    }
    released
}

/// No tick of a row runs.
pub(super) fn none_runs(waiting: Waiting) -> Released {
    let span = Span { first: waiting.first, last: waiting.last, ticks: waiting.ticks };
    Released { waiting, missed: vec![(span, "no more".to_owned())], run: Vec::new(), config_hash: None }
}

async fn close(store: &Store, becomes: fn(Waiting) -> Released, at: u64) -> Release {
    let waiting = store.waiting(Some(IncidentId(1))).await.expect("read");
    let released = waiting.into_iter().map(becomes).collect();
    store.close_incident(IncidentId(1), released, minute(at)).await.expect("an answer")
}

#[tokio::test]
async fn a_closed_incident_has_released_all_that_waited_for_it() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    held(store, "a", 0).await;
    held(store, "b", 0).await;
    for n in 1..4 {
        store.claim(vec![with("cuadra", claim("a", n)), with("cuadra", claim("b", n))]).await.expect("claims");
    }
    let waiting = store.waiting(Some(IncidentId(1))).await.expect("read");
    assert_eq!(
        waiting[0],
        Waiting {
            run: RunId(1),
            incident: IncidentId(1),
            credential: name("cuadra"),
            job: name("a"),
            first: minute(0),
            last: minute(3),
            ticks: 4
        }
    );
    let released = vec![running(waiting[0].clone()), newest_runs(waiting[1].clone())];
    assert_eq!(store.close_incident(IncidentId(1), released, minute(9)).await.expect("an answer"), Release::Done);
    let row = |id: i64, n: u64| format!("{id}|catch_up|2026-11-24T12:0{n}:00.000Z|null|1|waiting|1|null");
    assert_eq!(
        fixture.rows(ROWS).await,
        [
            row(1, 0),
            "2|schedule|2026-11-24T12:00:00.000Z|2026-11-24T12:02:00.000Z|3|missed|0|a newer tick ran".to_owned(),
            row(3, 1),
            row(4, 2),
            row(5, 3),
            row(6, 3),
        ]
    );
    assert_eq!(fixture.rows("select state, n from run_counts").await, ["missed|3"]);
    assert_eq!(store.incidents().await.expect("read"), []);
    assert_eq!(
        fixture.rows("select closed_at, probes, waiting_jobs from v_incidents").await,
        ["2026-11-24T12:09:00.000Z|0|2"]
    );
    assert_eq!(
        fixture.rows("select distinct config_hash, claimed_at from v_runs where state = 'waiting'").await,
        ["feedfeedfeedfeed|2026-11-24T12:09:00.000Z"]
    );
}

#[tokio::test]
async fn ticks_of_a_paused_job_are_skipped_when_they_are_released() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for n in 0..3 {
        held(store, "a", n).await;
    }
    let pause = Pause { paused_at: minute(3), until: Some(minute(9)), reason: Some("too dear".to_owned()) };
    store.pause(&name("a"), pause).await.expect("paused");
    assert_eq!(close(store, running, 5).await, Release::Done);
    let row = "1|schedule|2026-11-24T12:00:00.000Z|2026-11-24T12:02:00.000Z|3|skipped|0|paused: too dear";
    assert_eq!(fixture.rows(ROWS).await, [row]);
    assert_eq!(fixture.rows("select state, n from run_counts").await, ["skipped|3"]);
}

#[tokio::test]
async fn a_release_that_went_by_what_is_no_longer_so_writes_nothing() {
    let fixture = Fixture::new().await;
    let (store, other) = (&fixture.store, fixture.open(Access::Write).await.expect("a second"));
    held(store, "a", 0).await;
    let seen = store.waiting(None).await.expect("read");
    let close = async |waiting: &[Waiting]| {
        let released = waiting.iter().cloned().map(running).collect();
        store.close_incident(IncidentId(1), released, minute(9)).await.expect("an answer")
    };
    held(&other, "a", 1).await;
    assert_eq!(close(&seen).await, Release::Stale, "it has grown");
    let seen = store.waiting(None).await.expect("read");
    held(&other, "b", 1).await;
    assert_eq!(close(&seen).await, Release::Stale, "another waits");
    let seen = store.waiting(None).await.expect("read");
    assert_eq!(store.cancel(seen[1].run).await.expect("an answer"), Cancel::Done);
    assert_eq!(close(&seen).await, Release::Stale, "one has ended");
    assert_eq!(fixture.rows("select state, ticks from v_runs order by id").await, ["held|2", "interrupted|1"]);
    assert_eq!(fixture.rows("select count(*) from v_incidents where closed_at is null").await, ["1"]);
    let seen = store.waiting(None).await.expect("read");
    let twice = [seen.clone(), seen.clone()].concat();
    assert_eq!(close(&twice).await, Release::Stale, "a row is released once");
    assert_eq!(close(&seen).await, Release::Done);
    assert_eq!(close(&[]).await, Release::Stale, "it is closed");
}

#[tokio::test]
async fn of_two_processes_that_close_an_incident_one_does() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    for job in ["a", "b", "c"] {
        held(&fixture.store, job, 0).await;
    }
    let (one, two) = futures_util::future::join(close(&fixture.store, running, 5), close(&other, running, 5)).await;
    assert!(matches!((one, two), (Release::Done, Release::Stale) | (Release::Stale, Release::Done)), "{one:?} {two:?}");
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'waiting'").await, ["3"]);
}

#[tokio::test]
async fn rows_that_an_incident_concerns_no_more_are_released_and_it_stays_open() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for job in ["a", "b"] {
        held(store, job, 0).await;
    }
    let seen = store.waiting(None).await.expect("read");
    assert_eq!(store.release(vec![none_runs(seen[0].clone())], minute(5)).await.expect("done"), Release::Done);
    assert_eq!(store.release(vec![none_runs(seen[0].clone())], minute(5)).await.expect("done"), Release::Stale);
    assert_eq!(
        fixture.rows("select job, state, reason, config_hash from v_runs where id = 1").await,
        ["a|missed|no more|0123456789abcdef"]
    );
    assert_eq!(store.incidents().await.expect("read")[0].waiting_jobs, 1);
    let nothing = Released { missed: Vec::new(), run: Vec::new(), config_hash: None, waiting: seen[1].clone() };
    assert_eq!(store.release(vec![nothing], minute(5)).await.expect("done"), Release::Done);
    assert_eq!(
        fixture.rows("select state, reason from v_runs where id = 2").await,
        ["missed|its job has no such ticks any more"]
    );
}

#[tokio::test]
async fn what_was_released_is_taken_by_whoever_serves_its_job_in_whatever_form_and_waits_until_then() {
    let fixture = Fixture::new().await;
    let (store, server) = (&fixture.store, fixture.open(Access::Write).await.expect("a second"));
    held(store, "a", 0).await;
    held(store, "b", 0).await;
    fixture.execute("update runs set claimed_at = 0").await;
    assert_eq!(close(store, running, 0).await, Release::Done);
    fixture.execute("update runs set claimed_at = 0").await;
    assert!(!server.orders().await.expect("read").handed_over);
    assert_eq!(server.adopt().await.expect("runs"), [], "none is given up");
    let left = store.waiting(None).await.expect("read");
    assert_eq!(left.iter().map(|waiting| waiting.run).collect::<Vec<_>>(), [RunId(1), RunId(2)]);
    assert_eq!(store.waiting(Some(IncidentId(1))).await.expect("read"), []);

    let form = Served { job: name("a"), config_hash: "another".to_owned(), timing: None };
    server.serve(vec![form], Vec::new(), noon()).await.expect("noted");
    assert!(server.orders().await.expect("read").handed_over);
    assert!(!store.orders().await.expect("read").handed_over);
    let adopted = server.adopt().await.expect("runs");
    assert_eq!(adopted.len(), 1);
    assert_eq!((adopted[0].run.id, adopted[0].config_hash.as_str()), (RunId(1), "another"));
    assert_eq!(fixture.rows("select config_hash, trigger from v_runs where id = 1").await, ["another|catch_up"]);
    server.started(RunId(1), minute(1));
    server.finish(outcome(&adopted[0].run)).await.expect("an end");

    let later = store.waiting(None).await.expect("read");
    assert_eq!(store.release(vec![none_runs(later[0].clone())], minute(5)).await.expect("done"), Release::Done);
    assert_eq!(fixture.rows("select state from v_runs order by id").await, ["succeeded", "missed"]);
}

#[tokio::test]
async fn a_tick_that_was_released_is_in_the_way_of_others_only_where_somebody_serves_its_job() {
    let fixture = Fixture::new().await;
    let (store, server) = (&fixture.store, fixture.open(Access::Write).await.expect("a second"));
    held(store, "a", 0).await;
    close(store, running, 1).await;
    let manual = |n| with("cuadra", Claim { start: Start::Manual, ..claim("a", n) });
    let run = won(one(store, manual(2)).await);
    assert!(!store.lives_before(&name("a"), run.id).await.expect("read"));
    store.finish(outcome(&run)).await.expect("an end");
    let form = Served { job: name("a"), config_hash: HASH.to_owned(), timing: None };
    server.serve(vec![form], Vec::new(), noon()).await.expect("noted");
    assert!(matches!(one(store, manual(3)).await, Claimed::Skipped { .. }));
}

#[tokio::test]
async fn the_rows_of_a_job_are_released_in_the_order_of_their_ticks() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    fixture.ended("a", 7).await;
    held(store, "b", 0).await;
    for n in [8, 9, 1, 2, 10] {
        held(store, "a", n).await;
    }
    let seen = fixture.rows("select id, ticks from v_runs where job = 'a' and state = 'held' order by id").await;
    assert_eq!(seen, ["3|2", "4|2", "5|1"]);
    assert_eq!(close(store, running, 20).await, Release::Done);
    let order =
        "select id, strftime('%M', scheduled_for) from v_runs where job = 'a' and state = 'waiting' order by id";
    assert_eq!(fixture.rows(order).await, ["3|01", "4|02", "5|08", "6|09", "7|10"]);
}

#[tokio::test]
async fn a_list_since_a_time_has_the_runs_that_were_released_since() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    held(store, "a", 0).await;
    fixture.ended("b", 1).await;
    close(store, running, 9).await;
    for (since, ids) in [(0, vec![2, 1]), (2, vec![1]), (9, vec![1]), (10, vec![])] {
        let wanted = RunsWanted { job: None, state: None, since: Some(minute(since)), limit: 9 };
        let runs: Vec<i64> = store.runs(&wanted).await.expect("read").into_iter().map(|run| run.id.0).collect();
        assert_eq!(runs, ids, "since {since}");
    }
}
