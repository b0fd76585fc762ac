//! Somebody removes, replaces or cuts what SQLite keeps beside a store that is open.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::fixture::*;
use crate::store::*;

/// A store with claims in its log, which the deed is done to: what the next claim is told.
async fn told_after(deed: impl FnOnce(&Path)) -> (Fixture, StoreError) {
    let fixture = Fixture::new().await;
    fixture.store.claim(vec![claim("a", 0), claim("b", 0)]).await.expect("claimed");
    deed(&fixture.path());
    let told = fixture.store.claim(vec![claim("c", 0)]).await.expect_err("noticed");
    fixture.store.claim(vec![claim("d", 0)]).await.expect_err("what is lost stays lost");
    fixture.store.clone().close().await;
    (fixture, told)
}

/// Jobs that have a tick in the store.
async fn covered(fixture: &Fixture) -> usize {
    let again = fixture.open(Access::Read).await.expect("opened");
    again.last_covered().await.expect("read").len()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    path.with_file_name(format!("apicron.db{ending}"))
}

fn cut(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(length)).expect("cut");
}

#[tokio::test]
async fn a_log_or_an_index_that_is_removed_is_noticed_and_all_that_was_told_is_in_the_store() {
    for ending in ["-wal", "-shm"] {
        let (fixture, told) = told_after(|store| fs::remove_file(beside(store, ending)).expect("removed")).await;
        assert!(matches!(told, StoreError::Torn { .. }), "{told}");
        assert_eq!(covered(&fixture).await, 2, "{ending}");
    }
}

#[tokio::test]
async fn an_empty_file_in_the_place_of_the_log_as_a_reader_makes_it_loses_nothing() {
    let replace = |store: &Path| {
        fs::remove_file(beside(store, "-wal")).expect("removed");
        File::create_new(beside(store, "-wal")).expect("another");
    };
    let (fixture, told) = told_after(replace).await;
    assert!(matches!(told, StoreError::Torn { .. }), "{told}");
    assert_eq!(covered(&fixture).await, 2);
}

#[tokio::test]
async fn what_is_cut_short_beside_a_store_is_noticed_and_nothing_of_it_gets_into_the_store() {
    for (ending, length) in [("-wal", 0), ("-wal", 20), ("-wal", 5_000), ("-shm", 0)] {
        let (mut before, mut index) = (Vec::new(), Vec::new());
        let (fixture, told) = told_after(|store| {
            before = fs::read(store).expect("the store");
            index = fs::read(beside(store, "-shm")).expect("the index");
            cut(&beside(store, ending), length);
        })
        .await;
        assert!(matches!(told, StoreError::Torn { .. }), "{told}");
        assert!(fs::read(fixture.path()).expect("the store") == before, "{ending} {length}");
        if ending == "-shm" {
            // This process has it open still: what touches what is missing from it would end the process.
            fs::write(beside(&fixture.path(), ending), index).expect("put back");
        }
    }
}

#[tokio::test]
async fn a_log_that_is_cut_gets_into_no_store_though_more_is_wrong() {
    for (missing, length) in [("", 5_000), ("", 0), ("-shm", 5_000), ("-shm", 0)] {
        let mut before = Vec::new();
        let (fixture, _) = told_after(|store| {
            before = fs::read(store).expect("the store");
            cut(&beside(store, "-wal"), length);
            fs::rename(beside(store, missing), store.with_file_name("away")).expect("removed");
        })
        .await;
        let left = if missing.is_empty() { fixture.path().with_file_name("away") } else { fixture.path() };
        assert!(fs::read(left).expect("the store") == before, "{missing} {length}");
    }
}

#[tokio::test]
async fn a_log_that_others_wrote_over_is_noticed() {
    let (_, told) = told_after(|store| {
        let mut log = OpenOptions::new().write(true).open(beside(store, "-wal")).expect("the log");
        log.write_all(&[0; 4096]).expect("written");
    })
    .await;
    assert!(matches!(told, StoreError::Torn { .. }), "{told}");
}

#[tokio::test]
async fn a_store_that_is_emptied_is_noticed_and_gets_no_log() {
    let (fixture, told) = told_after(|store| cut(store, 0)).await;
    assert!(matches!(told, StoreError::Vanished { .. }), "{told}");
    assert_eq!(fs::metadata(fixture.path()).expect("the store").len(), 0);
    assert!(!beside(&fixture.path(), "-wal").exists() && beside(&fixture.path(), "-wal.replaced").exists());
}

