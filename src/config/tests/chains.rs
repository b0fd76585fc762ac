//! Bodies, elements, conditions and waits of calls.

use std::time::Duration;

use super::{GOOD, check, loaded, problems};
use crate::filter::Filter;
use crate::job::{Body, Call, Elements, Method, OnError};

fn call(keys: &str) -> Call {
    let loaded = loaded(&with(keys));
    let job = loaded.jobs.jobs.values().next().expect("a job");
    Call::clone(&job.calls[0])
}

/// [`GOOD`] with another call in the place of its own.
fn with(keys: &str) -> String {
    GOOD.replace("get = \"/usage\"\n", &format!("{keys}\n"))
}

#[test]
fn each_method_has_its_key() {
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    for (key, method) in ["get", "post", "put", "patch", "delete"].into_iter().zip(methods) {
        assert_eq!(call(&format!("{key} = \"/x\"")).method, method);
    }
}

#[test]
fn a_body_is_json_a_form_a_text_or_a_file() {
    let Some(Body::Form(fields)) = call("post = \"/x\"\nform = { a = 1, b = [\"x\", true] }").body else { panic!() };
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.text())).collect();
    assert_eq!(fields, [("a", "1"), ("b", "x"), ("b", "true")]);
    for (more, expected) in [("", "text/plain; charset=utf-8"), ("content_type = \"text/csv\"", "text/csv")] {
        let Some(Body::Text { text, content_type }) = call(&format!("patch = \"/x\"\ntext = \"a,b\"\n{more}")).body
        else {
            panic!("a text")
        };
        assert_eq!((text.text(), content_type.as_str()), ("a,b", expected));
    }
}

#[test]
fn an_upload_is_made_for_each_file_of_a_glob_below_the_folder_of_its_job_file() {
    let call =
        call("put = \"/x\"\nupload = { files = \"in/*.pdf\", fields = { n = '{{ $each.name }}' } }\nconcurrency = 2");
    let Some(Body::Upload { field, fields }) = &call.body else { panic!("an upload") };
    assert_eq!((field.as_str(), fields[0].0.as_str()), ("file", "n"));
    let each = call.each.expect("elements");
    let Elements::Files { folder, glob } = &each.of else { panic!("files") };
    assert!(folder.is_absolute() && glob == "in/*.pdf" && each.key.is_none() && each.concurrency.get() == 2);
}

#[test]
fn elements_are_what_a_filter_gives_or_the_records_of_a_collection() {
    let each = call("get = '/{{ $each.id }}'\nfor_each = '$state.ids[]'\neach_key = '.id'").each.expect("elements");
    assert!(matches!(&each.of, Elements::Filter(filter) if filter.text() == "$state.ids[]"));
    assert_eq!((each.key.as_ref().map(Filter::text), each.concurrency.get()), (Some(".id"), 1));
    let text = "get = '/'\nrecords = { into = \"x\", key = '.id' }\nfor_each = { records = \"x\" }\nconcurrency = 64";
    let each = call(text).each.expect("elements");
    assert!(matches!(&each.of, Elements::Records(name) if name.as_str() == "x") && each.concurrency.get() == 64);
}

#[test]
fn a_call_has_its_own_time_and_retries_or_those_of_its_job() {
    let own = call("get = '/'\ntimeout = \"5s\"\nretry = { attempts = 1 }");
    assert_eq!((own.timeout.as_secs(), own.retry.attempts.get(), own.retry.backoff.as_secs()), (5, 1, 1));
    let of_job = call("get = '/'");
    assert_eq!((of_job.timeout.as_secs(), of_job.retry.attempts.get()), (30, 4));
}

#[test]
fn a_get_is_made_until_its_answer_says_so() {
    let poll = call("get = '/'\nuntil = '.done'").poll.expect("a wait");
    assert_eq!((poll.until.text(), poll.failed.is_none()), (".done", true));
    assert_eq!((poll.every, poll.within), (Duration::from_secs(5), Duration::from_mins(20)));
    let poll =
        call("get = '/'\nuntil = '.done'\nfailed = '.error'\nevery = \"1s\"\nwithin = \"1m\"").poll.expect("one");
    assert_eq!(
        (poll.failed.as_ref().map(Filter::text), poll.every.as_secs(), poll.within.as_secs()),
        (Some(".error"), 1, 60)
    );
}

#[test]
fn conditions_failures_and_memory_are_as_the_file_says() {
    let call = call("get = '/'\nwhen = '$state.on'\non_error = \"continue\"\nremember = { newest = '.at' }");
    assert_eq!((call.when.as_ref().map(Filter::text), call.on_error), (Some("$state.on"), OnError::Continue));
    assert_eq!((call.remember[0].name.as_str(), call.remember[0].value.text()), ("newest", ".at"));
}

