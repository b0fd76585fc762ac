//! Lists: how they are paged, where their items are kept.

use super::{GOOD, check, loaded};
use crate::filter::Filter;
use crate::job::{Call, PageBy, PageSize, Pages, Records};
use crate::run::Gone;

const OF_API: &str = r#"credential = "c"
[apis.a.pages]
by = "cursor"
items = ".items"
cursor = ".nextCursor"
more = ".hasMore"
size = { param = "limit", value = 100 }
"#;

/// [`GOOD`] with more at its end, and an API that says how its lists are paged.
fn and(more: &str) -> String {
    format!("{}{more}\n", GOOD.replace("credential = \"c\"\n", OF_API))
}

fn with_api(pages: &str) -> String {
    GOOD.replace("credential = \"c\"\n", &format!("credential = \"c\"\npages = {pages}\n"))
}

fn call(text: &str) -> Call {
    let loaded = loaded(text);
    let job = loaded.jobs.jobs.values().next().expect("a job");
    Call::clone(&job.calls[0])
}

fn pages(text: &str) -> Pages {
    call(text).pages.expect("pages")
}

#[test]
fn a_call_takes_the_paging_of_its_api_when_it_asks_for_it() {
    assert!(call(&and("")).pages.is_none() && call(&and("pages = false")).pages.is_none());
    let pages = pages(&and("pages = true"));
    let PageBy::Cursor { cursor, param } = &pages.by else { panic!("{:?}", pages.by) };
    assert_eq!((cursor.text(), param.as_str()), (".nextCursor", "cursor"));
    assert_eq!((pages.items.text(), pages.more.as_ref().map(Filter::text)), (".items", Some(".hasMore")));
    assert_eq!(pages.size, Some(PageSize { param: "limit".to_owned(), value: 100 }));
}

#[test]
fn a_call_overrides_single_keys() {
    let pages = pages(&and("pages = { items = \".data\", param = \"after\", size = { param = \"n\", value = 5 } }"));
    let PageBy::Cursor { cursor, param } = &pages.by else { panic!("{:?}", pages.by) };
    assert_eq!((cursor.text(), param.as_str(), pages.items.text()), (".nextCursor", "after", ".data"));
    assert_eq!(pages.size.map(|size| size.value), Some(5));
}

#[test]
fn another_kind_of_paging_takes_over_only_what_both_have() {
    let by_offset = pages(&and("pages = { by = \"offset\" }"));
    assert!(matches!(&by_offset.by, PageBy::Offset { param } if param == "offset"), "{:?}", by_offset.by);
    assert_eq!(by_offset.items.text(), ".items");
    let by_link = pages(&and("pages = { by = \"link\" }"));
    assert!(matches!(by_link.by, PageBy::Link { next: None }), "{:?}", by_link.by);
}

#[test]
fn each_kind_has_its_defaults() {
    let of = |table: &str| pages(&format!("{GOOD}pages = {table}\n"));
    let by_number = of("{ by = \"page\", items = \".\" }");
    assert!(matches!(&by_number.by, PageBy::Number { param, first: 1 } if param == "page"), "{:?}", by_number.by);
    let from_zero = of("{ by = \"page\", items = \".\", first = 0 }");
    assert!(matches!(from_zero.by, PageBy::Number { first: 0, .. }));
    let by_link = of("{ by = \"link\" }");
    assert!(matches!(by_link.by, PageBy::Link { next: None }) && by_link.items.text() == ".");
    let in_body = of("{ by = \"link\", items = \".items\", cursor = \".next\" }");
    assert!(matches!(in_body.by, PageBy::Link { next: Some(next) } if next.text() == ".next"));
}

#[test]
fn records_have_a_collection_and_a_key_and_maybe_columns_in_order() {
    let plain = call(&and("records = { into = \"things\", key = \".id\" }")).records.expect("records");
    assert_eq!((plain.into.as_str(), plain.key.text(), plain.gone), ("things", ".id", Gone::Keep));
    let columns = "columns = { status = \".status\", api-key = '.k' }";
    let text = and(&format!("records = {{ into = \"things\", key = \".id\", gone = \"mark-empty\", {columns} }}"));
    let Records { gone, columns, .. } = call(&text).records.expect("records");
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((gone, names), (Gone::MarkEmpty, vec!["status", "api-key"]));
}

