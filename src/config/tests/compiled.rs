//! What patterns and filters say, at its place in the file.

use super::{GOOD, check, loaded};

fn and(more: &str) -> String {
    format!("{GOOD}{more}\n")
}

#[test]
fn schedules() {
    let with = |text: &str| GOOD.replace("*/5 * * * *", text);
    check(
        "schedules",
        &[
            ("a field out of its range", with("61 * * * *")),
            ("too few fields", with("* * *")),
            ("a day that never comes", with("0 0 30 2 *")),
            ("an unknown nickname", with("@hurly")),
            ("both days restricted, which is a warning", with("0 0 1 * MON")),
        ],
    );
}

#[test]
fn filters() {
    let call = |text: &str| GOOD.replace("get = \"/usage\"", text);
    check(
        "filters",
        &[
            ("what is not allowed, at its place in the string", and("metrics = { n = \".a | env | .b\" }")),
            ("a filter that ends too early", and("metrics = { n = '.a | (' }")),
            ("in a string with escapes the whole value is marked", and("metrics = { n = \".a | \\\"x\\\" | env\" }")),
            ("`$reply` before there is one", call("get = \"/x/{{ $reply.status }}\"")),
            ("a template without an end", call("get = \"/x/{{ $run.id \"")),
            ("the template of a JSON body", call("post = \"/x\"\njson = { a = [1, \"{{ env }}\"] }")),
            ("an expectation over several lines", and("[jobs.x.calls.expect]\nthat = '''\n.a\n| env'''")),
            (
                "a call that is not earlier",
                and("name = \"one\"\nquery = { a = '{{ $calls.two.x }}', b = '{{ $calls.one.x }}' }"),
            ),
            ("a call that is misspelled", and("name = \"first\"\n[[jobs.x.calls]]\nget = '/{{ $calls.frist.id }}'")),
        ],
    );
}

#[test]
fn a_call_is_kept_when_a_later_one_reads_it() {
    let kept = |text: &str| -> Vec<bool> {
        let loaded = loaded(text);
        let job = loaded.jobs.jobs.values().next().expect("a job");
        job.calls.iter().map(|call| call.kept_for_later).collect()
    };
    let calls = "name = \"one\"\n[[jobs.x.calls]]\nname = \"two\"\nget = '/two'\n[[jobs.x.calls]]\nname = \"three\"\n";
    assert_eq!(kept(&and(&format!("{calls}get = '/{{{{ $calls.one.id }}}}'"))), [true, false, false]);
    assert_eq!(kept(&and(&format!("{calls}get = '/x'\nmetrics = {{ n = '$calls.two.n' }}"))), [false, true, false]);
    assert_eq!(kept(&and(&format!("{calls}post = '/x'\njson = {{ all = '{{{{ $calls }}}}' }}"))), [true, true, false]);
    assert_eq!(kept(&and(&format!("{calls}get = '/x'"))), [false, false, false]);
}