#[tokio::test]
async fn a_log_that_another_program_checks_in_and_empties_is_no_loss() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        fixture.store.claim(vec![claim("a", n)]).await.expect("claimed");
        fixture.execute("pragma wal_checkpoint(truncate)").await;
        assert_eq!(fs::metadata(beside(&fixture.path(), "-wal")).expect("the log").len(), 0);
    }
    fixture.store.claim(vec![claim("b", 0)]).await.expect("claimed");
    // A shorter log of another generation.
    fixture.execute("pragma wal_checkpoint(truncate)").await;
    fixture.execute("update jobs set name = name").await;
    fixture.store.claim(vec![claim("c", 0)]).await.expect("claimed");
    assert_eq!(covered(&fixture).await, 3);
}

const RUNS: &str = "select * from runs order by id";

/// A store whose log is long, all of it in the store as well.
async fn checked_in() -> Fixture {
    let fixture = Fixture::new().await;
    for n in 0..60 {
        fixture.store.claim((0..5).map(|job| claim(&format!("job-{job}"), n)).collect()).await.expect("claimed");
    }
    fixture.execute("pragma wal_checkpoint(passive)").await;
    fixture
}

#[tokio::test]
async fn what_is_left_of_a_log_puts_no_older_pages_over_those_of_the_store() {
    let fixture = checked_in().await;
    let runs = fixture.rows(RUNS).await;
    let (log, aside) = (beside(&fixture.path(), "-wal"), beside(&fixture.path(), "-wal.cut"));
    cut(&log, 100_000);
    let told = fixture.store.claim(vec![claim("more", 0)]).await.expect_err("noticed");
    assert!(matches!(told, StoreError::Torn { .. }), "{told}");
    fixture.store.clone().close().await;
    assert!(aside.exists() && !log.exists());
    assert_eq!(covered(&fixture).await, 5);
    assert_eq!(fixture.rows(RUNS).await, runs);
    assert_eq!(fixture.rows("pragma integrity_check").await, ["ok"]);
}

#[tokio::test]
async fn an_emptied_log_that_the_store_has_all_of_is_noticed_all_the_same() {
    let fixture = checked_in().await;
    let runs = fixture.rows(RUNS).await;
    // It holds SQLite to what is in the log: the next commit would go behind a hole.
    let mut reader = fixture.raw().await;
    sqlx::query("begin").execute(&mut reader).await.expect("begun");
    sqlx::query("select count(*) from runs").execute(&mut reader).await.expect("read");
    cut(&beside(&fixture.path(), "-wal"), 0);
    fixture.store.claim(vec![claim("more", 0)]).await.expect_err("noticed");
    drop(reader);
    fixture.store.clone().close().await;
    assert_eq!(fixture.rows(RUNS).await, runs);
}

#[tokio::test]
async fn what_a_reader_holds_up_of_a_log_without_a_name_is_kept_in_a_file() {
    let fixture = Fixture::new().await;
    fixture.store.claim(vec![claim("a", 0)]).await.expect("claimed");
    let mut reader = fixture.raw().await;
    sqlx::query("pragma busy_timeout = 0").execute(&mut reader).await.expect("set");
    sqlx::query("begin").execute(&mut reader).await.expect("begun");
    sqlx::query("select count(*) from runs").execute(&mut reader).await.expect("read");
    fixture.store.claim(vec![claim("b", 0)]).await.expect("claimed");
    fs::remove_file(beside(&fixture.path(), "-wal")).expect("removed");
    fixture.store.claim(vec![claim("c", 0)]).await.expect_err("noticed");
    fixture.store.clone().close().await;
    let kept = beside(&fixture.path(), "-wal.lost");
    assert_eq!(fs::metadata(&kept).expect("kept").mode() & 0o777, 0o600);
    // As for another process, when all of these are gone.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let copy = elsewhere.path().join("apicron.db");
    fs::copy(fixture.path(), &copy).expect("copied");
    fs::copy(kept, beside(&copy, "-wal")).expect("put back");
    let again = Store::open(&copy, Access::Read, &fixture.clock).await.expect("opened");
    assert_eq!(again.last_covered().await.expect("read").len(), 2);
}
