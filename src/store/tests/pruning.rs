use crate::run::{Scopes, TokenEvent, TokenEventKind};
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn old_runs_go_with_their_rows_and_samples_diagnoses_and_counts_stay() {
    let fixture = Fixture::new().await;
    for n in 0..4 {
        let run = fixture.run("usage", n).await;
        fixture.store.finish(full_outcome(&run)).await.expect("an end");
    }
    assert_eq!(fixture.store.prune(horizons(minute(2))).await.expect("a number"), 2);
    assert_eq!(fixture.rows("select id from v_runs").await, ["3", "4"]);
    for view in ["v_calls", "v_attempts", "v_results"] {
        assert_eq!(fixture.rows(&format!("select run_id from {view}")).await, ["3", "4"], "{view}");
    }
    assert_eq!(fixture.rows("select count(*), count(distinct run_id) from v_diagnoses").await, ["4|4"]);
    assert_eq!(fixture.rows("select count(*) from v_samples").await, ["12"]);
    assert_eq!(fixture.rows("select n from run_counts").await, ["4"]);
}

#[tokio::test]
async fn the_newest_run_of_a_job_and_the_newest_that_covers_a_tick_stay_whatever_their_age() {
    let fixture = Fixture::new().await;
    fixture.ended("yearly", 0).await;
    fixture.ended("yearly", 1).await;
    for n in 2..4 {
        let manual = Claim { start: Start::Manual, ..claim("yearly", n) };
        let run = won(fixture.store.claim(vec![manual]).await.expect("a claim").remove(0));
        fixture.store.finish(outcome(&run)).await.expect("an end");
    }
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 2);
    assert_eq!(
        fixture.rows("select scheduled_for, trigger from v_runs").await,
        ["2026-11-24T12:01:00.000Z|schedule", "2026-11-24T12:03:00.000Z|manual"]
    );
    assert_eq!(fixture.store.last_covered().await.expect("times").get("yearly"), Some(&minute(1)));
}

#[tokio::test]
async fn a_live_run_stays_however_long_it_takes() {
    let fixture = Fixture::new().await;
    let manual = |n| Claim { start: Start::Manual, ..claim("usage", n) };
    fixture.store.claim(vec![manual(0)]).await.expect("a run");
    fixture.store.claim(vec![manual(1), manual(2)]).await.expect("two that overlap");
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 1);
    assert_eq!(fixture.rows("select state from v_runs").await, ["running", "skipped"]);
}

#[tokio::test]
async fn many_old_runs_go_in_steps_and_the_file_shrinks() {
    let fixture = Fixture::new().await;
    for n in 0..6 {
        let claims = (0..300).map(|job| claim(&format!("job-{job}"), n)).collect();
        let runs = fixture.store.claim(claims).await.expect("claims");
        let ends = runs.into_iter().map(|claimed| fixture.store.finish(full_outcome(&won(claimed))));
        for end in futures_util::future::join_all(ends).await {
            assert_eq!(end.expect("an end"), Finish::Recorded);
        }
    }
    let pages = |rows: Vec<String>| rows[0].parse::<u32>().expect("a number");
    let before = pages(fixture.rows("pragma page_count").await);
    assert_eq!(fixture.store.prune(horizons(minute(600))).await.expect("a number"), 5 * 300);
    assert_eq!(fixture.rows("select count(*) from v_runs").await, ["300"]);
    assert!(pages(fixture.rows("pragma page_count").await) < before);
    assert_eq!(fixture.rows("pragma foreign_key_check").await, Vec::<String>::new());
    assert_eq!(fixture.rows("pragma integrity_check").await, ["ok"]);
}

#[tokio::test]
async fn old_token_events_and_processes_that_are_gone_go_too() {
    let fixture = Fixture::new().await;
    fixture.open(Access::Write).await.expect("a second").close().await;
    for n in 0..3 {
        fixture.store.token_event(TokenEvent {
            at: minute(n),
            credential: name("cuadra"),
            scopes: Scopes::default(),
            event: TokenEventKind::Fetched,
            generation: n,
            served: 0,
            duration_ms: None,
            expires_at: None,
            detail: None,
        });
    }
    assert_eq!(fixture.store.prune(horizons(minute(2))).await.expect("a number"), 0);
    assert_eq!(fixture.rows("select generation from v_token_events").await, ["2"]);
    assert_eq!(fixture.rows("select count(*) from processes").await, ["1"]);
}
