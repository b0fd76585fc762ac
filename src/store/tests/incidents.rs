//! A refused credential is one incident, and the ticks of its jobs wait for its end.

use super::crashes::kill;
use crate::clock::Time;
use crate::run::{CallRecord, Hold, Incident, IncidentId, Kind, Outcome, Run, RunId, RunState, Verdict};
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

/// A tick of `job` that is held for `cuadra`: its run was, or it never became one.
pub(super) async fn held(store: &Store, job: &str, n: u64) -> RunId {
    match one(store, with("cuadra", claim(job, n))).await {
        Claimed::Held { row } => row,
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
    let call = CallRecord { diagnoses: vec![refusal(at), refusal(at)], ..call(at) };
    let later = CallRecord { seq: 1, ..super::super::fixture::call(at) };
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

#[tokio::test]
async fn a_held_run_that_is_cancelled_is_interrupted_and_a_row_of_several_ticks_is_skipped() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let single = held(store, "a", 0).await;
    let several = held(store, "b", 0).await;
    held(store, "b", 1).await;
    for row in [single, several] {
        assert_eq!(store.cancel(row).await.expect("an answer"), Cancel::Done);
    }
    assert_eq!(
        fixture.rows("select state, kind, reason, ticks from v_runs order by id").await,
        [
            "interrupted|stopped|it was cancelled while it waited|1",
            "skipped|null|cancelled while it waited for its credential|2",
        ]
    );
    assert_eq!(fixture.rows("select state, n from run_counts order by n").await, ["interrupted|1", "skipped|2"]);
    assert_eq!(store.cancel(several).await.expect("an answer"), Cancel::Ended(RunState::Skipped));
    assert_eq!(incident(store).await.waiting_jobs, 0);
}

#[tokio::test]
async fn a_run_that_is_to_end_ends_when_it_would_wait() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    assert_eq!(store.cancel(run.id).await.expect("an answer"), Cancel::Asked);
    store.hold(hold(&run, "cuadra", minute(1))).await.expect("an answer");
    assert_eq!(
        fixture.rows("select state, reason from v_runs").await,
        ["interrupted|it was cancelled while it waited"]
    );
    assert_eq!(fixture.rows("select count(*) from cancels").await, ["0"]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn held_rows_outlive_the_process_that_held_them_and_cover_their_ticks() {
    let fixture = Fixture::new().await;
    let (dead, gone) =
        (fixture.open(Access::Write).await.expect("a second"), fixture.open(Access::Write).await.expect("a third"));
    held(&dead, "a", 0).await;
    for n in 1..3 {
        held(&gone, "a", n).await;
    }
    fixture.execute("update processes set pid_started = 1 where id = 2").await;
    gone.close().await;
    kill(&fixture, &dead).await;
    let store = &fixture.store;
    store.sweep().await.expect("a sweep");
    assert_eq!(fixture.rows("select state, ticks from v_runs").await, ["held|3"]);
    assert_eq!(store.owed().await.expect("read"), []);
    assert_eq!(store.last_covered().await.expect("read"), [(name("a"), minute(2))].into());
    let cover = Cover { scheduled_for: minute(0), through: minute(2) };
    let before = crate::clock::subtract(noon(), std::time::Duration::from_secs(1));
    assert_eq!(store.covers(&name("a"), before, minute(9)).await.expect("read"), [cover]);
    assert_eq!(store.covers(&name("a"), minute(1), minute(9)).await.expect("read"), [cover]);
    assert_eq!(store.done_ticks(&name("a"), before, minute(9)).await.expect("read"), [minute(0)].into());
    assert_eq!(store.orders().await.expect("read").living, [].into());
    let last = store.overview().await.expect("read").remove("a").expect("the job").last;
    assert_eq!((last.state, last.through, last.process), (RunState::Held, Some(minute(2)), None));
    let wanted = RunsWanted { job: None, state: Some(RunState::Held), since: None, limit: 9 };
    assert_eq!(store.runs(&wanted).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_held_run_is_told_with_what_it_waits_for() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let row = held(store, "a", 0).await;
    let detail = store.run(row).await.expect("read").expect("a run");
    let json = serde_json::to_value(detail.incident.expect("an incident")).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "id": 1, "credential": "cuadra", "verdict": "revoked_or_rotated_secret",
            "opened_at": "2026-11-24T12:00:00.000Z", "closed_at": null, "probes": 0, "waiting_jobs": 1,
            "diagnosis_id": 1, "summary": "client my-client is not known",
            "remedy": "put the current secret in its place",
        })
    );
    store.cancel(row).await.expect("an answer");
    assert_eq!(store.run(row).await.expect("read").expect("a run").incident, None);
}

#[tokio::test]
async fn what_is_still_refused_is_not_pruned_and_what_is_over_goes_with_the_diagnoses() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let never = horizons(Time::UNIX_EPOCH);
    held(store, "a", 0).await;
    store.prune(Horizons { diagnoses: minute(600), ..horizons(minute(600)) }).await.expect("a number");
    assert_eq!(fixture.rows("select state from v_runs").await, ["held"]);
    assert_eq!(fixture.rows("select id from v_diagnoses").await, ["1"]);
    store.cancel(RunId(1)).await.expect("an answer");
    assert_eq!(store.close_incident(IncidentId(1), Vec::new(), minute(7)).await.expect("closed"), Release::Done);
    store.prune(Horizons { diagnoses: minute(7), ..never }).await.expect("a number");
    assert_eq!(fixture.rows("select id from v_diagnoses").await, Vec::<String>::new());
    assert_eq!(fixture.rows("select id from v_incidents").await, ["1"]);
    store.prune(Horizons { diagnoses: minute(8), ..never }).await.expect("a number");
    assert_eq!(fixture.rows("select id from v_incidents").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_incident_whose_diagnosis_is_gone_is_told_without_it() {
    let fixture = Fixture::new().await;
    held(&fixture.store, "a", 0).await;
    fixture.execute("delete from diagnoses").await;
    let open = incident(&fixture.store).await;
    assert_eq!((open.summary.as_str(), open.remedy.as_str()), ("", ""));
    assert_eq!(open.verdict, Verdict::RevokedOrRotatedSecret);
    held(&fixture.store, "b", 0).await;
    assert_eq!(fixture.rows("select reason from v_runs where job = 'b'").await, ["credential `cuadra` is refused"]);
}
