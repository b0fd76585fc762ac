//! Which jobs are served, since when.

use crate::store::fixture::*;
use crate::store::*;

fn served(job: &str, schedule: &str, config_hash: &str) -> Served {
    Served { job: name(job), config_hash: config_hash.to_owned(), timing: Some(timing(schedule)) }
}

fn timing(schedule: &str) -> Timing {
    Timing {
        schedule: schedule.to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        policies: "{}".to_owned(),
        file: String::new(),
    }
}

/// "JOB SCHEDULE since MINUTE", and a star when another process serves it.
async fn open(store: &Store) -> Vec<String> {
    let versions = store.versions().await.expect("read");
    let minute = |time| crate::clock::millis_between(noon(), time) / 60_000;
    let line = |version: &JobVersion| {
        let star = if version.is_kept { " *" } else { "" };
        format!("{} {} since {}{star}", version.job, version.timing.schedule, minute(version.valid_from))
    };
    versions.iter().map(line).collect()
}

#[tokio::test]
async fn an_unchanged_job_is_served_since_it_was_first_seen_and_a_changed_one_since_the_change() {
    let fixture = Fixture::new().await;
    fixture
        .store
        .serve(vec![served("a", "@hourly", "1"), served("b", "@daily", "1")], Vec::new(), minute(0))
        .await
        .expect("noted");
    fixture
        .store
        .serve(vec![served("a", "@hourly", "1"), served("b", "@weekly", "2")], Vec::new(), minute(5))
        .await
        .expect("noted");
    assert_eq!(open(&fixture.store).await, ["a @hourly since 0", "b @weekly since 5"]);
}

#[tokio::test]
async fn a_job_that_is_no_longer_served_is_closed_and_begins_anew_when_it_comes_back() {
    let fixture = Fixture::new().await;
    fixture.store.serve(vec![served("a", "@hourly", "1")], Vec::new(), minute(0)).await.expect("noted");
    fixture.store.serve(vec![], Vec::new(), minute(5)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, Vec::<String>::new());
    fixture.store.serve(vec![served("a", "@hourly", "1")], Vec::new(), minute(9)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, ["a @hourly since 9"]);
    assert_eq!(fixture.rows("select valid_to is null from job_versions order by valid_from").await, ["0", "1"]);
}

#[tokio::test]
async fn a_job_without_ticks_has_no_version_but_is_served() {
    let fixture = Fixture::new().await;
    let manual = Served { timing: None, ..served("a", "", "1") };
    fixture.store.serve(vec![manual], Vec::new(), minute(0)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, Vec::<String>::new());
    let other = fixture.open(Access::Write).await.expect("a second");
    assert_eq!(other.served_elsewhere(&[(name("a"), "1".to_owned())]).await.expect("read"), [name("a")].into());
}

#[tokio::test]
async fn two_processes_with_different_files_leave_each_others_jobs_open() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    fixture.store.serve(vec![served("a", "@hourly", "1")], Vec::new(), minute(0)).await.expect("noted");
    other.serve(vec![served("b", "@daily", "1")], Vec::new(), minute(1)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, ["a @hourly since 0", "b @daily since 1 *"]);
    assert_eq!(open(&other).await, ["a @hourly since 0 *", "b @daily since 1"]);
}

#[tokio::test]
async fn a_job_whose_process_is_gone_stays_open_until_somebody_has_given_its_ticks_rows() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    other
        .serve(vec![served("a", "@hourly", "1"), served("b", "@daily", "1")], Vec::new(), minute(0))
        .await
        .expect("noted");
    other.close().await;
    assert_eq!(open(&fixture.store).await, ["a @hourly since 0", "b @daily since 0"]);
    fixture.store.serve(vec![served("b", "@daily", "1")], Vec::new(), minute(2)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, ["a @hourly since 0", "b @daily since 0"], "its ticks have no rows yet");
    fixture.store.serve(vec![served("b", "@daily", "1")], vec![name("a")], minute(3)).await.expect("noted");
    assert_eq!(open(&fixture.store).await, ["b @daily since 0"]);
}
