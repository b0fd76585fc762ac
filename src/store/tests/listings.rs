//! Listings that go on after a crash.

use std::time::Duration;

use super::records::{keep, listing, open, page, record};
use crate::clock::{Clock, Hands};
use crate::run::{Listing, ListingId, Opened, Page, Progress, Reading, Run, RunId, RunState, Tally};
use crate::store::fixture::*;
use crate::store::*;

/// A store whose clock the test moves.
async fn with_hands() -> (tempfile::TempDir, Store, Hands) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (clock, hands) = Clock::manual(noon());
    let store = Store::open(&folder.path().join("apicron.db"), Access::Write, &clock).await.expect("a store");
    (folder, store, hands)
}

/// Makes the process that a store was opened by last a dead one, as after `kill -9`, and sweeps it.
async fn kill(fixture: &Fixture, victim: &Store) {
    victim.beat().await.expect("it is registered");
    fixture.execute("update processes set pid_started = 1 where id = (select max(id) from processes)").await;
    assert_eq!(fixture.store.sweep().await.expect("a sweep").processes, 1);
}

async fn repeat(store: &Store, of: RunId, start: fn(RunId) -> Start) -> Run {
    won(store.claim(vec![Claim { start: start(of), ..claim("a", 0) }]).await.expect("a claim").remove(0))
}

/// A page of two records, of which the first is that of the page before.
fn numbered(of: &Opened, n: u32) -> Page {
    let records = vec![record(&format!("k{n}"), "1"), record(&format!("k{}", n + 1), "1")];
    Page { next: Some(format!("after-{n}")), ..page(of, records) }
}

fn failed(run: &Run) -> crate::run::Outcome {
    let kind = Some(crate::run::Kind::Timeout);
    crate::run::Outcome { state: RunState::Failed, kind, ..outcome(run) }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_repeat_goes_on_where_its_run_died_and_is_owed_another_as_long_as_each_gets_further() {
    let fixture = Fixture::new().await;
    let mut last = None;
    for n in 0..4_u32 {
        let victim = fixture.open(Access::Write).await.expect("one more");
        let run = match last {
            None => won(victim.claim(vec![claim("a", 0)]).await.expect("a claim").remove(0)),
            Some(last) => repeat(&victim, last, Start::Repeat).await,
        };
        let of = open(&victim, run.id, listing("files")).await;
        assert_eq!(of.id, ListingId(1));
        let read = of.read.get("").cloned().unwrap_or_default();
        assert_eq!((read.pages, read.tally.new), (u64::from(n), if n == 0 { 0 } else { u64::from(n) + 1 }));
        assert_eq!(read.next, n.checked_sub(1).map(|n| format!("after-{n}")));
        let tally = keep(&victim, run.id, numbered(&of, n)).await;
        assert_eq!((tally.seen, tally.new), (2 * u64::from(n + 1), u64::from(n + 2)));
        kill(&fixture, &victim).await;
        let owed = fixture.store.owed().await.expect("read");
        assert_eq!(owed.iter().map(|owed| owed.run).collect::<Vec<_>>(), [run.id]);
        last = Some(run.id);
    }
    let victim = fixture.open(Access::Write).await.expect("one more");
    let run = repeat(&victim, RunId(4), Start::Repeat).await;
    open(&victim, run.id, listing("files")).await;
    kill(&fixture, &victim).await;
    assert_eq!(fixture.store.owed().await.expect("read"), [], "it got no further");
    let reasons = fixture.rows("select reason from v_runs order by id").await;
    assert!(reasons[3].ends_with("died"), "{reasons:?}");
    assert!(reasons[4].ends_with("died; it was a repeat itself, and is not repeated again"), "{reasons:?}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_repeat_that_reads_anew_is_not_owed_another_since_it_would_die_at_the_same_place() {
    let fixture = Fixture::new().await;
    fixture.ended("a", 0).await;
    let victim = fixture.open(Access::Write).await.expect("a second");
    let run = repeat(&victim, RunId(1), Start::Repeat).await;
    let of = open(&victim, run.id, Listing { reading: Reading::Anew, ..listing("files") }).await;
    keep(&victim, run.id, numbered(&of, 0)).await;
    kill(&fixture, &victim).await;
    assert_eq!(fixture.store.owed().await.expect("read"), []);
}

#[tokio::test]
async fn a_listing_that_begins_anew_forgets_its_pages_but_not_what_was_new_and_changed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let first = open(store, run.id, listing("files")).await;
    keep(store, run.id, numbered(&first, 0)).await;
    keep(store, run.id, page(&first, vec![record("k0", "2")])).await;
    store.finish(failed(&run)).await.expect("an end");

    let run = repeat(store, run.id, Start::Repeat).await;
    let anew = open(store, run.id, Listing { reading: Reading::Anew, ..listing("files") }).await;
    let tally = Tally { seen: 0, new: 2, changed: 1 };
    let read = [(String::new(), Progress { next: None, pages: 0, tally })].into();
    assert_eq!(anew, Opened { id: first.id, read });
    assert_eq!(keep(store, run.id, numbered(&anew, 0)).await, Tally { seen: 2, new: 2, changed: 2 });
}

#[tokio::test]
async fn elements_of_a_listing_are_read_each_by_itself() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    for element in ["x", "y"] {
        let tally = keep(store, run.id, Page { element: element.to_owned(), ..numbered(&of, 0) }).await;
        assert_eq!(tally, Tally { seen: 2, new: if element == "x" { 2 } else { 0 }, changed: 0 });
    }
    let again = open(store, run.id, listing("files")).await;
    assert_eq!(again.id, of.id);
    assert_eq!(again.read.keys().collect::<Vec<_>>(), ["x", "y"]);
}

