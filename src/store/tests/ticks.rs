use crate::clock::Time;
use crate::run::{Kind, Outcome, RunState};
use crate::store::fixture::*;
use crate::store::*;

/// Versions of jobs, by SQL: job, from and to in minutes, and whether this process serves it.
async fn version(fixture: &Fixture, job: &str, from: u64, to: Option<u64>) {
    let to = to.map_or_else(|| "null".to_owned(), |to| minute(to).timestamp_millis().to_string());
    for sql in [
        format!("insert or ignore into jobs (name) values ('{job}')"),
        "insert or ignore into texts (name) values ('hash')".to_owned(),
        format!(
            "insert into job_versions (job_id, schedule, timezone, config_id, valid_from, valid_to)
             values ((select id from jobs where name = '{job}'), '@hourly', 'UTC',
                     (select id from texts where name = 'hash'), {}, {to})",
            minute(from).timestamp_millis()
        ),
    ] {
        fixture.execute(&sql).await;
    }
}

#[tokio::test]
async fn the_versions_of_a_while_are_those_that_held_in_it() {
    let fixture = Fixture::new().await;
    version(&fixture, "usage", 0, Some(10)).await;
    version(&fixture, "usage", 10, Some(20)).await;
    version(&fixture, "usage", 20, None).await;
    version(&fixture, "other", 30, None).await;
    let within = async |from, to| {
        let versions = fixture.store.versions_within(minute(from), minute(to)).await.expect("versions");
        versions.into_iter().map(|version| (version.job.to_string(), version.valid_from)).collect::<Vec<_>>()
    };
    let usage = |from| ("usage".to_owned(), minute(from));
    assert_eq!(within(0, 10).await, [usage(0)]);
    assert_eq!(within(10, 20).await, [usage(10)]);
    assert_eq!(within(9, 21).await, [usage(0), usage(10), usage(20)]);
    assert_eq!(within(40, 50).await, [("other".to_owned(), minute(30)), usage(20)]);
    let open = fixture.store.versions_within(minute(40), minute(50)).await.expect("versions").remove(1);
    assert_eq!((open.timing.schedule.as_str(), open.timing.timezone.as_str()), ("@hourly", "UTC"));
    assert_eq!((open.config_hash.as_str(), open.valid_to, open.is_kept), ("hash", None, false));
}

#[tokio::test]
async fn a_version_is_kept_while_a_process_that_lives_serves_it() {
    let fixture = Fixture::new().await;
    version(&fixture, "usage", 0, None).await;
    let kept = async |store: &Store| store.versions_within(minute(1), minute(2)).await.expect("versions")[0].is_kept;
    let reader = fixture.open(Access::Read).await.expect("a reader");
    assert!(!kept(&reader).await);
    fixture.execute("insert into served select 1, job_id, config_id from job_versions").await;
    assert!(kept(&reader).await);
    assert!(!kept(&fixture.store).await, "by another one");
    fixture.execute("update processes set pid_started = 1").await; // its pid is another's by now
    assert!(!kept(&reader).await);
}

fn covers(ticks: &[(u64, u64)]) -> Vec<Cover> {
    ticks.iter().map(|&(first, last)| Cover { scheduled_for: minute(first), through: minute(last) }).collect()
}

#[tokio::test]
async fn ticks_are_covered_by_rows_of_the_schedule_and_by_stretches_that_reach_to_them() {
    let fixture = Fixture::new().await;
    fixture.store.cover(vec![stretch("usage", 0, 5), stretch("other", 0, 50)]).await.expect("rows");
    fixture.ended("usage", 6).await;
    let catch_up = Claim { start: Start::CatchUp, ..claim("usage", 7) };
    let manual = Claim { start: Start::Manual, ..claim("usage", 8) };
    for claim in [catch_up, manual] {
        let run = won(fixture.store.claim(vec![claim]).await.expect("a claim").remove(0));
        fixture.store.finish(outcome(&run)).await.expect("an end");
    }
    fixture.store.cover(vec![stretch("usage", 10, 20)]).await.expect("rows");
    let of = async |from, to| fixture.store.covers(&name("usage"), minute(from), minute(to)).await.expect("covers");
    assert_eq!(of(3, 12).await, covers(&[(0, 5), (6, 6), (7, 7), (10, 20)]));
    assert_eq!(of(5, 6).await, covers(&[(6, 6)]), "after the first and up to the second");
    assert_eq!(of(5, 5).await, covers(&[]));
    assert_eq!(of(12, 13).await, covers(&[(10, 20)]));
    assert_eq!(of(20, 30).await, covers(&[]));
    let begun =
        async |from, to| fixture.store.covers_begun(&name("usage"), minute(from), minute(to)).await.expect("covers");
    assert_eq!(begun(3, 12).await, covers(&[(6, 6), (7, 7), (10, 20)]));
    assert_eq!(begun(10, 20).await, covers(&[]));
    assert_eq!(fixture.store.covers(&name("nobody"), minute(0), minute(9)).await.expect("covers"), []);
}

#[tokio::test]
async fn a_row_that_lives_in_a_process_that_is_gone_covers_nothing() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 1).await;
    fixture.ended("other", 1).await;
    let reader = fixture.open(Access::Read).await.expect("a reader");
    let of = async |job| reader.covers(&name(job), minute(0), minute(9)).await.expect("covers");
    assert_eq!(of("usage").await, covers(&[(1, 1)]), "its process lives");
    fixture.execute("update processes set pid_started = 1").await; // its pid is another's by now
    assert_eq!(of("usage").await, covers(&[]));
    assert_eq!(of("other").await, covers(&[(1, 1)]), "what has ended covers for good");
}

#[tokio::test]
async fn a_tick_is_done_when_any_run_of_it_succeeded_or_lives() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 1).await;
    let failed = fixture.run("usage", 2).await;
    let end = Outcome { state: RunState::Failed, kind: Some(Kind::Timeout), ..outcome(&failed) };
    fixture.store.finish(end).await.expect("an end");
    fixture.store.cover(vec![stretch("usage", 3, 4)]).await.expect("rows");
    let manual = Claim { start: Start::Manual, ..claim("usage", 3) };
    let manual = won(fixture.store.claim(vec![manual]).await.expect("a claim").remove(0));
    fixture.store.finish(outcome(&manual)).await.expect("an end");
    fixture.run("usage", 5).await;
    let done = async |from, to| -> Vec<Time> {
        fixture.store.done_ticks(&name("usage"), minute(from), minute(to)).await.expect("ticks").into_iter().collect()
    };
    assert_eq!(done(0, 9).await, [minute(1), minute(3), minute(5)]);
    assert_eq!(done(1, 3).await, [minute(3)]);
}
