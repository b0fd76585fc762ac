use reqwest::header::HeaderValue;

use super::*;
use crate::filter::Filter;
use crate::job::PageSize;

fn filter(text: &str) -> Filter {
    Filter::compile(text, &[]).expect("a filter")
}

fn pages(by: PageBy) -> Pages {
    Pages { by, items: filter("."), more: None, size: Some(PageSize { param: "limit".to_owned(), value: 2 }) }
}

fn cursor() -> Pages {
    pages(PageBy::Cursor { cursor: filter(".next"), param: "cursor".to_owned() })
}

fn way(pages: &Pages) -> Way<'_> {
    Way::new(pages, list(), "the API")
}

fn list() -> Url {
    "https://api.example.com/v1/list?q=a%26b&cursor=old".parse().expect("a URL")
}

fn signs(items: u64, more: Option<bool>, cursor: Option<&str>) -> Signs {
    Signs { items, more, cursor: cursor.map(str::to_owned) }
}

fn next(way: &mut Way<'_>, place: Option<&str>, signs: &Signs) -> Result<Option<String>, Kind> {
    way.next(place, signs, &list(), &HeaderMap::new()).map_err(|failure| failure.kind)
}

fn link(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(LINK, HeaderValue::from_str(value).expect("a header"))])
}

#[test]
fn an_address_keeps_the_query_of_the_call_and_replaces_what_paging_sets() {
    let pages = cursor();
    let address = |place| way(&pages).address(place).expect("an address").to_string();
    assert_eq!(address(None), "https://api.example.com/v1/list?q=a%26b&cursor=old&limit=2");
    assert_eq!(address(Some("a b&c")), "https://api.example.com/v1/list?q=a%26b&limit=2&cursor=a+b%26c");
    let pages = self::pages(PageBy::Number { param: "page".to_owned(), first: 1 });
    assert!(way(&pages).address(None).expect("an address").as_str().ends_with("&limit=2&page=1"));
}

#[test]
fn a_cursor_ends_where_there_is_none_or_nothing_more() {
    let pages = cursor();
    let mut way = way(&pages);
    assert_eq!(next(&mut way, None, &signs(2, None, Some("a"))), Ok(Some("a".to_owned())));
    assert_eq!(next(&mut way, Some("a"), &signs(2, Some(true), Some("b"))), Ok(Some("b".to_owned())));
    assert_eq!(next(&mut way, Some("b"), &signs(2, Some(false), Some("c"))), Ok(None));
    assert_eq!(next(&mut way, Some("b"), &signs(2, None, None)), Ok(None));
}

#[test]
fn more_pages_without_a_way_to_them_are_a_failure() {
    let pages = cursor();
    assert_eq!(next(&mut way(&pages), None, &signs(2, Some(true), None)), Err(Kind::CursorMissing));
}

#[test]
fn a_cursor_that_comes_again_is_a_failure_also_after_others() {
    let pages = cursor();
    assert_eq!(next(&mut way(&pages), Some("a"), &signs(2, None, Some("a"))), Err(Kind::CursorRepeats));
    let mut way = way(&pages);
    for (place, then) in [(None, "a"), (Some("a"), "b"), (Some("b"), "c")] {
        assert_eq!(next(&mut way, place, &signs(2, None, Some(then))), Ok(Some(then.to_owned())));
    }
    assert_eq!(next(&mut way, Some("c"), &signs(2, None, Some("a"))), Err(Kind::CursorRepeats));
}

