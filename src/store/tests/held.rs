//! Rows that wait for a credential: what ends them, what does not, and how they are told.

use std::time::Duration;

use super::crashes::kill;
use super::incidents::{held, hold, incident};
use super::releasing::running;
use crate::clock::{Time, subtract};
use crate::run::{Diagnosis, Hold, IncidentId, Phase, RunId, RunState, Scopes, Verdict};
use crate::store::fixture::*;
use crate::store::*;

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
    let before = subtract(noon(), Duration::from_secs(1));
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
    assert_eq!((open.summary.as_str(), open.remedy.as_str(), open.scopes), ("", "", Scopes::default()));
    assert_eq!(open.verdict, Verdict::RevokedOrRotatedSecret);
    held(&fixture.store, "b", 0).await;
    assert_eq!(fixture.rows("select reason from v_runs where job = 'b'").await, ["credential `cuadra` is refused"]);
}

#[tokio::test]
async fn what_was_recorded_of_a_run_while_it_ran_is_not_there_while_it_waits_and_is_recorded_anew() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let rows = "select (select count(*) from calls), (select count(*) from attempts), (select count(*) from results),
                       (select group_concat(id || phase) from diagnoses)";
    let (other, run) = (fixture.run("b", 0).await, fixture.run("a", 0).await);
    for run in [&other, &run] {
        assert_eq!(store.ended(run.id, call(noon())).await.expect("an answer"), Finish::Recorded);
    }
    assert_eq!(fixture.rows(rows).await, ["2|2|2|1api,2api"]);
    let held = Hold { seq: 1, ..hold(&run, "cuadra", minute(1)) };
    store.hold(held.clone()).await.expect("an answer");
    assert_eq!(fixture.rows(rows).await, ["1|1|1|1api,3mint"], "that of the other run, and the refusal");
    assert_eq!(incident(store).await.summary, "client my-client is not known");

    let waiting = store.waiting(None).await.expect("read").into_iter().map(running).collect();
    store.close_incident(IncidentId(1), waiting, minute(2)).await.expect("closed");
    assert_eq!(store.take(run.id).await.expect("an answer"), Finish::Recorded);
    assert_eq!(store.ended(run.id, call(minute(2))).await.expect("an answer"), Finish::Recorded);
    store.hold(held).await.expect("an answer");
    assert_eq!(fixture.rows(rows).await, ["1|1|1|1api,3mint,5mint"], "what was refused before is told as well");
}

#[tokio::test]
async fn a_credential_that_is_refused_for_another_reason_is_told_anew() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let row = held(store, "a", 0).await;
    let other = Diagnosis {
        verdict: Verdict::ClientNotAllowed,
        rule: "T3",
        summary: "the client may not".to_owned(),
        remedy: "allow it".to_owned(),
        ..refusal(minute(7))
    };
    store.tell_incident_anew(IncidentId(1), other.clone()).await.expect("told");
    let open = incident(store).await;
    assert_eq!((open.id, open.verdict, open.opened_at), (IncidentId(1), Verdict::ClientNotAllowed, noon()));
    assert_eq!((open.summary.as_str(), open.remedy.as_str()), ("the client may not", "allow it"));
    let detail = store.run(row).await.expect("read").expect("a run");
    let told: Vec<_> = detail.diagnoses.iter().map(|told| (told.id, told.seq, told.phase, told.at)).collect();
    assert_eq!(told, [(1, 0, Phase::Mint, noon()), (2, 0, Phase::Mint, minute(7))]);
    assert_eq!(detail.incident.expect("an incident").diagnosis_id, 2);
    assert_eq!(fixture.rows("select distinct job from v_diagnoses").await, ["a"]);
}

#[tokio::test]
async fn an_incident_that_is_closed_or_of_which_the_diagnosis_is_gone_is_not_told_anew() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    held(store, "a", 0).await;
    let verdicts = "select verdict from incidents union all select verdict from diagnoses";
    let other = Diagnosis { verdict: Verdict::ClientNotAllowed, ..refusal(minute(7)) };
    fixture.execute("delete from diagnoses").await;
    store.tell_incident_anew(IncidentId(1), other.clone()).await.expect("an answer");
    assert_eq!(fixture.rows(verdicts).await, ["revoked_or_rotated_secret"]);
    store.cancel(RunId(1)).await.expect("an answer");
    store.close_incident(IncidentId(1), Vec::new(), minute(8)).await.expect("closed");
    held(store, "a", 1).await;
    store.cancel(RunId(2)).await.expect("an answer");
    store.close_incident(IncidentId(2), Vec::new(), minute(8)).await.expect("closed");
    store.tell_incident_anew(IncidentId(2), other).await.expect("an answer");
    assert_eq!(fixture.rows(verdicts).await, ["revoked_or_rotated_secret"; 3]);
}
