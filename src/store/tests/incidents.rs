//! A refused credential is one incident, and the ticks of its jobs wait for its end.

use crate::clock::Time;
use crate::run::{CallRecord, Hold, Incident, IncidentId, Kind, Outcome, Run, RunId, RunState, Scopes, Verdict};
use crate::store::fixture::*;
use crate::store::*;

/// The incident that is open.
pub(super) async fn incident(store: &Store) -> Incident {
    let mut open = store.incidents().await.expect("read");
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

pub(super) async fn one(store: &Store, claim: Claim) -> Claimed {
    store.claim(vec![claim]).await.expect("a claim").remove(0)
}

pub(super) fn with(credential: &str, claim: Claim) -> Claim {
    Claim { credential: Some(name(credential)), ..claim }
}

pub(super) fn hold(run: &Run, credential: &str, at: Time) -> Hold {
    Hold { run: run.id, credential: name(credential), diagnosis: refusal(at), seq: 0, at }
}

/// A tick of `job` that is held for `cuadra`: its run was, or it never became one; or that is skipped.
pub(super) async fn held(store: &Store, job: &str, n: u64) -> RunId {
    match one(store, with("cuadra", claim(job, n))).await {
        Claimed::Held { row } | Claimed::Skipped { row, .. } => row,
        claimed => {
            let run = won(claimed);
            let held = store.hold(hold(&run, "cuadra", minute(n))).await.expect("an answer");
            assert!(matches!(held, Held::For(_)), "{held:?}");
            run.id
        }
    }
}

pub(super) const ROWS: &str =
    "select id, trigger, scheduled_for, through, ticks, state, process is null, reason from v_runs order by id";

#[tokio::test]
async fn the_first_run_that_is_held_opens_an_incident_and_the_next_joins_it() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (a, b) = (
        won(one(store, with("cuadra", claim("a", 0))).await),
        won(one(store, with("cuadra", Claim { begin: Begin::Waiting, ..claim("b", 0) })).await),
    );
    let first = store.hold(hold(&a, "cuadra", minute(1))).await.expect("an answer");
    assert_eq!(first, Held::For(IncidentId(1)));
    assert_eq!(store.hold(hold(&b, "cuadra", minute(2))).await.expect("an answer"), first);
    assert_eq!(
        incident(store).await,
        Incident {
            id: IncidentId(1),
            credential: name("cuadra"),
            verdict: Verdict::RevokedOrRotatedSecret,
            scopes: Scopes::parse("usage:read usage:write"),
            opened_at: minute(1),
            probes: 0,
            probe_at: minute(6),
            waiting_jobs: 2,
            summary: "client my-client is not known".to_owned(),
            remedy: "put the current secret in its place".to_owned(),
        }
    );
    assert_eq!(fixture.rows("select run_id, job, phase from v_diagnoses").await, ["1|a|mint"]);
    let reason = "credential `cuadra` is refused: client my-client is not known";
    let row = |id: i64| format!("{id}|schedule|2026-11-24T12:00:00.000Z|null|1|held|1|{reason}");
    assert_eq!(fixture.rows(ROWS).await, [row(1), row(2)]);
    assert_eq!(fixture.rows("select count(*) from runs where started_at is not null").await, ["0"]);
    assert_eq!(
        fixture.rows("select * from v_incidents").await,
        ["1|cuadra|revoked_or_rotated_secret|2026-11-24T12:01:00.000Z|null|0|2|1"]
    );
}

