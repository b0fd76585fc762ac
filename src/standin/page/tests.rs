use super::*;
use crate::standin::visit::example;

fn ask(query: &str, knobs: &PagingKnobs) -> Result<Answer, Problem> {
    page(&example("GET", &format!("/v1/datasets?{query}")), knobs, 5, Value::from)
}

fn body(answer: &Answer) -> &Value {
    answer.body.as_ref().expect("a body")
}

/// All that comes when one follows the cursors, page by page, for six pages at the most.
fn followed(knobs: &PagingKnobs) -> Vec<Value> {
    let (mut pages, mut query) = (Vec::new(), "limit=2".to_owned());
    while pages.len() < 6 {
        let answer = ask(&query, knobs).expect("a page");
        pages.push(body(&answer)["items"].clone());
        let Some(cursor) = body(&answer)["nextCursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
    }
    pages
}

#[test]
fn following_the_cursor_gives_everything_once() {
    assert_eq!(followed(&PagingKnobs::default()), [json!([0, 1]), json!([2, 3]), json!([4])]);
}

#[test]
fn following_the_link_gives_everything_once_in_each_way_of_asking() {
    for way in ["limit=2", "offset=0&limit=2", "page=1&per_page=2"] {
        let (mut collected, mut query) = (Vec::new(), way.to_owned());
        loop {
            let answer = ask(&query, &PagingKnobs::default()).expect("a page");
            collected.extend(body(&answer)["items"].as_array().expect("items").clone());
            let Some(link) = &answer.link else { break };
            let address = link.strip_prefix("</v1/datasets?").and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            query = address.expect("an address here").to_owned();
            assert_eq!(query.contains("page="), way.contains("page="), "{query}");
            assert_eq!(query.contains("offset="), way.contains("offset="), "{query}");
        }
        assert_eq!(collected, (0..5).map(Value::from).collect::<Vec<_>>(), "{way}");
    }
}

#[test]
fn what_asks_for_no_page_that_could_be_is_refused() {
    for (query, status) in [
        ("limit=0", 422),
        ("limit=101", 422),
        ("per_page=x", 422),
        ("offset=-1", 422),
        ("page=0", 422),
        ("page=1&offset=2", 422),
        ("cursor=x", 400),
        ("cursor=", 400),
    ] {
        assert_eq!(ask(query, &PagingKnobs::default()).expect_err(query).status, status, "{query}");
    }
}

#[test]
fn a_place_beyond_the_end_gives_an_empty_last_page() {
    for place in [format!("cursor={}", cursor(u64::MAX)), format!("offset={}", u64::MAX), format!("page={}", u64::MAX)]
    {
        let answer = ask(&place, &PagingKnobs::default()).expect("a page");
        assert_eq!((&body(&answer)["items"], &body(&answer)["hasMore"]), (&json!([]), &json!(false)));
        assert_eq!(answer.link, None);
    }
}

#[test]
fn a_cursor_repeats_from_the_page_that_the_knob_says() {
    let knobs = PagingKnobs { repeat_cursor_after: Some(2), ..PagingKnobs::default() };
    let stuck = json!([2, 3]);
    assert_eq!(followed(&knobs)[..3], [json!([0, 1]), stuck.clone(), stuck]);
}

#[test]
fn an_endless_list_never_says_the_same_cursor_and_never_ends() {
    let knobs = PagingKnobs { endless: true, ..PagingKnobs::default() };
    assert_eq!(followed(&knobs)[2..5], [json!([4, 0]), json!([1, 2]), json!([3, 4])]);
    let first = ask("", &knobs).expect("a page");
    let second = ask(&format!("cursor={}", body(&first)["nextCursor"].as_str().expect("a cursor")), &knobs);
    assert_ne!(body(&first)["nextCursor"], body(&second.expect("a page"))["nextCursor"]);
}

#[test]
fn more_without_a_cursor_leads_nowhere() {
    let knobs = PagingKnobs { null_cursor_with_more: true, ..PagingKnobs::default() };
    let answer = ask("limit=2", &knobs).expect("a page");
    assert_eq!((&body(&answer)["hasMore"], &body(&answer)["nextCursor"]), (&json!(true), &Value::Null));
    assert_eq!(answer.link, None);
}

#[test]
fn an_empty_first_page_leads_to_the_first() {
    let knobs = PagingKnobs { empty_first_page: true, ..PagingKnobs::default() };
    assert_eq!(followed(&knobs), [json!([]), json!([0, 1]), json!([2, 3]), json!([4])]);
}

#[test]
fn a_link_can_lead_to_another_origin() {
    let knobs = PagingKnobs { foreign_link: Some("http://elsewhere.invalid".to_owned()), ..PagingKnobs::default() };
    let answer = ask("offset=0&limit=2", &knobs).expect("a page");
    let link = "<http://elsewhere.invalid/v1/datasets?limit=2&offset=2>; rel=\"next\"";
    assert_eq!(answer.link.as_deref(), Some(link));
}

#[test]
fn the_body_can_have_another_shape() {
    let with = |shape| ask("limit=2", &PagingKnobs { body: shape, ..PagingKnobs::default() }).expect("a page");
    assert_eq!(body(&with(ListBody::Data))["data"], json!([0, 1]));
    let bare = with(ListBody::Bare);
    assert_eq!(body(&bare), &json!([0, 1]));
    assert!(bare.link.is_some());
}
