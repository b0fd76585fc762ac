//! A refused credential is one incident, and the ticks of its jobs wait for its end.

use crate::clock::Time;
use crate::run::{
    Hold, Incident, IncidentId, Kind, Outcome, Phase, Released, Run, RunId, RunState, Scopes, Span, Tick, Verdict,
    Waiting,
};
use crate::store::fixture::*;
use crate::store::*;

/// The incident that is open.
async fn incident(store: &Store) -> Incident {
    let mut open = store.incidents().await.expect("read");
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

async fn one(store: &Store, claim: Claim) -> Claimed {
    store.claim(vec![claim]).await.expect("a claim").remove(0)
}

fn with(credential: &str, claim: Claim) -> Claim {
    Claim { credential: Some(name(credential)), ..claim }
}

fn hold(run: &Run, credential: &str, at: Time) -> Hold {
    Hold { run: run.id, credential: name(credential), diagnosis: refusal(at), seq: 0, at }
}

/// A tick of `job` that is held for `cuadra`: its run was, or it never became one.
async fn held(store: &Store, job: &str, n: u64) -> RunId {
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

/// All ticks of a row run.
fn running(waiting: Waiting) -> Released {
    let ticks = (0..).map(|n| crate::clock::add(waiting.first, std::time::Duration::from_secs(60 * n)));
    let run = ticks.take_while(|tick| *tick <= waiting.last);
    let run = run.map(|scheduled_for| Tick { job: waiting.job.clone(), scheduled_for }).collect();
    Released { waiting, missed: Vec::new(), run, config_hash: Some("feedfeedfeedfeed".to_owned()) }
}

/// The newest tick of a row runs, the others are missed.
fn newest_runs(waiting: Waiting) -> Released {
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

const ROWS: &str =
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