#[test]
fn offsets_and_numbers_end_at_a_page_that_is_empty_or_has_less_than_an_earlier_one() {
    for (by, first, second) in [
        (PageBy::Offset { param: "offset".to_owned() }, "2", "4"),
        (PageBy::Number { param: "page".to_owned(), first: 0 }, "1", "2"),
    ] {
        let pages = pages(by);
        let mut way = way(&pages);
        // An API may give fewer at a time than one asks for.
        assert_eq!(next(&mut self::way(&pages), None, &signs(1, None, None)).map(|next| next.is_some()), Ok(true));
        assert_eq!(next(&mut way, None, &signs(2, None, None)), Ok(Some(first.to_owned())));
        assert_eq!(next(&mut way, Some(first), &signs(2, None, None)), Ok(Some(second.to_owned())));
        assert_eq!(next(&mut way, Some(second), &signs(1, None, None)), Ok(None));
        assert_eq!(next(&mut way, Some(second), &signs(0, None, None)), Ok(None));
        assert_eq!(next(&mut way, Some(second), &signs(2, Some(false), None)), Ok(None));
    }
}

#[test]
fn an_offset_that_stands_still_while_there_is_more_is_a_failure() {
    let pages = pages(PageBy::Offset { param: "offset".to_owned() });
    assert_eq!(next(&mut way(&pages), Some("4"), &signs(0, Some(true), None)), Err(Kind::CursorRepeats));
}

#[test]
fn a_link_is_followed_within_the_origin_and_nowhere_else() {
    let pages = pages(PageBy::Link { next: None });
    let mut way = way(&pages);
    let mut follow =
        |line: &str| way.next(None, &Signs::default(), &list(), &link(line)).map_err(|failure| failure.kind);
    assert_eq!(
        follow(r#"</v1/list?page=2>; rel="next", </v1/list?page=9>; rel=last"#),
        Ok(Some("https://api.example.com/v1/list?page=2".to_owned()))
    );
    assert_eq!(follow(r#"<https://api.example.com/v1/x>; title="a, <b>; rel=next"; rel="prev""#), Ok(None));
    assert_eq!(follow(r#"<https://api.example.com/v1/x>; rel="first NEXT""#).map(|next| next.is_some()), Ok(true));
    for other in [
        "https://evil.example/v1/list",
        "//evil.example/",
        r"\\evil.example\v1",
        "http://api.example.com/v1/list",
        "https://api.example.com:444/",
        "https://api.example.com./v1/list",
        "https://user@api.example.com/v1/list",
        "blob:https://api.example.com/v1/list",
        "data:text/plain,x",
        "https://169.254.169.254/latest",
    ] {
        assert_eq!(follow(&format!("<{other}>; rel=next")), Err(Kind::BlockedTarget), "{other}");
    }
    for unreadable in ["garbage", "<half", "</a>; rel=prev </b>; rel=next", "</a>; title=\"x; rel=next"] {
        assert_eq!(follow(unreadable), Err(Kind::CursorMissing), "{unreadable}");
    }
    assert_eq!(follow(""), Ok(None));
}

/// RFC 3986 section 5.1.3: where a page came from in the end is what its links start from.
#[test]
fn a_relative_link_starts_from_where_its_page_was_found() {
    let pages = pages(PageBy::Link { next: None });
    let moved = "https://api.example.com/v2/all/list".parse().expect("a URL");
    let next = way(&pages).next(None, &Signs::default(), &moved, &link("<?page=2>; rel=next"));
    assert_eq!(next, Ok(Some("https://api.example.com/v2/all/list?page=2".to_owned())));
}

#[test]
fn an_address_that_a_former_run_kept_is_looked_at_again() {
    let pages = pages(PageBy::Link { next: None });
    assert_eq!(way(&pages).address(Some("https://evil.example/")).expect_err("refused").kind, Kind::BlockedTarget);
    let whole = "https://api.example.com/v1/list?page=2";
    assert_eq!(way(&pages).address(Some("/v1/list?page=2")).expect("an address").as_str(), whole);
}

#[test]
fn a_place_has_a_longest_length() {
    let pages = cursor();
    let place = |bytes: usize| next(&mut way(&pages), None, &signs(2, None, Some(&"c".repeat(bytes)))).map(|_| ());
    assert_eq!((place(LONGEST_PLACE), place(LONGEST_PLACE + 1)), (Ok(()), Err(Kind::TooLarge)));
}
