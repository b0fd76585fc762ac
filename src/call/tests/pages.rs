use axum::response::Response;
use serde_json::{Value, json};

use super::book::Book;
use super::kit::{Kit, filter, get, metric};
use crate::call::Made;
use crate::job::{Call, PageBy, PageSize, Pages, Records, Remember};
use crate::run::{CallState, Gone, Kind, Name, Number, Progress, Reading, Tally};
use crate::token::testing::{Seen, Server, answer, json_answer};

fn pages() -> Pages {
    Pages {
        by: PageBy::Cursor { cursor: filter(".nextCursor"), param: "cursor".to_owned() },
        items: filter(".items"),
        more: Some(filter(".hasMore")),
        size: Some(PageSize { param: "limit".to_owned(), value: 2 }),
    }
}

fn records(gone: Gone) -> Records {
    let into = Name::new("datasets").expect("a name");
    Records { into, key: filter(".id"), gone, columns: vec![("name".to_owned(), filter(".name"))] }
}

fn listing() -> Call {
    Call { pages: Some(pages()), records: Some(records(Gone::Mark)), ..get("/datasets") }
}

/// The page at the cursor of a request, of a list of `all`, two at a time.
fn page(seen: &Seen, all: usize) -> Response {
    let url = url::Url::parse("http://x").and_then(|base| base.join(&seen.uri)).expect("a URL");
    let cursor = url.query_pairs().find(|(name, _)| name == "cursor");
    let from: usize = cursor.map_or(0, |(_, value)| value.parse().expect("a cursor"));
    let to = (from + 2).min(all);
    let items: Vec<Value> = (from..to).map(|n| json!({"name": format!("n{n}"), "id": format!("ds_{n}")})).collect();
    json_answer(200, &json!({"items": items, "hasMore": to < all, "nextCursor": (to < all).then(|| to.to_string())}))
}

async fn kit(
    call: Call,
    script: impl Fn(usize, &Seen) -> Response + Clone + Send + Sync + 'static,
) -> (Kit, Server, Book) {
    let (api, book) = (Server::answering(script).await, Book::default());
    let mut kit = Kit::new(&api.url).await;
    kit.keep_in(book.clone());
    kit.call = call;
    (kit, api, book)
}

fn only(made: &Made) -> (CallState, Option<Kind>) {
    assert_eq!((made.records.len(), made.rows), (1, 1));
    (made.records[0].state, made.records[0].kind)
}

