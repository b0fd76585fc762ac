//! Somebody removes, replaces or cuts what SQLite keeps beside a store that is open.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
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
    for missing in ["", "-shm"] {
        let mut before = Vec::new();
        let (fixture, _) = told_after(|store| {
            before = fs::read(store).expect("the store");
            cut(&beside(store, "-wal"), 5_000);
            fs::rename(beside(store, missing), store.with_file_name("away")).expect("removed");
        })
        .await;
        let left = if missing.is_empty() { fixture.path().with_file_name("away") } else { fixture.path() };
        assert!(fs::read(left).expect("the store") == before, "{missing}");
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
