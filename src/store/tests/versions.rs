//! Which jobs are served, since when.

use crate::clock::Time;
use crate::run::Name;
use crate::store::JobVersion;
use crate::store::fixture::Fixture;

fn at(minute: u32) -> Time {
    format!("2026-11-24T12:{minute:02}:00Z").parse().expect("a time")
}

fn version(job: &str, schedule: &str, minute: u32) -> JobVersion {
    JobVersion {
        job: Name::new(job).expect("a name"),
        schedule: schedule.to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        config_hash: "0123456789abcdef".to_owned(),
        valid_from: at(minute),
    }
}

#[tokio::test]
async fn an_unchanged_job_is_served_since_it_was_first_seen_and_a_changed_one_since_the_change() {
    let fixture = Fixture::new().await;
    fixture.store.serve(vec![version("a", "@hourly", 0), version("b", "@daily", 0)], at(0)).await.expect("noted");
    fixture.store.serve(vec![version("a", "@hourly", 5), version("b", "@weekly", 5)], at(5)).await.expect("noted");
    let mut served = fixture.store.served().await.expect("read");
    served.sort_by(|one, other| one.job.cmp(&other.job));
    assert_eq!(served, [version("a", "@hourly", 0), version("b", "@weekly", 5)]);
}

#[tokio::test]
async fn a_job_that_is_no_longer_served_is_closed_and_begins_anew_when_it_comes_back() {
    let fixture = Fixture::new().await;
    fixture.store.serve(vec![version("a", "@hourly", 0)], at(0)).await.expect("noted");
    fixture.store.serve(vec![], at(5)).await.expect("noted");
    assert_eq!(fixture.store.served().await.expect("read"), []);
    fixture.store.serve(vec![version("a", "@hourly", 9)], at(9)).await.expect("noted");
    assert_eq!(fixture.store.served().await.expect("read"), [version("a", "@hourly", 9)]);
    assert_eq!(fixture.rows("select valid_to is null from job_versions order by valid_from").await, ["0", "1"]);
}