#[tokio::test]
async fn every_page_is_read_and_kept_with_the_place_of_the_next() {
    let metrics = vec![metric("datasets", "$items.seen"), metric("new", "$items.new"), metric("gone", "$items.gone")];
    let (kit, api, book) = kit(Call { metrics, ..listing() }, |_, seen| page(seen, 5)).await;
    let made = kit.make().await;
    assert_eq!(only(&made), (CallState::Succeeded, None));
    assert_eq!((made.records[0].pages, made.records[0].items), (3, 5));
    let attempts: Vec<u32> = made.records[0].attempts.iter().map(|attempt| attempt.page).collect();
    assert_eq!(attempts, [1, 2, 3]);
    let uris: Vec<String> = api.seen().into_iter().map(|seen| seen.uri).collect();
    assert_eq!(uris, ["/v1/datasets?limit=2", "/v1/datasets?limit=2&cursor=2", "/v1/datasets?limit=2&cursor=4"]);
    let kept = book.kept();
    assert_eq!(kept.records.len(), 5);
    assert_eq!(kept.pages.iter().map(|page| page.next.as_deref()).collect::<Vec<_>>(), [Some("2"), Some("4"), None]);
    assert_eq!(kept.pages[0].records[0].body, r#"{"id":"ds_0","name":"n0"}"#);
    assert_eq!(kept.pages[0].records[0].columns.as_deref(), Some(r#"{"name":"n0"}"#));
    assert_eq!((kept.completed.as_slice(), kept.opened.as_slice()), (&[Gone::Mark][..], &[Reading::GoOn][..]));
    let values: Vec<Number> = made.samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [Number::Whole(5), Number::Whole(5), Number::Whole(4)]);
}

#[tokio::test]
async fn a_list_goes_on_where_an_earlier_run_came_to() {
    let (kit, api, book) =
        kit(Call { metrics: vec![metric("n", "$items.seen")], ..listing() }, |_, seen| page(seen, 5)).await;
    let tally = Tally { seen: 4, new: 4, changed: 0 };
    book.kept().progress.insert(String::new(), Progress { next: Some("4".to_owned()), pages: 2, tally });
    let made = kit.make().await;
    assert_eq!(only(&made), (CallState::Succeeded, None));
    assert_eq!(api.seen().len(), 1);
    assert_eq!(made.samples[0].value, Number::Whole(5));
}

#[tokio::test]
async fn a_list_that_was_read_to_its_end_is_not_asked_for_again() {
    let (kit, api, book) =
        kit(Call { metrics: vec![metric("n", "$items.seen")], ..listing() }, |_, seen| page(seen, 5)).await;
    let tally = Tally { seen: 5, new: 0, changed: 0 };
    book.kept().progress.insert(String::new(), Progress { next: None, pages: 3, tally });
    let made = kit.make().await;
    assert_eq!((only(&made), api.seen().len()), ((CallState::Succeeded, None), 0));
    assert_eq!(made.samples[0].value, Number::Whole(5));
    assert_eq!(book.kept().completed.len(), 1);
}

#[tokio::test]
async fn filters_that_use_all_items_have_them_in_memory_up_to_the_limit() {
    let remember = vec![Remember { name: "newest".to_owned(), value: filter("map(.id) | max") }];
    let call = Call { metrics: vec![metric("n", "length")], remember, ..listing() };
    let (mut kit, _api, book) = kit(call, |_, seen| page(seen, 5)).await;
    let made = kit.make().await;
    assert_eq!(made.samples[0].value, Number::Whole(5));
    assert_eq!((made.remembered[0].name.as_str(), made.remembered[0].value.as_str()), ("newest", "\"ds_4\""));
    assert_eq!(book.kept().opened, [Reading::Anew]);
    kit.item_limit = 4;
    assert_eq!(only(&kit.make().await), (CallState::Failed, Some(Kind::TooManyItems)));
}

#[tokio::test]
async fn the_limit_of_pages_is_inclusive_and_what_was_read_is_kept() {
    let (mut kit, _api, book) = kit(listing(), |_, seen| page(seen, 6)).await;
    kit.page_limit = 3;
    assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
    book.kept().progress.clear();
    kit.page_limit = 2;
    assert_eq!(only(&kit.make().await), (CallState::Failed, Some(Kind::TooManyPages)));
    let kept = book.kept();
    assert_eq!((kept.progress[""].pages, kept.completed.len()), (2, 1));
}

#[tokio::test]
async fn ways_without_an_end_are_failures_with_names() {
    let cases = [
        (json!({"items": [], "hasMore": true, "nextCursor": null}), Kind::CursorMissing),
        (json!({"items": [{"id": 1}], "hasMore": true, "nextCursor": "same"}), Kind::CursorRepeats),
        (json!({"data": []}), Kind::Filter),
        (json!({"items": [{"name": "no id"}], "hasMore": false}), Kind::Filter),
        (json!({"items": [{"id": ""}], "hasMore": false}), Kind::Filter),
    ];
    for (body, kind) in cases {
        let (kit, _api, book) = kit(listing(), move |_, _| json_answer(200, &body)).await;
        assert_eq!(only(&kit.make().await), (CallState::Failed, Some(kind)));
        assert!(book.kept().completed.is_empty());
    }
}

#[tokio::test]
async fn an_empty_list_of_kept_records_is_a_failure() {
    let (kit, _api, book) = kit(listing(), |_, seen| page(seen, 0)).await;
    book.kept().rows_of_empty = 3;
    let made = kit.make().await;
    assert_eq!(only(&made), (CallState::Failed, Some(Kind::Expect)));
    let reason = made.records[0].reason.as_deref().unwrap_or_default();
    assert!(reason.contains("3 records") && reason.contains("mark-empty"), "{reason}");
}

#[tokio::test]
async fn a_page_that_fails_leaves_those_before_it() {
    let (kit, _api, book) = kit(listing(), |n, seen| if n == 2 { answer(404, &[], "") } else { page(seen, 5) }).await;
    assert_eq!(only(&kit.make().await), (CallState::Failed, Some(Kind::Status)));
    assert_eq!(
        book.kept().progress[""],
        Progress { next: Some("2".to_owned()), pages: 1, tally: Tally { seen: 2, new: 2, changed: 0 } }
    );
}

#[tokio::test]
async fn a_run_that_is_no_longer_ours_reads_no_further() {
    let (kit, api, book) = kit(listing(), |_, seen| page(seen, 50)).await;
    book.kept().pages_left = Some(1);
    assert_eq!(only(&kit.make().await), (CallState::Interrupted, Some(Kind::Stopped)));
    assert!(api.seen().len() <= 3);
}

#[tokio::test]
async fn a_page_heals_by_a_fresh_token() {
    let (kit, api, _book) = kit(listing(), |n, seen| match n {
        2 => super::kit::unauthorized(),
        _ => page(seen, 4),
    })
    .await;
    assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
    assert_eq!(api.seen().len(), 3);
}

#[tokio::test]
async fn without_pages_the_elements_of_an_array_or_the_whole_answer_are_the_records() {
    for (body, keys) in [(json!([{"id": 1}, {"id": 2}]), vec!["1", "2"]), (json!({"id": "one"}), vec!["one"])] {
        let call = Call { pages: None, ..listing() };
        let (kit, _api, book) = kit(call, move |_, _| json_answer(200, &body)).await;
        assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
        assert_eq!(book.kept().records.keys().collect::<Vec<_>>(), keys);
    }
}

#[tokio::test]
async fn a_place_that_holds_a_secret_is_neither_kept_nor_followed() {
    let secret = crate::token::testing::SECRET;
    let body = json!({"items": [{"id": 1}], "hasMore": true, "nextCursor": format!("?access_token={secret}")});
    let (kit, _api, book) = kit(listing(), move |_, _| json_answer(200, &body)).await;
    assert_eq!(only(&kit.make().await), (CallState::Failed, Some(Kind::BlockedTarget)));
    assert!(book.kept().pages.is_empty());
}

#[tokio::test]
async fn records_hold_no_secrets_and_stay_json_without_them() {
    let secret = crate::token::testing::SECRET;
    let body = json!({"items": [{"id": "a", "note": format!("it is {secret}")}], "hasMore": false});
    let (kit, _api, book) = kit(listing(), move |_, _| json_answer(200, &body)).await;
    assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
    assert_eq!(book.kept().records["a"], r#"{"id":"a","note":"it is [redacted]"}"#);
}

#[tokio::test]
async fn a_list_whose_places_are_counted_is_read_anew_where_what_is_left_out_would_be_marked_gone() {
    for (gone, reading) in [(Gone::Mark, Reading::Anew), (Gone::Keep, Reading::GoOn)] {
        let by = PageBy::Offset { param: "offset".to_owned() };
        let call = Call { pages: Some(Pages { by, ..pages() }), records: Some(records(gone)), ..listing() };
        let (kit, _api, book) = kit(call, |_, seen| page(seen, 1)).await;
        assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
        assert_eq!(book.kept().opened, [reading]);
    }
}

#[tokio::test]
async fn a_list_whose_place_is_no_longer_known_is_read_from_the_beginning() {
    let (kit, api, book) =
        kit(listing(), |_, seen| if seen.uri.contains("expired") { answer(400, &[], "") } else { page(seen, 3) }).await;
    let tally = Tally { seen: 2, new: 2, changed: 0 };
    book.kept().progress.insert(String::new(), Progress { next: Some("expired".to_owned()), pages: 1, tally });
    assert_eq!(only(&kit.make().await), (CallState::Succeeded, None));
    assert_eq!(api.seen().len(), 3);
    let kept = book.kept();
    assert_eq!((kept.records.len(), kept.opened.as_slice()), (3, &[Reading::GoOn, Reading::Anew][..]));
}

#[tokio::test]
async fn a_key_has_a_longest_length() {
    for (length, ended) in [(2_048, (CallState::Succeeded, None)), (2_049, (CallState::Failed, Some(Kind::Filter)))] {
        let body = json!({"items": [{"id": "k".repeat(length)}], "hasMore": false});
        let (kit, _api, _book) = kit(listing(), move |_, _| json_answer(200, &body)).await;
        assert_eq!(only(&kit.make().await), ended, "{length}");
    }
}
