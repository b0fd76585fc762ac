use crate::clock::Time;
use crate::run::Outcome;
use crate::run::{Kind, Number, RunState, Sample, TokenEvent, TokenEventKind};
use crate::run::{RunId, Scopes};
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn a_final_state_is_written_once() {
    let fixture = Fixture::new().await;
    let run = fixture.ended("usage", 0).await;
    let failed = Outcome {
        state: RunState::Failed,
        kind: Some(Kind::Timeout),
        reason: Some("late".to_owned()),
        ..outcome(&run)
    };
    assert_eq!(fixture.store.finish(failed).await.expect("an answer"), Finish::Lost);
    assert_eq!(fixture.store.finish(Outcome { run: RunId(99), ..outcome(&run) }).await.expect("one"), Finish::Lost);
    assert_eq!(fixture.rows("select state, kind from v_runs").await, ["succeeded|null"]);
}

#[tokio::test]
async fn two_ends_of_one_run_in_one_batch_are_one_end() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    let (one, two) = tokio::join!(fixture.store.finish(full_outcome(&run)), fixture.store.finish(full_outcome(&run)));
    assert_eq!((one.expect("one"), two.expect("two")), (Finish::Recorded, Finish::Lost));
    assert_eq!(fixture.rows("select count(*) from v_calls").await, ["1"]);
}

#[tokio::test]
async fn a_run_that_another_process_took_over_is_lost_and_nothing_of_it_is_written() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    fixture.execute("update runs set process_id = process_id + 1").await;
    assert_eq!(fixture.store.finish(full_outcome(&run)).await.expect("an answer"), Finish::Lost);
    assert_eq!(fixture.rows("select state from v_runs").await, ["running"]);
    for view in ["v_calls", "v_attempts", "v_results", "v_diagnoses", "v_samples"] {
        assert_eq!(fixture.rows(&format!("select count(*) from {view}")).await, ["0"], "{view}");
    }
}

#[tokio::test]
async fn a_start_that_is_not_awaited_comes_before_the_end_of_its_run() {
    let fixture = Fixture::new().await;
    let waiting = Claim { begin: Begin::Waiting, ..claim("usage", 0) };
    let run = won(fixture.store.claim(vec![waiting]).await.expect("a claim").remove(0));
    fixture.store.started(run.id, minute(1));
    let end = Outcome { started_at: Some(minute(1)), finished_at: minute(2), ..outcome(&run) };
    assert_eq!(fixture.store.finish(end).await.expect("an end"), Finish::Recorded);
    fixture.store.started(run.id, minute(9));
    fixture.store.clone().close().await;
    assert_eq!(fixture.rows("select state, started_at from v_runs").await, ["succeeded|2026-11-24T12:01:00.000Z"]);
}

#[tokio::test]
async fn one_bad_outcome_does_not_sink_the_others_of_its_batch() {
    let fixture = Fixture::new().await;
    let mut runs = Vec::new();
    for n in 0..9 {
        runs.push(fixture.run(&format!("job-{n}"), 0).await);
    }
    let ends = runs.iter().enumerate().map(|(n, run)| {
        let mut end = full_outcome(run);
        if n == 4 {
            end.samples.push(Sample::gauge(&run.tick.job, "nonsense", minute(0), Number::Real(f64::NAN)));
        }
        fixture.store.finish(end)
    });
    for (n, end) in futures_util::future::join_all(ends).await.into_iter().enumerate() {
        match end {
            Ok(finish) => assert!(n != 4 && finish == Finish::Recorded, "{n}: {finish:?}"),
            Err(error) => assert!(n == 4 && matches!(error, StoreError::Rejected { .. }), "{n}: {error}"),
        }
    }
    assert_eq!(fixture.rows("select count(*) from v_runs where state = 'succeeded'").await, ["8"]);
    assert_eq!(fixture.rows("select count(*) from v_samples").await, ["24"]);
    let repaired = fixture.store.finish(full_outcome(&runs[4])).await.expect("the run is as it was");
    assert_eq!(repaired, Finish::Recorded);
}

