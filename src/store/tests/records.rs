//! Pages of records, and what they move.

use crate::run::{Completed, Gone, Listing, Opened, Page, Reading, Record, RunId, Tally};
use crate::store::fixture::*;
use crate::store::*;

pub(super) fn listing(collection: &str) -> Listing {
    Listing { call: "list".to_owned(), collection: name(collection), columns: Vec::new(), reading: Reading::GoOn }
}

pub(super) fn record(key: &str, body: &str) -> Record {
    Record { key: key.to_owned(), body: body.to_owned(), columns: None }
}

pub(super) fn page(of: &Opened, records: Vec<Record>) -> Page {
    Page { listing: of.id, element: String::new(), records, next: None }
}

pub(super) async fn open(store: &Store, run: RunId, listing: Listing) -> Opened {
    store.list(run, listing).await.expect("a listing").expect("a live run")
}

pub(super) async fn keep(store: &Store, run: RunId, page: Page) -> Tally {
    store.page(run, page).await.expect("a page").expect("a live run")
}

async fn complete(store: &Store, run: RunId, of: &Opened, gone: Gone) -> Completed {
    store.complete(run, of.id, gone).await.expect("an end").expect("a live run")
}

fn files(numbers: std::ops::Range<u32>, body: &str) -> Vec<Record> {
    numbers.map(|n| record(&format!("f{n:03}"), &format!("{{\"n\":{n},\"v\":\"{body}\"}}"))).collect()
}

#[tokio::test]
async fn a_list_that_lost_ten_and_changed_three_moves_just_those() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let first = fixture.run("a", 0).await;
    let of = open(store, first.id, listing("files")).await;
    let tally = keep(store, first.id, page(&of, files(0..100, "x"))).await;
    assert_eq!(tally, Tally { seen: 100, new: 100, changed: 0 });
    assert_eq!(complete(store, first.id, &of, Gone::Mark).await, Completed::Done(0));
    store.finish(outcome(&first)).await.expect("an end");

    let second = fixture.run("a", 1).await;
    let of = open(store, second.id, listing("files")).await;
    let mut now = files(0..90, "x");
    now.splice(10..13, files(10..13, "y"));
    let tally = keep(store, second.id, page(&of, now)).await;
    assert_eq!(tally, Tally { seen: 90, new: 0, changed: 3 });
    let gone = "select count(*) from v_records where gone_at is not null";
    assert_eq!(fixture.rows(gone).await, ["0"], "nothing is gone before the listing is complete");
    assert_eq!(complete(store, second.id, &of, Gone::Mark).await, Completed::Done(10));
    assert_eq!(fixture.rows(gone).await, ["10"]);
    let moved = fixture.rows("select key from v_records where run_id = 2 and gone_at is null order by key").await;
    assert_eq!(moved, ["f010", "f011", "f012"]);
}

#[tokio::test]
async fn a_listing_that_saw_nothing_marks_nothing_unless_it_is_told_to() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let run = fixture.run("a", 0).await;
    let of = open(store, run.id, listing("files")).await;
    assert_eq!(keep(store, run.id, page(&of, Vec::new())).await, Tally::default());
    assert_eq!(complete(store, run.id, &of, Gone::Mark).await, Completed::Done(0), "nothing was there");
    keep(store, run.id, page(&of, files(0..7, "x"))).await;
    store.finish(outcome(&run)).await.expect("an end");

    let run = fixture.run("a", 1).await;
    let of = open(store, run.id, listing("files")).await;
    keep(store, run.id, page(&of, Vec::new())).await;
    assert_eq!(complete(store, run.id, &of, Gone::Mark).await, Completed::Empty(7));
    assert_eq!(complete(store, run.id, &of, Gone::Keep).await, Completed::Done(0));
    assert_eq!(fixture.rows("select count(*) from v_records where gone_at is not null").await, ["0"]);
    assert_eq!(complete(store, run.id, &of, Gone::MarkEmpty).await, Completed::Done(7));
    assert_eq!(complete(store, run.id, &of, Gone::MarkEmpty).await, Completed::Done(7), "of this listing");
}
