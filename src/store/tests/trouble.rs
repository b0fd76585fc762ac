use std::error::Error;
use std::time::Duration;

use sqlx::Connection;

use crate::run::{Number, Sample, Scopes, TokenEvent, TokenEventKind};
use crate::store::fixture::*;
use crate::store::*;

fn event() -> TokenEvent {
    TokenEvent {
        at: noon(),
        credential: name("cuadra"),
        scopes: Scopes::default(),
        event: TokenEventKind::Fetched,
        generation: 1,
        served: 0,
        duration_ms: None,
        expires_at: None,
        detail: None,
    }
}

#[tokio::test]
async fn a_lock_that_another_program_keeps_is_an_error_and_heals_and_no_note_is_lost() {
    let fixture = Fixture::new().await;
    let hasty = sqlite::open_hasty(&fixture.path(), Duration::from_millis(50), &fixture.clock).await;
    let mut other = fixture.raw().await;
    let lock = other.begin_with("begin immediate").await.expect("a lock");
    hasty.token_event(event());
    hasty.samples(vec![Sample::gauge(&name("credential"), "cuadra.seconds_left", noon(), Number::Whole(3600))]);
    let error = hasty.claim(vec![claim("usage", 0)]).await.expect_err("locked");
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().starts_with("could not claim ticks: another program keeps "), "{error}");
    assert!(error.source().is_some_and(|cause| !error.to_string().contains(&cause.to_string())));
    lock.rollback().await.expect("an end of the lock");
    won(hasty.claim(vec![claim("usage", 0)]).await.expect("a claim").remove(0));
    assert_eq!(fixture.rows("select count(*) from v_token_events").await, ["1"]);
    assert_eq!(fixture.rows("select value from v_samples").await, ["3600"]);
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_leaves_the_run_as_it_was_and_heals() {
    let fixture = Fixture::new().await;
    let pages: u32 = fixture.rows("pragma page_count").await[0].parse().expect("a number");
    let small = sqlite::open_small(&fixture.path(), pages + 8, &fixture.clock).await;
    let run = won(small.claim(vec![claim("usage", 0)]).await.expect("a claim").remove(0));
    let mut large = full_outcome(&run);
    if let Some(result) = large.calls.iter_mut().find_map(|call| call.result.as_mut()) {
        result.text = "x".repeat(60_000);
    }
    let error = small.finish(large).await.expect_err("full");
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(small.finish(full_outcome(&run)).await.expect("room for less"), Finish::Recorded);
}

#[tokio::test]
async fn a_newer_schema_is_refused_in_both_ways_and_an_older_one_is_not_read() {
    let fixture = Fixture::new().await;
    fixture.execute("insert into _sqlx_migrations values (9001, 'later', 0, true, x'', 0)").await;
    for access in [Access::Write, Access::Read] {
        let error = fixture.open(access).await.expect_err("newer");
        assert!(matches!(error, StoreError::Newer { found: 9001, known: 10, .. }), "{error}");
    }
    fixture.execute("delete from _sqlx_migrations where version > 5").await;
    let error = fixture.open(Access::Read).await.expect_err("older");
    assert!(matches!(error, StoreError::Older { found: 5, known: 10, .. }), "{error}");
}

#[tokio::test]
async fn a_file_of_something_else_is_left_as_it_is() {
    let fixture = Fixture::new().await;
    let text = fixture.path().with_file_name("notes.txt");
    std::fs::write(&text, "not a database, but long enough to have a header ".repeat(40)).expect("a file");
    let foreign = fixture.path().with_file_name("foreign.db");
    std::fs::write(&foreign, "").expect("a file");
    sqlx::query("create table mine (x)").execute(&mut connect(&foreign).await).await.expect("a table");
    for path in [text, foreign] {
        let before = std::fs::read(&path).expect("the file");
        for access in [Access::Write, Access::Read] {
            let error = Store::open(&path, access, &fixture.clock).await.expect_err("not a store");
            assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        }
        assert!(before == std::fs::read(&path).expect("the file"), "{} was changed", path.display());
    }
}

#[tokio::test]
async fn a_damaged_file_is_named_as_such() {
    let fixture = Fixture::new().await;
    fixture.ended("usage", 0).await;
    fixture.store.clone().close().await;
    let mut bytes = std::fs::read(fixture.path()).expect("the file");
    bytes.iter_mut().skip(100).for_each(|byte| *byte = 0xAA);
    std::fs::write(fixture.path(), bytes).expect("damage");
    for access in [Access::Write, Access::Read] {
        let error = fixture.open(access).await.expect_err("damaged");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("apicron.db is damaged"), "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_does_not_exist_and_a_folder_in_the_files_place_cannot_be_opened() {
    let fixture = Fixture::new().await;
    let folder = fixture.path().with_file_name("folder");
    std::fs::create_dir(&folder).expect("a folder");
    for path in [folder.clone(), folder.join("no").join("apicron.db")] {
        let error = Store::open(&path, Access::Write, &fixture.clock).await.expect_err("not a file");
        assert!(matches!(error, StoreError::Unopenable { .. }), "{error}");
    }
}