#[tokio::test]
async fn ticks_of_a_refused_credential_are_held_as_one_row_and_those_of_others_run() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let row = held(store, "a", 0).await;
    for n in 1..4 {
        let answers = store
            .claim(vec![
                with("cuadra", claim("a", n)),
                with("cuadra", Claim { start: Start::CatchUp, begin: Begin::InLine, ..claim("b", n) }),
                with("other", claim(&format!("c{n}"), n)),
                claim(&format!("d{n}"), n),
            ])
            .await
            .expect("claims");
        assert_eq!(answers[0], Claimed::Held { row });
        assert!(matches!(answers[1], Claimed::Held { .. }), "{answers:?}");
        assert!(matches!(answers[2..], [Claimed::Won(_), Claimed::Won(_)]), "{answers:?}");
    }
    let rows =
        "select job, trigger, scheduled_for, through, ticks, finished_at, process from v_runs where state = 'held'";
    assert_eq!(
        fixture.rows(rows).await,
        [
            "a|schedule|2026-11-24T12:00:00.000Z|2026-11-24T12:03:00.000Z|4|null|null",
            "b|catch_up|2026-11-24T12:01:00.000Z|2026-11-24T12:03:00.000Z|3|null|null",
        ]
    );
    assert_eq!(one(store, with("cuadra", claim("a", 2))).await, Claimed::Taken);
    assert_eq!(fixture.rows("select count(*) from run_counts").await, ["0"]);
    assert_eq!(incident(store).await.waiting_jobs, 2);
}

#[tokio::test]
async fn a_run_that_is_no_longer_this_process_is_not_held_and_opens_nothing() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let other = fixture.open(Access::Write).await.expect("a second");
    let (lives, ended) = (fixture.run("a", 0).await, fixture.ended("b", 0).await);
    let manual = won(one(store, Claim { start: Start::Manual, ..claim("c", 0) }).await);
    assert_eq!(other.hold(hold(&lives, "cuadra", minute(1))).await.expect("an answer"), Held::Lost);
    for run in [&ended, &manual] {
        assert_eq!(store.hold(hold(run, "cuadra", minute(1))).await.expect("an answer"), Held::Lost);
    }
    assert_eq!(store.incidents().await.expect("read"), []);
    assert_eq!(fixture.rows("select count(*) from v_diagnoses").await, ["0"]);
}

/// An end of a run of which the token request was refused.
fn refused(run: &Run, credential: &str) -> Outcome {
    let at = run.claimed_at;
    let later = call(at);
    let call = CallRecord { diagnoses: vec![refusal(at), refusal(at)], ..call(at) };
    let later = CallRecord { seq: 1, ..later };
    Outcome {
        state: RunState::Refused,
        kind: Some(Kind::Refused),
        reason: Some("no luck".to_owned()),
        calls: vec![call, later],
        refused_credential: Some(name(credential)),
        ..outcome(run)
    }
}

#[tokio::test]
async fn a_run_that_ended_refused_opens_an_incident_with_its_newest_diagnosis_unless_one_is_open() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let manual = |job, n| with("cuadra", Claim { start: Start::Manual, ..claim(job, n) });
    let (first, second) = (won(one(store, manual("a", 3)).await), won(one(store, manual("b", 4)).await));
    assert_eq!(store.finish(refused(&first, "cuadra")).await.expect("an end"), Finish::Recorded);
    assert_eq!(store.finish(refused(&first, "other")).await.expect("an end"), Finish::Lost);
    assert_eq!(store.finish(refused(&second, "cuadra")).await.expect("an end"), Finish::Recorded);
    let open = incident(store).await;
    assert_eq!((open.id, open.opened_at, open.probe_at, open.waiting_jobs), (IncidentId(1), minute(3), minute(8), 0));
    assert_eq!(fixture.rows("select diagnosis_id from v_incidents").await, ["2"]);
    assert_eq!(fixture.rows("select group_concat(phase) from v_diagnoses where run_id = 1").await, ["mint,mint,api"]);
}

