//! The file of the store is damaged, or is none. Nothing is written to it, and the backup in its place serves on.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::{Ground, VERBS};
use crate::support::rows;

/// A store that somebody served and backed up, with what was known to have succeeded.
async fn backed_up() -> (Ground, BTreeSet<Vec<String>>) {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    assert_eq!(ground.folder.run(&["backup", "backup.db"]).code(), 0);
    (ground, known)
}

/// Checks that each verb says the same, that nothing changed the file, and that the backup serves on.
async fn check(ground: &Ground, known: &BTreeSet<Vec<String>>) -> String {
    let damaged = std::fs::read(&ground.store).expect("the file");
    let requests = ground.standin.journal().len();
    let said = ground.refused(&["serve"]);
    for verb in VERBS {
        assert_eq!(ground.refused(verb), said, "{verb:?}");
    }
    assert!(std::fs::read(&ground.store).expect("the file") == damaged, "the file was changed");
    assert_eq!(ground.standin.journal().len(), requests);
    put_backup(ground);
    ground.check_nothing_lost(known).await;
    said
}

fn put_backup(ground: &Ground) {
    for ending in ["", "-wal", "-shm"] {
        let path = ground.folder.path().join(format!("apicron.db{ending}"));
        drop(std::fs::remove_file(path));
    }
    std::fs::copy(ground.folder.path().join("backup.db"), &ground.store).expect("the backup copied");
}

fn write_at(ground: &Ground, at: u64, bytes: &[u8]) {
    let mut file = File::options().write(true).open(&ground.store).expect("the file");
    file.seek(SeekFrom::Start(at)).expect("sought");
    file.write_all(bytes).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_head_is_named_and_left_as_it_is() {
    let (ground, known) = backed_up().await;
    write_at(&ground, 0, &[0x5A; 16]);
    insta::assert_snapshot!(check(&ground, &known).await, @r#"error: HERE/apicron.db is not a store of apicron, or its head is damaged; name another file in `store.url`, or move it away with its -wal and -shm and put a backup in its place"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_named_and_left_as_it_is() {
    let (ground, known) = backed_up().await;
    std::fs::write(&ground.store, "somebody's notes, which are none of apicron's business\n".repeat(100))
        .expect("a file");
    insta::assert_snapshot!(check(&ground, &known).await, @r#"error: HERE/apicron.db is not a store of apicron, or its head is damaged; name another file in `store.url`, or move it away with its -wal and -shm and put a backup in its place"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_short_is_named_as_damaged_and_left_as_it_is() {
    let (ground, known) = backed_up().await;
    let file = File::options().write(true).open(&ground.store).expect("the file");
    file.set_len(20_000).expect("cut");
    insta::assert_snapshot!(check(&ground, &known).await, @r#"error: could not open the store: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_of_runs_stops_who_meets_it_and_the_rest_is_kept() {
    let (ground, known) = backed_up().await;
    let root = rows::only(&ground.store, "select cast(rootpage as text) from sqlite_schema where name = 'runs'").await;
    let size = rows::only(&ground.store, "select cast(page_size as text) from pragma_page_size").await;
    let (root, size): (u64, usize) = (root.parse().expect("a number"), size.parse().expect("a number"));
    write_at(&ground, (root - 1) * size as u64, &vec![0xAA; size]);
    let mut said: Vec<String> = Vec::new();
    for verb in [&["serve"][..], &["run", "left"], &["status"], &["runs"], &["backup", "b.db"]] {
        said.push(ground.refused(verb));
    }
    insta::assert_snapshot!(said.join("\n"), @r"
error: could not claim ticks: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)
error: could not claim ticks: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)
error: could not read where the jobs stand: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)
error: could not list runs: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)
error: could not write the backup: HERE/apicron.db is damaged; move it away with its -wal and -shm, and put a backup in its place: SQLite says `database disk image is malformed` (code 11)
");
    assert!(!ground.folder.path().join("b.db").exists());
    put_backup(&ground);
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_a_store_that_nothing_was_stored_in() {
    let ground = Ground::new().await;
    std::fs::write(&ground.store, "").expect("a file");
    insta::assert_snapshot!(ground.folder.run(&["audit"]).stderr.replace(ground.folder.path().to_str().expect("UTF-8"), "HERE"), @r#"nothing was ever stored, so no tick was to be covered"#);
    ground.check_nothing_lost(&BTreeSet::new()).await;
}