#[test]
fn paging() {
    let own = |table: &str| format!("{GOOD}pages = {table}\n");
    check(
        "paging",
        &[
            ("an API that says nothing of its pages", own("true")),
            ("no kind", own("{ items = \".\" }")),
            ("a kind that is none", own("{ by = \"curser\", items = \".\" }")),
            ("no items", own("{ by = \"offset\" }")),
            ("no cursor", own("{ by = \"cursor\", items = \".\" }")),
            ("keys of another kind", own("{ by = \"offset\", items = \".\", cursor = \".c\", first = 0 }")),
            ("keys of another kind in an API", with_api("{ by = \"link\", param = \"p\" }")),
            ("a key of another kind than the API's", and("pages = { first = 0 }")),
            ("no such key", own("{ by = \"offset\", itms = \".\" }")),
            ("half a size", own("{ by = \"offset\", items = \".\", size = { value = 0 } }")),
            ("a parameter without a name", own("{ by = \"offset\", items = \".\", param = \"\" }")),
            ("a filter that is none, in an API", with_api("{ by = \"offset\", items = \"[range(1e12)]\" }")),
            ("an API knows no calls", with_api("{ by = \"offset\", items = '$calls.one' }")),
            ("filters that are none", own("{ by = \"cursor\", items = 'env.HOME', cursor = 'def f: 1 + f; f' }")),
            ("a post", and("pages = true").replace("get = ", "post = ")),
            ("with `until`", and("pages = true\nuntil = '.done'")),
            (
                "what an API that is not there may have said is not missed",
                own("{ items = \".\", first = 0 }").replace("api = \"a\"", "api = \"other\""),
            ),
            ("a text", own("\"cursor\"")),
        ],
    );
}

#[test]
fn parameters_of_pages() {
    let size = "size = { param = \"offset\", value = 5 }";
    let own = |table: &str| format!("{GOOD}pages = {table}\n");
    check(
        "parameters_of_pages",
        &[
            ("the same for the place and the size", own(&format!("{{ by = \"offset\", items = \".\", {size} }}"))),
            (
                "the same in an API",
                with_api(&format!("{{ by = \"page\", items = \".\", param = \"offset\", {size} }}")),
            ),
            ("the same, one of them the API's", and("pages = { param = \"limit\" }")),
            (
                "set in the query as well",
                and("pages = true\nquery = { limit = 5, cursor = [\"a\", \"b\"], other = 1 }"),
            ),
        ],
    );
    let links = own(&format!("{{ by = \"link\", {size} }}\nquery = {{ page = 1 }}"));
    assert_eq!(super::problems(&links), []);
}

#[test]
fn a_wrong_kind_of_paging_is_the_only_problem() {
    for text in [
        and("pages = { by = \"offfset\" }"),
        and("pages = { by = \"offfset\" }").replace("cursor = \".nextCursor\"\n", ""),
        and("pages = { by = \"cursor\" }").replace("by = \"cursor\"\nitems", "by = \"crsor\"\nitems"),
    ] {
        let problems = super::problems(&text);
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["wrong-value"], "{text}\n{problems:#?}");
    }
}

#[test]
fn records() {
    let own = |table: &str| format!("{GOOD}records = {table}\n");
    check(
        "records",
        &[
            ("neither a collection nor a key", own("{}")),
            ("a collection without a name", own("{ into = \"My Things\", key = \".id\" }")),
            ("a word that is none", own("{ into = \"x\", key = \".id\", gone = \"marked\" }")),
            (
                "columns that every collection has",
                own("{ into = \"x\", key = \".id\", columns = { key = \".k\", gone_at = \".g\", Name = \".n\" } }"),
            ),
            ("filters that are none", own("{ into = \"x\", key = '[range(1e12)]', columns = { a = 'env.HOME' } }")),
            ("there is no reply for an item", own("{ into = \"x\", key = '$reply.status' }")),
            ("with `until`", own("{ into = \"x\", key = \".id\" }\nuntil = '.done'")),
            (
                "marks of an upload",
                own("{ into = \"x\", key = \".id\", gone = \"mark\" }")
                    .replace("get = \"/usage\"", "post = \"/files\"\nupload = { files = \"*.pdf\" }"),
            ),
            (
                "marks of another method than GET",
                own("{ into = \"x\", key = \".id\", gone = \"mark-empty\" }").replace("get = ", "post = "),
            ),
            (
                "marks while elements may be left out",
                own("{ into = \"x\", key = \".id\", gone = \"mark\" }\nfor_each = '$state.ids[]'\nwhen = '$each.on'"),
            ),
            ("`$items` without a list", format!("{GOOD}metrics = {{ n = '$items.seen' }}\n")),
        ],
    );
    assert_eq!(super::problems(&and("pages = true\nmetrics = { n = '$items.seen' }")), []);
}

#[test]
fn what_is_gone_may_be_marked_where_a_get_lists_every_element_and_anything_may_keep_it() {
    let records = |gone: &str| format!("records = {{ into = \"x\", key = \".id\", gone = \"{gone}\" }}\n");
    let (keep, mark) = (records("keep"), records("mark"));
    for keys in [
        format!("get = '/'\n{mark}"),
        format!("get = '/'\nwhen = '$state.on'\n{mark}"),
        format!("get = '/'\nfor_each = '$state.ids[]'\n{mark}"),
        format!("get = '/'\nfor_each = '$state.ids[]'\nwhen = '$each.on'\n{keep}"),
        format!("post = '/'\n{keep}"),
        format!("post = '/'\nupload = {{ files = \"*.pdf\" }}\n{keep}"),
    ] {
        assert_eq!(super::problems(&GOOD.replace("get = \"/usage\"\n", &keys)), [], "{keys}");
    }
}