/// A second call that reads the first in a key of its own.
#[test]
fn a_call_is_kept_wherever_a_later_one_reads_it() {
    for reads in [
        "get = '/'\nwhen = '$calls.one.x'",
        "get = '/'\nfor_each = '$calls.one[]'",
        "get = '/'\nfor_each = '1'\neach_key = '$calls.one.x'",
        "get = '/'\nuntil = '$calls.one.x'",
        "get = '/'\nuntil = '.x'\nfailed = '$calls.one.x'",
        "get = '/'\nremember = { a = '$calls.one.x' }",
        "get = '/'\nfor_each = '1'\nremember = { a = '$calls.one | length' }",
        "get = '/'\nrecords = { into = \"x\", key = '$calls.one.x' }",
        "get = '/'\nrecords = { into = \"x\", key = '.id', columns = { a = '$calls.one.x' } }",
        "get = '/'\npages = { by = \"offset\", items = '$calls.one.x' }",
        "get = '/'\npages = { by = \"cursor\", items = '.', cursor = '$calls.one.x' }",
        "get = '/'\npages = { by = \"offset\", items = '.', more = '$calls.one.x' }",
        "post = '/'\nform = { a = '{{ $calls.one.x }}' }",
        "post = '/'\ntext = '{{ $calls.one.x }}'",
        "post = '/'\nupload = { files = \"x\", fields = { a = '{{ $calls.one.x }}' } }",
    ] {
        let loaded = loaded(&with(&format!("name = \"one\"\nget = '/'\n[[jobs.x.calls]]\n{reads}")));
        let job = loaded.jobs.jobs.values().next().expect("a job");
        assert!(job.calls[0].kept_for_later, "{reads}");
        let unknown = problems(&with(&format!("get = '/'\n[[jobs.x.calls]]\n{reads}")));
        assert_eq!(unknown.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["unknown-name"], "{reads}");
    }
}

#[test]
fn bodies() {
    check(
        "bodies",
        &[
            ("two bodies", with("post = \"/x\"\njson = {}\ntext = \"x\"")),
            ("a form of a GET", with("get = \"/x\"\nform = {}")),
            ("a text of a DELETE", with("delete = \"/x\"\ntext = \"x\"")),
            ("an upload by a PATCH", with("patch = \"/x\"\nupload = { files = \"x\" }")),
            ("a content type without a text", with("post = \"/x\"\njson = {}\ncontent_type = \"text/csv\"")),
            ("a content type that is none", with("post = \"/x\"\ntext = \"x\"\ncontent_type = \"csv\"")),
            ("an upload of nothing", with("post = \"/x\"\nupload = { field = \"\" }")),
            ("an upload of no glob", with("post = \"/x\"\nupload = { files = \"a***\" }")),
            (
                "templates that are none",
                with("post = \"/x\"\ntext = '{{ env.HOME }}'\nform = { a = '{{ [range(1e12)] }}' }"),
            ),
        ],
    );
}

#[test]
fn elements() {
    check(
        "elements",
        &[
            ("`$each` without elements", with("get = '/{{ $each.id }}'")),
            ("`$each` in what gives the elements", with("get = '/'\nfor_each = '$each.x'\neach_key = '$each.y'")),
            ("files for elements", with("post = '/'\nupload = { files = \"x\" }\nfor_each = '1'\neach_key = '.'")),
            ("keys of elements without any", with("get = '/'\neach_key = '.id'\nconcurrency = 2")),
            ("too many at once", with("get = '/'\nfor_each = '1'\nconcurrency = 65")),
            ("filters that are none", with("get = '/'\nfor_each = '[range(1e12)]'\neach_key = 'def f: 1 + f; f'")),
            ("a table without a collection", with("get = '/'\nfor_each = { record = \"x\" }")),
            ("a number", with("get = '/'\nfor_each = 3")),
            (
                "an answer for each element cannot be remembered",
                with("get = '/'\nfor_each = '1'\nremember = { a = '.x', b = '$each', c = '$run.id' }"),
            ),
        ],
    );
}

#[test]
fn waits() {
    check(
        "waits",
        &[
            ("a POST", with("post = '/'\nuntil = '.done'")),
            ("keys of a wait without one", with("get = '/'\nfailed = '.x'\nevery = \"1s\"\nwithin = \"1m\"")),
            ("looks without a pause", with("get = '/'\nuntil = '.done'\nevery = \"99ms\"")),
            ("one look only", with("get = '/'\nuntil = '.done'\nevery = \"1h\"")),
            (
                "filters that are none",
                with("get = '/'\nuntil = 'env.HOME'\nfailed = '[range(1e12)]'\nwhen = 'def f: 1 + f; f'"),
            ),
            ("a word that is none", with("get = '/'\non_error = \"continu\"")),
            ("`when` comes before the reply", with("get = '/'\nwhen = '$reply.status'")),
            (
                "values without a name, or without a filter",
                with("get = '/'\nremember = { \"A b\" = '.x', c = 3, d = 'env.HOME' }"),
            ),
            ("retries that are none", with("get = '/'\nretry = { attempts = 0 }\ntimeout = 5")),
            ("limits that are none", format!("[limits]\npages = 0\nitems = -1\n{GOOD}")),
        ],
    );
}

#[test]
fn limits_are_as_the_file_says() {
    let limits = loaded(&format!("[limits]\npages = 3\nitems = 4\n{GOOD}")).jobs.settings.limits;
    assert_eq!((limits.body, limits.pages, limits.items), (10 << 20, 3, 4));
    let limits = loaded(GOOD).jobs.settings.limits;
    assert_eq!((limits.pages, limits.items), (10_000, 100_000));
}
