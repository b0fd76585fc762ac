use crate::clock::Time;
use crate::store::fixture::*;
use crate::store::*;

fn pause(at: u64, until: Option<u64>, reason: Option<&str>) -> Pause {
    Pause { paused_at: minute(at), until: until.map(minute), reason: reason.map(str::to_owned) }
}

async fn paused(store: &Store, now: Time) -> Vec<String> {
    store.pauses(now).await.expect("pauses").into_keys().map(|job| job.to_string()).collect()
}

#[tokio::test]
async fn a_pause_is_told_until_it_ends_by_itself_or_by_a_resume() {
    let fixture = Fixture::new().await;
    let (store, usage, other) = (&fixture.store, name("usage"), name("other"));
    store.pause(&usage, pause(0, Some(5), Some("they move house"))).await.expect("a pause");
    store.pause(&other, pause(0, None, None)).await.expect("a pause");
    let pauses = store.pauses(minute(4)).await.expect("pauses");
    assert_eq!(pauses["usage"], pause(0, Some(5), Some("they move house")));
    assert_eq!(pauses["other"], pause(0, None, None));
    assert_eq!(paused(store, minute(5)).await, ["other"], "a pause does not hold at its end");

    assert!(store.resume(&other).await.expect("an end"));
    assert!(!store.resume(&other).await.expect("no end"), "it was not paused any more");
    assert!(!store.resume(&name("nobody")).await.expect("no end"));
    assert_eq!(paused(store, minute(4)).await, ["usage"]);
}

#[tokio::test]
async fn a_pause_takes_the_place_of_a_former_one_and_other_processes_see_it() {
    let fixture = Fixture::new().await;
    fixture.store.pause(&name("usage"), pause(0, None, Some("for good"))).await.expect("a pause");
    let other = fixture.open(Access::Write).await.expect("another process");
    other.pause(&name("usage"), pause(1, Some(9), None)).await.expect("a pause");
    assert_eq!(fixture.store.pauses(minute(2)).await.expect("pauses")["usage"], pause(1, Some(9), None));
}

#[tokio::test]
async fn a_pause_that_is_over_is_no_pause_to_a_resume_and_goes_with_the_next_one() {
    let fixture = Fixture::new().await;
    for job in ["usage", "other"] {
        fixture.store.pause(&name(job), Pause { until: Some(noon()), ..pause(0, None, None) }).await.expect("a pause");
    }
    assert_eq!(fixture.rows("select count(*) from pauses").await, ["1"], "the first was over when the second came");
    assert!(!fixture.store.resume(&name("other")).await.expect("no end"));
    assert_eq!(fixture.rows("select count(*) from pauses").await, ["0"]);
}

#[tokio::test]
async fn a_reader_sees_pauses_and_makes_none() {
    let fixture = Fixture::new().await;
    fixture.store.pause(&name("usage"), pause(0, None, None)).await.expect("a pause");
    let reader = fixture.open(Access::Read).await.expect("a reader");
    assert_eq!(paused(&reader, minute(1)).await, ["usage"]);
    let error = reader.pause(&name("usage"), pause(0, None, None)).await.expect_err("no writer");
    assert!(matches!(error, StoreError::OpenedToRead { .. }), "{error}");
}
