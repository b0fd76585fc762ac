//! Which runs are owed a repeat, by what they did before they were cut off.

use super::crashes::kill;
use super::records::{keep, listing, open, page, record};
use crate::run::{CallRecord, CallState, Kind, Listing, Outcome, Reading, Run, RunId, RunState};
use crate::store::fixture::*;
use crate::store::*;

/// A call for an element that made something.
fn post(key: Option<&str>) -> CallRecord {
    CallRecord {
        element: Some("1.pdf".to_owned()),
        method: "POST".to_owned(),
        idempotency_key: key.map(str::to_owned),
        ..call(noon())
    }
}

async fn owed(store: &Store) -> Vec<RunId> {
    store.owed().await.expect("read").into_iter().map(|owed| owed.run).collect()
}

/// A run that moved a list.
async fn reading(store: &Store, job: &str, reading: Reading) -> Run {
    let run = won(store.claim(vec![claim(job, 0)]).await.expect("a claim").remove(0));
    let of = open(store, run.id, Listing { reading, ..listing(&format!("of-{job}")) }).await;
    keep(store, run.id, page(&of, vec![record("k", "1")])).await;
    run
}

async fn cut_off(store: &Store, run: &Run) {
    let end = Outcome { state: RunState::Interrupted, kind: Some(Kind::Stopped), ..outcome(run) };
    assert_eq!(store.finish(end).await.expect("an end"), Finish::Recorded);
}

async fn serve(store: &Store) {
    let served = Served { job: name("a"), config_hash: "1".to_owned(), timing: None };
    store.serve(vec![served], Vec::new(), noon()).await.expect("noted");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn an_element_that_was_made_without_a_key_is_not_made_again_after_a_crash() {
    let fixture = Fixture::new().await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    let calls = [
        ("a", post(None)),
        ("b", post(Some("key"))),
        ("c", CallRecord { state: CallState::Skipped, ..post(None) }),
        ("d", CallRecord { method: "GET".to_owned(), ..post(None) }),
    ];
    for (job, call) in calls {
        let run = won(victim.claim(vec![claim(job, 0)]).await.expect("a claim").remove(0));
        assert_eq!(victim.ended(run.id, call).await.expect("an end"), Finish::Recorded);
    }
    kill(&fixture, &victim).await;
    fixture.store.sweep().await.expect("a sweep");
    assert_eq!(owed(&fixture.store).await, [2, 3, 4].map(RunId));
    let reason = fixture.rows("select reason from v_runs where id = 1").await.remove(0);
    assert!(reason.ends_with("died; its call `usage` was made and may not be made twice"), "{reason}");
}

#[tokio::test]
async fn a_run_that_a_server_cut_off_while_it_moved_a_list_is_owed_a_repeat() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    serve(store).await;
    let moved = reading(store, "a", Reading::GoOn).await;
    let anew = reading(store, "b", Reading::Anew).await;
    let unread = fixture.run("c", 0).await;
    for run in [&moved, &anew, &unread] {
        cut_off(store, run).await;
    }
    assert_eq!(owed(store).await, [moved.id]);
    let succeeded = reading(store, "d", Reading::GoOn).await;
    store.finish(outcome(&succeeded)).await.expect("an end");
    assert_eq!(owed(store).await, [moved.id]);
}

#[tokio::test]
async fn a_run_by_hand_is_owed_nothing_however_far_it_got() {
    let fixture = Fixture::new().await;
    let run = reading(&fixture.store, "a", Reading::GoOn).await;
    cut_off(&fixture.store, &run).await;
    assert_eq!(owed(&fixture.store).await, []);
}

#[tokio::test]
async fn a_run_that_was_cancelled_or_made_what_may_not_be_made_twice_is_owed_nothing_by_a_server() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    serve(store).await;
    let cancelled = reading(store, "a", Reading::GoOn).await;
    assert_eq!(store.cancel(cancelled.id).await.expect("an answer"), Cancel::Asked);
    let under_way = reading(store, "b", Reading::GoOn).await;
    store.sending(under_way.id, CallRecord { state: CallState::Sending, ..post(None) }).await.expect("noted");
    let made = reading(store, "c", Reading::GoOn).await;
    store.ended(made.id, post(None)).await.expect("an end");
    let with_key = reading(store, "d", Reading::GoOn).await;
    store.ended(with_key.id, post(Some("key"))).await.expect("an end");
    for run in [&cancelled, &under_way, &made, &with_key] {
        cut_off(store, run).await;
    }
    assert_eq!(owed(store).await, [with_key.id]);
}
