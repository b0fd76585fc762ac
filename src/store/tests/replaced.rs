//! Somebody removes or replaces the file of a store that is open.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::store::fixture::*;
use crate::store::*;

#[tokio::test]
async fn a_file_that_is_removed_or_replaced_under_a_process_is_noticed_before_the_next_commit() {
    for replaced in [false, true] {
        let folder = tempfile::TempDir::new().expect("a folder");
        let (path, moved) = (folder.path().join("apicron.db"), folder.path().join("old.db"));
        let (clock, _) = Clock::manual(noon());
        let store = Store::open(&path, Access::Write, &clock).await.expect("a store");
        store.claim(vec![claim("a", 0)]).await.expect("claimed");
        std::fs::rename(&path, moved).expect("moved");
        if replaced {
            std::fs::write(&path, "").expect("another file");
        }
        for _ in 0..2 {
            let error = store.claim(vec![claim("a", 1)]).await.expect_err("gone");
            assert!(matches!(error, StoreError::Vanished { .. }), "{error}");
        }
    }
}

/// A store behind a link, as where the data has a volume of its own: its folder, the link and the file.
async fn linked() -> (tempfile::TempDir, Linked) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (link, file) = (folder.path().join("apicron.db"), folder.path().join("volume").join("data.db"));
    std::fs::create_dir(folder.path().join("volume")).expect("a folder");
    std::fs::write(&file, "").expect("a file");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let (clock, _) = Clock::manual(noon());
    let store = Store::open(&link, Access::Write, &clock).await.expect("a store");
    store.claim(vec![claim("a", 0)]).await.expect("claimed");
    (folder, Linked { link, file, store })
}

struct Linked {
    link: PathBuf,
    file: PathBuf,
    store: Store,
}

#[tokio::test]
async fn a_file_that_is_removed_behind_its_link_is_noticed_and_one_that_is_replaced_gets_no_other_s_log() {
    for replaced in [false, true] {
        let (folder, Linked { file, store, .. }) = linked().await;
        std::fs::rename(&file, folder.path().join("old.db")).expect("moved");
        if replaced {
            std::fs::write(&file, "").expect("another file");
        }
        let error = store.claim(vec![claim("a", 1)]).await.expect_err("gone");
        assert!(matches!(error, StoreError::Vanished { .. }), "{error}");
        store.close().await;
        assert_eq!(file.with_file_name("data.db-wal").exists(), !replaced);
        assert_eq!(file.with_file_name("data.db-wal.replaced").exists(), replaced);
    }
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_by_now_is_a_replacement_and_the_log_stays_with_its_file() {
    let (folder, Linked { link, file, store }) = linked().await;
    let other = folder.path().join("other.db");
    std::fs::write(&other, "").expect("another file");
    std::fs::remove_file(&link).expect("removed");
    std::os::unix::fs::symlink(&other, &link).expect("a link");
    let error = store.claim(vec![claim("a", 1)]).await.expect_err("gone");
    assert!(matches!(error, StoreError::Vanished { .. }), "{error}");
    store.close().await;
    assert!(!file.with_file_name("data.db-wal.replaced").exists() && !folder.path().join("other.db-wal").exists());
    let again = Store::open(&file, Access::Read, &Clock::system()).await.expect("its file");
    assert_eq!(again.last_covered().await.expect("read").len(), 1, "nothing is lost");
}

#[tokio::test]
async fn a_log_that_is_set_aside_overwrites_no_earlier_one() {
    let fixture = Fixture::new().await;
    let aside = |n: &str| fixture.path().with_file_name(format!("apicron.db-wal.replaced{n}"));
    for (n, earlier) in [("", "the first"), ("-2", "the second")] {
        std::fs::write(aside(n), earlier).expect("an earlier one");
    }
    fixture.store.claim(vec![claim("a", 0)]).await.expect("claimed");
    std::fs::remove_file(fixture.path()).expect("removed");
    std::fs::write(fixture.path(), "").expect("another file");
    fixture.store.clone().close().await;
    let read = |n: &str| std::fs::read_to_string(aside(n)).expect("an earlier one");
    assert_eq!([read(""), read("-2")], ["the first", "the second"]);
    assert!(std::fs::metadata(aside("-3")).expect("the log").len() > 0);
}
