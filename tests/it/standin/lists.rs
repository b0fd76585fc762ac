//! Lists: how many datasets there are, how they change, and the ways of paging.

use apicron::standin::{DATA, DatasetKnobs, Knobs, ListBody, PagingKnobs, Standin};
use serde_json::{Value, json};

use crate::support::standin::{Caller, start, start_with};

fn with_datasets(count: u64, lost: u64, changed: u64) -> Knobs {
    Knobs { datasets: DatasetKnobs { count, lost, changed }, ..Knobs::default() }
}

/// All datasets, by cursor, in pages of a hundred.
async fn all(caller: &Caller, token: &str) -> Vec<Value> {
    let (mut all, mut query) = (Vec::new(), "limit=100".to_owned());
    loop {
        let page = caller.get(&format!("/v1/datasets?{query}"), token).await.json();
        all.extend(page["items"].as_array().expect("items").clone());
        let Some(cursor) = page["nextCursor"].as_str() else { return all };
        query = format!("limit=100&cursor={cursor}");
    }
}

#[tokio::test]
async fn a_list_has_as_many_datasets_as_the_knob_says_and_each_can_be_got() {
    let standin = start_with(with_datasets(1_000_000, 0, 0)).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let last = caller.get("/v1/datasets?offset=999999&limit=1", &token).await.json();
    assert_eq!((&last["totalCount"], &last["hasMore"]), (&json!(1_000_000), &json!(false)));
    assert_eq!(last["items"][0]["id"], "ds_1000000");
    assert_eq!(caller.get("/v1/datasets/ds_1000000", &token).await.json(), last["items"][0]);
    assert_eq!(caller.get("/v1/datasets/ds_1000001", &token).await.status, 404);
}

#[tokio::test]
async fn turning_the_knobs_loses_and_changes_just_so_many_datasets() {
    let standin = start_with(with_datasets(1_000, 0, 0)).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    let before = all(&caller, &token).await;
    standin.set(with_datasets(1_000, 10, 20));
    let after = all(&caller, &token).await;
    assert_eq!((before.len(), after.len()), (1_000, 990));
    assert_eq!(after.iter().filter(|&dataset| !before.contains(dataset)).count(), 20);
    let lost =
        before.iter().find(|&dataset| !after.iter().any(|left| left["id"] == dataset["id"])).expect("a lost one");
    let id = lost["id"].as_str().expect("an id");
    assert_eq!(caller.get(&format!("/v1/datasets/{id}"), &token).await.status, 404);
}

/// The places of the pages that come when one follows the `Link` headers.
async fn follow_links(standin: &Standin, first: &str) -> Vec<Vec<Value>> {
    let caller = Caller::of(standin);
    let token = caller.token(DATA).await;
    let (mut pages, mut place) = (Vec::new(), first.to_owned());
    loop {
        let answer = caller.get(&place, &token).await;
        let body = answer.json();
        let elements = body.as_array().or_else(|| body["items"].as_array()).expect("elements");
        pages.push(elements.iter().map(|element| element["id"].clone()).collect());
        let link = answer.header("link");
        if link.is_empty() {
            return pages;
        }
        let address = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a link");
        place = address.strip_prefix(&standin.url()).expect("a link to here").to_owned();
    }
}

#[tokio::test]
async fn a_link_leads_through_the_list_in_each_way_of_asking() {
    let standin = start().await;
    let pages = [
        vec![json!("ds_demo1"), json!("ds_demo2")],
        vec![json!("ds_demo3"), json!("ds_demo4")],
        vec![json!("ds_demo5")],
    ];
    for first in ["limit=2", "offset=0&limit=2", "page=1&per_page=2"] {
        assert_eq!(follow_links(&standin, &format!("/v1/datasets?{first}")).await, pages, "{first}");
    }
    let paging = PagingKnobs { body: ListBody::Bare, ..PagingKnobs::default() };
    standin.set(Knobs { paging, ..Knobs::default() });
    assert_eq!(follow_links(&standin, "/v1/datasets?limit=2").await, pages);
}

#[tokio::test]
async fn the_journal_shows_each_page_that_was_asked_for() {
    let standin = start_with(with_datasets(250, 0, 0)).await;
    let caller = Caller::of(&standin);
    let token = caller.token(DATA).await;
    all(&caller, &token).await;
    let journal = standin.journal();
    let queries: Vec<_> = journal.iter().filter(|seen| seen.path == "/v1/datasets").map(|seen| &seen.query).collect();
    assert_eq!(queries[0], "limit=100");
    assert!(queries[1..].iter().all(|query| query.contains("cursor=")), "{queries:?}");
    assert_ne!(queries[1], queries[2]);
    assert_eq!(standin.counts().of("GET", "/v1/datasets"), 3);
}
