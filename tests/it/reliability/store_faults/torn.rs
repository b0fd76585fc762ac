//! Somebody removes, empties or cuts the store, its log or its index under a server.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::process::{Signal, kill_process};

use super::{Ground, without_deed};
use crate::support::binary::Ended;
use crate::support::rows;

fn cut(path: &Path, length: u64) {
    OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(length)).expect("cut");
}

fn beside(ground: &Ground, ending: &str) -> PathBuf {
    ground.folder.path().join(format!("apicron.db{ending}"))
}

/// A server at work, what it told by then, and how it ended after the deed.
async fn after(deed: impl FnOnce(&Ground)) -> (Ground, BTreeSet<Vec<String>>, Ended) {
    let ground = Ground::new().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    deed(&ground);
    let ended = serve.end();
    (ground, known, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_or_an_index_that_is_removed_under_a_server_stops_it_and_nothing_is_lost() {
    for ending in ["-wal", "-shm"] {
        let (ground, known, ended) = after(|ground| fs::remove_file(beside(ground, ending)).expect("removed")).await;
        // Which it is depends on whether it first writes, or opens one more connection that reads.
        assert!(without_deed(&ground.said(&ended)).starts_with(TORN), "{ended:#?}");
        ground.check_nothing_lost(&known).await;
    }
}

const TORN: &str = "error: could not …: a file beside HERE/apicron.db that belongs to it was removed, replaced or cut short \
     while it was in use; leave such files (-wal, -shm) alone, and start again what serves it: ";

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_emptied_under_a_server_stops_it_and_does_not_get_into_the_store() {
    for length in [0, 100_000] {
        let (ground, _, ended) = after(|ground| cut(&beside(ground, "-wal"), length)).await;
        assert!(without_deed(&ground.said(&ended)).starts_with(TORN), "{ended:#?}");
        // What was in it alone is gone; what the store has is whole, and served on.
        ground.check_nothing_lost(&BTreeSet::new()).await;
        assert_eq!(rows::rows(&ground.store, "pragma integrity_check").await, [["ok"]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_emptied_under_a_server_ends_it_and_nothing_is_lost() {
    let (ground, known, ended) = after(|ground| cut(&beside(ground, "-shm"), 0)).await;
    // Whoever reads a page of it that is not there any more is ended by the system, before anybody could look.
    assert!(ended.status.code() == Some(5) || ended.status.code().is_none(), "{ended:#?}");
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_emptied_under_a_server_stops_it() {
    let (ground, _, ended) = after(|ground| cut(&ground.store, 0)).await;
    insta::assert_snapshot!(without_deed(&ground.said(&ended)), @"error: could not …: HERE/apicron.db was removed, replaced or emptied while it was in use; put it back, or start anew: it is empty now");
    assert_eq!(fs::metadata(&ground.store).expect("the store").len(), 0, "nothing is written into it any more");
    assert!(!beside(&ground, "-wal").exists(), "it would be taken for the log of the store that is put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_that_comes_when_the_log_was_removed_says_so_and_costs_nothing() {
    let ground = Ground::new().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    kill_process(serve.pid(), Signal::STOP).expect("the signal sent");
    fs::remove_file(beside(&ground, "-wal")).expect("removed");
    let said = ground.refused(&["runs"]);
    insta::assert_snapshot!(without_deed(&said), @"error: could not …: a file beside HERE/apicron.db that belongs to it was removed, replaced or cut short while it was in use; leave such files (-wal, -shm) alone, and start again what serves it: SQLite says `disk I/O error` (code 522)");
    kill_process(serve.pid(), Signal::CONT).expect("the signal sent");
    let ended = serve.end();
    assert_eq!(ended.code(), 5, "{ended:#?}");
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_store_is_written_over_stops_as_soon_as_the_damage_is_met() {
    let ground = Ground::new().await;
    // What was written so far is in the store, and not in the log alone.
    ground.serve_a_while().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    let length = fs::metadata(&ground.store).expect("the store").len();
    let mut store = OpenOptions::new().write(true).open(&ground.store).expect("the store");
    store.write_all(&vec![0xaa; usize::try_from(length).expect("a length")]).expect("written over");
    let said = without_deed(&ground.said(&serve.end()));
    assert!(said.contains("is damaged"), "{said}");
}
