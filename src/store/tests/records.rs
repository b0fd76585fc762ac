//! Pages of records, and what they move.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

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

#[tokio::test]
async fn what_an_earlier_listing_still_reads_is_not_taken_from_a_later_one() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let earlier = fixture.run("a", 0).await;
    let later = fixture.run("b", 0).await;
    let early = open(store, earlier.id, listing("files")).await;
    let late = open(store, later.id, listing("files")).await;
    keep(store, later.id, page(&late, files(0..3, "x"))).await;
    keep(store, earlier.id, page(&early, files(0..2, "x"))).await;
    assert_eq!(complete(store, later.id, &late, Gone::Mark).await, Completed::Done(0));
    assert_eq!(complete(store, earlier.id, &early, Gone::Mark).await, Completed::Done(0), "a later one saw it");
}

#[tokio::test]
async fn what_an_earlier_listing_finds_while_a_later_one_is_read_is_not_gone() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let earlier = fixture.run("a", 0).await;
    let later = fixture.run("b", 0).await;
    let early = open(store, earlier.id, listing("files")).await;
    keep(store, earlier.id, page(&early, files(0..2, "x"))).await;
    let late = open(store, later.id, listing("files")).await;
    keep(store, later.id, page(&late, files(0..1, "x"))).await;
    keep(store, earlier.id, page(&early, files(2..4, "x"))).await;
    assert_eq!(complete(store, later.id, &late, Gone::Mark).await, Completed::Done(1));
    let gone = fixture.rows("select key from v_records where gone_at is not null").await;
    assert_eq!(gone, ["f001"], "it was there before the later one began, which has not seen it");
}

/// What a store should say, in plain words: body and whether it is there, by key.
#[derive(Default)]
struct Model(BTreeMap<String, (String, bool)>);

impl Model {
    fn keep(&mut self, records: &[Record]) -> Tally {
        let mut tally = Tally { seen: records.len() as u64, ..Tally::default() };
        let last: BTreeMap<&String, &String> = records.iter().map(|record| (&record.key, &record.body)).collect();
        for (key, body) in last {
            match self.0.insert(key.clone(), (body.clone(), true)) {
                Some((_, false)) | None => tally.new += 1,
                Some((before, true)) => tally.changed += u64::from(before != *body),
            }
        }
        tally
    }

    fn complete(&mut self, seen: &BTreeSet<String>) -> Completed {
        let there = self.0.values().filter(|(_, is_there)| *is_there).count() as u64;
        if seen.is_empty() && there > 0 {
            return Completed::Empty(there);
        }
        let mut gone = 0;
        for (_, (_, is_there)) in self.0.iter_mut().filter(|(key, _)| !seen.contains(*key)) {
            gone += u64::from(std::mem::take(is_there));
        }
        Completed::Done(gone)
    }

    fn rows(&self) -> Vec<String> {
        self.0.iter().map(|(key, (body, is_there))| format!("{key}|{body}|{}", i64::from(*is_there))).collect()
    }
}

fn pages() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let key = prop_oneof![(0..20_u8).prop_map(|n| n.to_string()), "\\PC{1,3}", Just("\"'\\\0\u{1F600}".to_owned())];
    let record = (key, 0..3_u8).prop_map(|(key, body)| record(&key, &body.to_string()));
    prop::collection::vec(prop::collection::vec(record, 0..25), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_lists_hold_the_store_has_what_was_in_them(lists in prop::collection::vec(pages(), 1..6)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let fixture = Fixture::new().await;
            let store = &fixture.store;
            let mut model = Model::default();
            for (n, pages) in lists.into_iter().enumerate() {
                let run = fixture.run("a", n as u64).await;
                let of = open(store, run.id, listing("files")).await;
                let (mut seen, mut tally) = (BTreeSet::new(), Tally::default());
                for records in pages {
                    seen.extend(records.iter().map(|record| record.key.clone()));
                    tally = tally.and(model.keep(&records));
                    prop_assert_eq!(keep(store, run.id, page(&of, records)).await, tally);
                }
                prop_assert_eq!(complete(store, run.id, &of, Gone::Mark).await, model.complete(&seen));
                store.finish(outcome(&run)).await.expect("an end");
                let rows = fixture.rows("select key, body, gone_at is null from v_records order by key").await;
                prop_assert_eq!(rows, model.rows());
            }
            Ok(())
        })?;
    }
}
