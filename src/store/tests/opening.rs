use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::clock::{Time, subtract};
use crate::run::{RunId, RunState};
use crate::store::fixture::*;
use crate::store::process::Process;
use crate::store::*;

#[tokio::test]
async fn the_files_of_a_store_are_their_owners_alone() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 0).await;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", fixture.path().display());
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

#[tokio::test]
async fn a_store_knows_its_files_under_whatever_name() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 0).await;
    let folder = fixture.path().with_file_name("");
    let reader = fixture.open(Access::Read).await.expect("a reader");
    for name in ["apicron.db", "apicron.db-wal", "apicron.db-shm"] {
        let link = folder.join(format!("link-to-{name}"));
        std::os::unix::fs::symlink(name, &link).expect("a link");
        let moved = folder.join(format!("moved-{name}"));
        std::fs::hard_link(folder.join(name), &moved).expect("a second name");
        for path in [folder.join(name), link, moved] {
            assert!(fixture.store.has_file(&path) && reader.has_file(&path), "{}", path.display());
        }
        std::fs::remove_file(folder.join(name)).expect("a file less");
        std::fs::write(folder.join(name), "").expect("another in its place");
        for path in [folder.join(name), folder.join(format!("moved-{name}"))] {
            assert!(fixture.store.has_file(&path), "{}", path.display());
        }
    }
    std::fs::copy(fixture.path(), folder.join("copy.db")).expect("a copy");
    for other in ["copy.db", "apicron.db-journal", "gone"] {
        assert!(!fixture.store.has_file(&folder.join(other)), "{other}");
    }
}

#[tokio::test]
async fn a_store_keeps_its_id_and_two_stores_have_two() {
    let fixture = Fixture::new().await;
    let (again, reader) = (fixture.open(Access::Write).await, fixture.open(Access::Read).await);
    assert_eq!(again.expect("again").id(), fixture.store.id());
    assert_eq!(reader.expect("a reader").id(), fixture.store.id());
    assert_ne!(Fixture::new().await.store.id(), fixture.store.id());
}

#[tokio::test]
async fn what_is_committed_survives_a_loss_of_power_and_freed_pages_go_back() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.rows("pragma journal_mode").await, ["wal"]);
    assert_eq!(fixture.rows("pragma auto_vacuum").await, ["2"]);
    let options = sqlite::writer_settings(&fixture.path()).await;
    assert_eq!(options, (2, 1, 30_000), "synchronous, foreign keys, milliseconds that a lock is waited for");
}

#[tokio::test]
async fn processes_that_make_one_store_at_the_same_time_make_one() {
    for _ in 0..10 {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("apicron.db");
        let (clock, _hands) = Clock::manual(noon());
        let opened = futures_util::future::join_all((0..6).map(|_| Store::open(&path, Access::Write, &clock))).await;
        let ids: std::collections::BTreeSet<Uuid> =
            opened.into_iter().map(|store| store.expect("a store").id()).collect();
        assert_eq!(ids.len(), 1);
    }
}

#[tokio::test]
async fn a_reader_makes_no_file_and_cannot_write() {
    let fixture = Fixture::new().await;
    let absent = fixture.path().with_file_name("other.db");
    let error = Store::open(&absent, Access::Read, &fixture.clock).await.expect_err("nothing there");
    assert!(matches!(error, StoreError::Absent { .. }), "{error}");
    assert!(error.to_string().contains("other.db"), "{error}");
    assert!(!absent.exists());

    let reader = fixture.open(Access::Read).await.expect("a reader");
    let error = reader.claim(vec![claim("usage", 0)]).await.expect_err("no writer");
    assert!(matches!(error, StoreError::OpenedToRead { .. }), "{error}");
    reader.started(RunId(1), noon());
    reader.close().await;
    assert_eq!(fixture.rows("select count(*) from processes").await, ["1"]);
}

#[tokio::test]
async fn an_empty_file_is_no_store_to_a_reader_and_becomes_one_for_a_writer() {
    let fixture = Fixture::new().await;
    let empty = fixture.path().with_file_name("empty.db");
    std::fs::write(&empty, "").expect("a file");
    let error = Store::open(&empty, Access::Read, &fixture.clock).await.expect_err("nothing in it");
    assert!(matches!(error, StoreError::Absent { .. }), "{error}");
    Store::open(&empty, Access::Write, &fixture.clock).await.expect("a store");
}