#[tokio::test]
async fn a_state_that_is_not_final_is_no_end() {
    let fixture = Fixture::new().await;
    let run = fixture.run("usage", 0).await;
    for (state, kind) in [(RunState::Running, None), (RunState::Failed, None), (RunState::Succeeded, Some(Kind::Dns))] {
        let end = Outcome { state, kind, ..outcome(&run) };
        let error = fixture.store.finish(end).await.expect_err("nonsense");
        assert!(matches!(error, StoreError::Rejected { .. }), "{error}");
    }
}

#[tokio::test]
async fn ends_are_counted_by_job_day_and_state() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    fixture.ended("usage", 1).await;
    fixture.ended("usage", 24 * 60).await;
    let day = noon().timestamp() / 86_400;
    assert_eq!(
        fixture.rows("select day, state, n from run_counts order by day").await,
        [format!("{day}|succeeded|2"), format!("{}|succeeded|1", day + 1)]
    );
}

#[tokio::test]
async fn samples_of_one_series_at_one_time_are_one_reading() {
    let fixture = Fixture::new().await;
    for (minute_, value) in [(0, 1), (1, 2)] {
        let run = fixture.run("usage", minute_).await;
        let sample = Sample::gauge(&run.tick.job, "credits", noon(), Number::Whole(value));
        fixture.store.finish(Outcome { samples: vec![sample], ..outcome(&run) }).await.expect("an end");
    }
    assert_eq!(fixture.rows("select value, run_id from v_samples").await, ["2|2"]);
}

#[tokio::test]
async fn samples_that_no_run_took_belong_to_no_job_and_join_their_series() {
    let fixture = Fixture::new().await;
    let reading = |minute_, value| Sample {
        metric: "credential.cuadra.seconds_left".to_owned(),
        label: "usage:read".to_owned(),
        unit: Some("s".to_owned()),
        ..Sample::gauge(&name("any"), "metric", minute(minute_), Number::Whole(value))
    };
    fixture.store.samples(Vec::new());
    fixture.store.samples(vec![reading(0, 3600), reading(1, 3540)]);
    fixture.store.samples(vec![reading(1, 3539)]);
    fixture.store.flush().await.expect("written");
    assert_eq!(
        fixture.rows("select metric, label, value, run_id from v_samples order by at").await,
        ["credential.cuadra.seconds_left|usage:read|3600|null", "credential.cuadra.seconds_left|usage:read|3539|null"]
    );
    assert_eq!(fixture.rows("select kind, unit, job_id from metrics").await, ["gauge|s|null"]);
    assert_eq!(fixture.rows("select count(*) from series").await, ["1"]);
}

#[tokio::test]
async fn what_became_of_tokens_is_kept_in_order() {
    let fixture = Fixture::new().await;
    let event = TokenEvent {
        at: noon(),
        credential: name("cuadra"),
        scopes: Scopes::parse("usage:read files:read"),
        event: TokenEventKind::Fetched,
        generation: 1,
        served: 0,
        duration_ms: Some(u64::MAX),
        expires_at: Some(Time::MAX_UTC),
        detail: None,
    };
    let rejected = TokenEvent { event: TokenEventKind::Rejected, served: 7, duration_ms: None, ..event.clone() };
    fixture.store.token_event(event);
    fixture.store.token_event(rejected);
    fixture.store.clone().close().await;
    assert_eq!(
        fixture.rows("select credential, scopes, event, served, duration_ms, expires_at from v_token_events").await,
        [
            "cuadra|files:read usage:read|fetched|0|9223372036854775807|9999-12-31T23:59:59.999Z",
            "cuadra|files:read usage:read|rejected|7|null|9999-12-31T23:59:59.999Z"
        ]
    );
}