#[tokio::test]
async fn a_listing_is_gone_on_with_by_its_chain_alone_and_not_after_one_has_succeeded() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let first = open(store, run.id, listing("files")).await;
    keep(store, run.id, numbered(&first, 0)).await;
    store.finish(failed(&run)).await.expect("an end");

    let other = fixture.run("a", 1).await;
    assert_eq!(open(store, other.id, listing("files")).await.id, ListingId(2), "of another tick");
    store.finish(failed(&other)).await.expect("an end");
    let by_hand = repeat(store, run.id, |_| Start::Manual).await;
    assert_eq!(open(store, by_hand.id, listing("files")).await.id, ListingId(3), "by hand, at the same time");
    store.finish(failed(&by_hand)).await.expect("an end");
    let again = repeat(store, by_hand.id, Start::Repeat).await;
    assert_eq!(open(store, again.id, listing("files")).await.id, ListingId(3));
    assert_eq!(open(store, again.id, listing("others")).await.id, ListingId(4), "of another collection");
    store.finish(failed(&again)).await.expect("an end");

    let second = repeat(store, run.id, Start::Repeat).await;
    assert_eq!(open(store, second.id, listing("files")).await.id, first.id);
    store.finish(outcome(&second)).await.expect("an end");
    let third = repeat(store, second.id, Start::Repeat).await;
    let anew = open(store, third.id, listing("files")).await;
    assert_eq!(anew, Opened { id: ListingId(5), read: [].into() });
    assert_eq!(fixture.rows("select count(*) from progress").await, ["0"]);
}

#[tokio::test]
async fn a_listing_that_is_a_day_old_is_not_gone_on_with() {
    let (_folder, store, hands) = with_hands().await;
    let first = won(store.claim(vec![claim("a", 0)]).await.expect("a claim").remove(0));
    let of = open(&store, first.id, listing("files")).await;
    store.finish(failed(&first)).await.expect("an end");
    hands.advance(Duration::from_secs(24 * 60 * 60 - 1));
    let second = repeat(&store, first.id, Start::Repeat).await;
    assert_eq!(open(&store, second.id, listing("files")).await.id, of.id);
    hands.advance(Duration::from_secs(1));
    assert!(open(&store, second.id, listing("files")).await.id > of.id);
}

#[tokio::test]
async fn a_job_that_has_changed_reads_from_the_beginning() {
    let (_folder, store, _hands) = with_hands().await;
    let first = won(store.claim(vec![claim("a", 0)]).await.expect("a claim").remove(0));
    let of = open(&store, first.id, listing("files")).await;
    store.finish(failed(&first)).await.expect("an end");
    let other = Claim { start: Start::Repeat(first.id), config_hash: "another".to_owned(), ..claim("a", 0) };
    let second = won(store.claim(vec![other]).await.expect("a claim").remove(0));
    assert!(open(&store, second.id, listing("files")).await.id > of.id);
}

#[tokio::test]
async fn a_run_that_was_taken_over_writes_nothing_more() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    let other = fixture.open(Access::Write).await.expect("a second");
    assert_eq!(other.page(run.id, numbered(&of, 0)).await.expect("an answer"), None, "it is another process's");
    fixture.execute("update runs set state = 'interrupted', kind = 'stopped', finished_at = 0").await;
    assert_eq!(store.list(run.id, listing("others")).await.expect("an answer"), None);
    assert_eq!(store.page(run.id, numbered(&of, 0)).await.expect("an answer"), None);
    assert_eq!(store.complete(run.id, of.id, crate::run::Gone::MarkEmpty).await.expect("an answer"), None);
    assert_eq!(store.ended(run.id, call(noon())).await.expect("an answer"), Finish::Lost);
    let all = "select (select count(*) from records) + (select count(*) from progress) + (select count(*) from calls)
                      + (select count(*) from collections) + (select count(*) from listings)";
    assert_eq!(fixture.rows(all).await, ["2"], "the collection and the listing that there were");
}

#[tokio::test]
async fn how_far_a_list_was_read_goes_with_its_run_and_records_stay() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    keep(store, run.id, numbered(&of, 0)).await;
    store.finish(failed(&run)).await.expect("an end");
    fixture.ended("a", 1).await;
    assert_eq!(store.prune(horizons(minute(60))).await.expect("a number"), 1);
    let left =
        "select (select count(*) from listings), (select count(*) from progress), (select count(*) from records)";
    assert_eq!(fixture.rows(left).await, ["0|0|2"]);
}
