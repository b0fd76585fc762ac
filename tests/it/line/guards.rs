//! Lists that do not end as they should: each has its name, and none is taken for a whole one.

use apicron::standin::PagingKnobs;

use crate::support::lists::{DATASETS, lines, lists, mirror, paged, run_badly, run_well};
use crate::support::standin;

const MARKED: &str = "select (select count(*) from v_records) || ' kept, ' ||
                      (select count(*) from v_records where gone_at is not null) || ' gone'";

/// Mirrors 250 datasets well, and then what the knobs make of the list. Gives the kind and the reason of that, and how
/// many pages it asked for.
async fn mirrored(limits: &str, paging: PagingKnobs) -> (String, String, u64) {
    let standin = standin::start_with(paged(250, PagingKnobs::default())).await;
    let folder = lists(&standin, &(limits.to_owned() + &mirror("")));
    run_well(&folder, "mirror");
    standin.set(paged(250, paging));
    let (kind, reason) = run_badly(&folder, "mirror").await;
    assert_eq!(lines(&folder, MARKED).await, ["250 kept, 0 gone"], "{kind}");
    (kind, reason, standin.counts().of("GET", DATASETS) - 3)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_comes_again_is_named_and_not_followed() {
    let paging = PagingKnobs { repeat_cursor_after: Some(2), ..PagingKnobs::default() };
    let (kind, reason, pages) = mirrored("", paging).await;
    assert_eq!((kind.as_str(), pages), ("cursor_repeats", 2), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_to_come_without_a_cursor_is_not_the_end() {
    let paging = PagingKnobs { null_cursor_with_more: true, ..PagingKnobs::default() };
    let (kind, reason, pages) = mirrored("", paging).await;
    assert_eq!((kind.as_str(), pages), ("cursor_missing", 1), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_an_end_ends_at_the_limit_of_pages() {
    let paging = PagingKnobs { endless: true, ..PagingKnobs::default() };
    let (kind, reason, pages) = mirrored("[limits]\npages = 7\n", paging).await;
    assert_eq!((kind.as_str(), pages), ("too_many_pages", 7), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_another_origin_is_never_followed() {
    let elsewhere = standin::start().await;
    let paging = PagingKnobs { foreign_link: Some(elsewhere.url()), ..PagingKnobs::default() };
    let standin = standin::start_with(paged(250, paging)).await;
    let by_link = mirror("").replace("pages   = true", "pages   = { by = \"link\", items = \".items\" }");
    let folder = lists(&standin, &by_link);
    let (kind, reason) = run_badly(&folder, "mirror").await;
    assert_eq!(kind, "blocked_target", "{reason}");
    assert_eq!(standin.counts().of("GET", DATASETS), 1);
    assert!(elsewhere.counts().requests.is_empty(), "{:?}", elsewhere.counts());
    standin.set(paged(250, PagingKnobs::default()));
    run_well(&folder, "mirror");
    assert_eq!(lines(&folder, MARKED).await, ["250 kept, 0 gone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_that_leads_on_is_not_the_end() {
    let paging = PagingKnobs { empty_first_page: true, ..PagingKnobs::default() };
    let standin = standin::start_with(paged(250, paging)).await;
    let folder = lists(&standin, &mirror(""));
    run_well(&folder, "mirror");
    assert_eq!(lines(&folder, MARKED).await, ["250 kept, 0 gone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_in_memory_are_bounded_and_items_that_stream_are_not() {
    let standin = standin::start_with(paged(250, PagingKnobs::default())).await;
    let limits = "[limits]\nitems = 249\n".to_owned();
    let in_memory = mirror("").replace("seen = \"$items.seen\"", "seen = \"length\"");
    let folder = lists(&standin, &(limits.clone() + &in_memory));
    let (kind, reason) = run_badly(&folder, "mirror").await;
    assert_eq!(kind, "too_many_items", "{reason}");
    let folder = lists(&standin, &(limits + &mirror("")));
    run_well(&folder, "mirror");
}
