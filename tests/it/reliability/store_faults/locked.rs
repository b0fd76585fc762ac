//! Another process keeps the store locked.

use std::time::Duration;

use apicron::clock::rfc3339;

use super::{Ground, check_quiet, without_deed};
use crate::support::eventually::eventually;
use crate::support::rows;
use crate::support::size::{size, skipped};

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_ends_in_time_is_waited_for_and_every_tick_has_its_run() {
    let seconds = size(4, 25);
    let ground = Ground::new().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    let lock = rows::lock(&ground.store).await;
    let locked_at = ground.clock().now();
    ground.clock().sleep(Duration::from_secs(seconds)).await;
    drop(lock);
    let healed_at = ground.clock().now();
    ground.until_succeeded_after(healed_at).await;
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    check_quiet(&ended);
    let sql = format!(
        "select cast(count(*) as text) from v_runs where scheduled_for between '{}' and '{}' and ticks = 1",
        rfc3339(locked_at),
        rfc3339(healed_at)
    );
    let rows: u64 = rows::only(&ground.store, &sql).await.parse().expect("a number");
    assert!(rows >= 2 * seconds, "{rows} rows of ticks for {seconds} s");
    ground.check_nothing_lost(&known).await;
}

/// What takes longer than the wait takes half a minute: in the long run alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_does_not_end_is_named_by_all_who_write_and_is_no_ones_loss() {
    if size(0, 1) == 0 {
        return skipped("a lock that outlasts the wait of half a minute is for the long run");
    }
    let ground = Ground::new().await;
    let serve = ground.folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    ground.until_succeeded_after(ground.clock().now()).await;
    let known = ground.succeeded().await;
    let lock = rows::lock(&ground.store).await;
    let run = ground.folder.spawn(&["run", "left"]);
    let pause = ground.folder.spawn(&["pause", "left"]);
    for verb in [&["status"][..], &["runs"], &["audit"]] {
        assert_eq!(ground.folder.run(verb).code(), 0, "{verb:?} reads on");
    }
    let said = [serve.end(), run.end(), pause.end()].map(|ended| without_deed(&ground.said(&ended)));
    drop(lock);
    for said in said {
        assert_eq!(
            said,
            "error: could not …: another program keeps HERE/apicron.db locked; end it, or wait and try again: SQLite says \
             `database is locked` (code 5)"
        );
    }
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_for_a_lock() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    let lock = rows::lock(&ground.store).await;
    let run = ground.folder.spawn(&["run", "left"]);
    ground.clock().sleep(Duration::from_secs(1)).await;
    drop(lock);
    let ended = run.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    eventually("one more", async || ground.succeeded().await.len(), |seen| *seen == known.len() + 1).await;
}