#[tokio::test]
async fn what_somebody_waits_for_runs_also_while_its_credential_is_refused_and_a_held_row_is_not_in_its_way() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    held(store, "a", 0).await;
    held(store, "a", 1).await;
    let manual = won(one(store, with("cuadra", Claim { start: Start::Manual, ..claim("a", 2) })).await);
    assert!(!store.lives_before(&name("a"), manual.id).await.expect("read"));
    let row = one(store, with("cuadra", claim("a", 3))).await;
    assert_eq!(row, Claimed::Held { row: RunId(3) }, "the manual run has closed the stretch");
    store.finish(refused(&manual, "cuadra")).await.expect("an end");
    let again = Claim { start: Start::Repeat(manual.id), ..claim("a", 2) };
    won(one(store, with("cuadra", again)).await);
    let backfill = Claim { start: Start::Backfill, begin: Begin::InLine, ..claim("a", 0) };
    assert_eq!(one(store, with("cuadra", backfill)).await, Claimed::Taken, "the tick lives");
}

#[tokio::test]
async fn a_tick_that_would_not_run_anyway_is_skipped_and_one_that_would_overlap_is_held() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    fixture.run("a", 0).await;
    held(store, "b", 0).await;
    assert!(matches!(one(store, with("cuadra", claim("a", 1))).await, Claimed::Held { .. }));
    let after = Claim { after: Some(name("none")), ..claim("c", 1) };
    assert!(matches!(one(store, with("cuadra", after)).await, Claimed::Skipped { .. }));
    store.pause(&name("b"), Pause { paused_at: noon(), until: None, reason: None }).await.expect("paused");
    assert!(matches!(one(store, with("cuadra", claim("b", 1))).await, Claimed::Skipped { .. }));
    assert_eq!(one(store, with("cuadra", Claim { start: Start::CatchUp, ..claim("b", 0) })).await, Claimed::Taken);
    assert_eq!(one(store, with("cuadra", Claim { start: Start::Again, ..claim("b", 0) })).await, Claimed::Taken);
    let again = with("cuadra", Claim { start: Start::Again, ..claim("d", 0) });
    assert!(matches!(one(store, again).await, Claimed::Held { .. }));
}

#[tokio::test]
async fn a_held_row_does_not_grow_over_a_tick_that_has_a_row() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    fixture.ended("a", 5).await;
    held(store, "b", 5).await;
    let late = with("cuadra", Claim { start: Start::CatchUp, ..claim("a", 3) });
    assert_eq!(one(store, late).await, Claimed::Held { row: RunId(3) });
    assert_eq!(one(store, with("cuadra", claim("a", 6))).await, Claimed::Held { row: RunId(4) });
    assert_eq!(one(store, with("cuadra", claim("a", 7))).await, Claimed::Held { row: RunId(4) });
    assert_eq!(fixture.rows("select ticks from v_runs where job = 'a' order by id").await, ["1", "1", "2"]);
}

#[tokio::test]
async fn of_two_processes_one_opens_the_incident_both_hold_their_ticks_and_one_takes_each_probe() {
    let fixture = Fixture::new().await;
    let (one_store, other) = (&fixture.store, fixture.open(Access::Write).await.expect("a second"));
    let run = won(one(&other, with("cuadra", claim("b", 0))).await);
    held(one_store, "a", 0).await;
    assert!(matches!(one(&other, with("cuadra", claim("c", 1))).await, Claimed::Held { .. }));
    assert_eq!(other.hold(hold(&run, "cuadra", minute(1))).await.expect("an answer"), Held::For(IncidentId(1)));
    let open = incident(&other).await;
    assert_eq!(open.waiting_jobs, 3);
    let next = minute(20);
    let takers = [one_store.take_probe(open.id, open.probe_at, next), other.take_probe(open.id, open.probe_at, next)];
    let taken = futures_util::future::join_all(takers).await.into_iter().map(|taken| taken.expect("an answer"));
    assert_eq!(taken.filter(|taken| *taken).count(), 1);
    let open = incident(one_store).await;
    assert_eq!((open.probes, open.probe_at), (1, next));
    assert!(!other.take_probe(IncidentId(9), next, next).await.expect("an answer"));
}