/// A process that was here before: on a host, in a boot, with a pid and a start time.
async fn enter(fixture: &Fixture, process: &Process, lease_until: Time, run: u64) {
    let lease_until = lease_until.timestamp_millis();
    fixture
        .execute(&format!(
            "insert into processes (host, boot_id, pid, pid_started, started_at, lease_until)
             values ('{}', '{}', {}, {}, 0, {lease_until})",
            process.host,
            process.boot_id.as_deref().unwrap_or_default(),
            process.pid,
            process.started.unwrap_or_default()
        ))
        .await;
    fixture.execute(&format!("update runs set process_id = (select max(id) from processes) where id = {run}")).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn runs_of_dead_processes_are_interrupted_and_no_others() {
    let fixture = Fixture::new().await;
    let me = Process::current();
    let elsewhere = Process { host: "elsewhere".to_owned(), ..me.clone() };
    let waiting = Claim { begin: Begin::Waiting, ..claim("job-2", 0) };
    let claims = vec![claim("job-1", 0), waiting, claim("job-3", 0), claim("job-4", 0), claim("job-5", 0)];
    fixture.store.claim(claims).await.expect("claims");
    let (passed, holds) = (subtract(noon(), Duration::from_millis(1)), noon());
    enter(&fixture, &Process { started: Some(1), ..me.clone() }, holds, 1).await; // its pid is another's by now
    enter(&fixture, &Process { boot_id: Some("former".to_owned()), pid: 4711, ..me.clone() }, passed, 2).await;
    enter(&fixture, &elsewhere, holds, 3).await;
    enter(&fixture, &me, passed, 4).await; // lives, though it did not beat
    enter(&fixture, &Process { pid: 4712, ..elsewhere }, passed, 5).await;

    let _next = fixture.open(Access::Write).await.expect("the next process");
    let ended = |process| format!("interrupted|stopped|its process ({process}) died|2026-11-24T12:00:00.000Z");
    let lives = || "running|null|null|null".to_owned();
    assert_eq!(
        fixture.rows("select state, kind, reason, finished_at from v_runs order by id").await,
        [
            ended(format!("{}/{}", me.host, me.pid)),
            ended(format!("{}/4711", me.host)),
            lives(),
            lives(),
            ended("elsewhere/4712".to_owned()),
        ]
    );
    assert_eq!(fixture.rows("select sum(n) from run_counts where state = 'interrupted'").await, ["3"]);
    assert_eq!(fixture.rows("select count(*) from processes where gone_at is not null").await, ["3"]);
}

#[tokio::test]
async fn a_close_writes_what_is_queued_and_leaves_no_live_run_and_no_log() {
    let fixture = Fixture::new().await;
    fixture.run("usage", 0).await;
    let waiting = Claim { begin: Begin::Waiting, ..claim("other", 0) };
    let run = won(fixture.store.claim(vec![waiting]).await.expect("a claim").remove(0));
    fixture.store.started(run.id, minute(1));
    fixture.store.clone().close().await;
    assert!(!fixture.path().with_file_name("apicron.db-wal").exists());
    assert_eq!(
        fixture.rows("select state, kind, started_at from v_runs order by id").await,
        ["interrupted|stopped|2026-11-24T12:00:00.000Z", "interrupted|stopped|2026-11-24T12:01:00.000Z"]
    );
    assert_eq!(fixture.rows("select count(*) from processes where gone_at is null").await, ["0"]);

    let error = fixture.store.claim(vec![claim("usage", 5)]).await.expect_err("closed");
    assert!(matches!(error, StoreError::Closed { .. }), "{error}");
    let error = fixture.store.last_covered().await.expect_err("closed");
    assert!(matches!(error, StoreError::Closed { .. }), "{error}");
}

#[tokio::test]
async fn the_last_clone_that_goes_without_a_close_still_has_its_notes_written() {
    let fixture = Fixture::new().await;
    let other = fixture.open(Access::Write).await.expect("a second");
    let waiting = Claim { begin: Begin::Waiting, ..claim("usage", 0) };
    let run = won(other.claim(vec![waiting]).await.expect("a claim").remove(0));
    other.started(run.id, minute(1));
    drop(other);
    // Its task ends by itself; the level to wait for is in the file.
    for _ in 0..10_000 {
        if fixture.rows("select state from v_runs").await == [RunState::Interrupted.as_str()] {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.rows("select state, started_at from v_runs").await, ["interrupted|2026-11-24T12:01:00.000Z"]);
}
