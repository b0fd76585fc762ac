use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::filter::Variable;

fn filter(text: &str) -> Filter {
    Filter::compile(text, Variable::ALL).expect(text)
}

fn poll(until: &str, failed: Option<&str>) -> Poll {
    let (every, within) = (Duration::from_secs(5), Duration::from_secs(1200));
    Poll { until: filter(until), failed: failed.map(filter), every, within }
}

fn looked(until: &str, failed: Option<&str>, body: Value) -> Result<Look, Failure> {
    look(&poll(until, failed), &Json::from(body), &Variables::default())
}

fn failed(reason: &str) -> Result<Look, Failure> {
    Ok(Look::Failed(reason.to_owned()))
}

#[test]
fn it_is_done_as_soon_as_until_gives_neither_false_nor_null_nor_nothing() {
    for (until, body, expected) in [
        (r#".status == "ready""#, json!({"status": "ready"}), Look::Done),
        (r#".status == "ready""#, json!({"status": "pending"}), Look::NotYet),
        (".doneAt", json!({"doneAt": "2026-11-24"}), Look::Done),
        (".doneAt", json!({"doneAt": null}), Look::NotYet),
        (".doneAt", json!({}), Look::NotYet),
        (".left", json!({"left": 0}), Look::Done),
        ("empty", json!({}), Look::NotYet),
    ] {
        assert_eq!(looked(until, None, body.clone()), Ok(expected), "{until} over {body}");
    }
}

#[test]
fn what_has_failed_is_not_done() {
    let body = json!({"status": "failed", "error": "no pages"});
    assert_eq!(looked(".status", Some(r#".status == "failed""#), body.clone()), failed("no pages"));
    assert_eq!(looked(".status", Some(r#".status == "lost""#), body), Ok(Look::Done));
}

#[test]
fn a_text_that_failed_gives_is_the_reason() {
    let body = json!({"problem": {"text": "bad scan"}, "message": "see problem"});
    assert_eq!(looked(".done", Some(".problem.text"), body.clone()), failed("bad scan"));
    assert_eq!(looked(".done", Some(".problem"), body), failed("see problem"));
}

#[test]
fn else_the_first_words_of_an_error_in_the_answer_are_and_else_the_filter() {
    let sign = ".failed";
    for (body, expected) in [
        (json!({"failed": true, "processingStatus": {"error": "too large"}, "message": "later"}), "too large"),
        (json!({"failed": true, "error": {"code": 7, "message": "no\nway"}}), "no way"),
        (json!({"failed": true, "error": null, "errorMessage": " ", "reason": "why"}), "why"),
        (json!({"failed": true, "steps": [{"ok": 1}, {"detail": "step 2"}]}), "step 2"),
        (json!({"failed": true, "error": 7}), "`.failed` holds for the answer"),
    ] {
        assert_eq!(looked(".done", Some(sign), body.clone()), failed(expected), "{body}");
    }
}

#[test]
fn a_filter_that_fails_or_gives_several_values_is_a_failure() {
    for (until, failed) in [("1, 2", None), (".a.b", None), (".done", Some("1, 2"))] {
        let kind = looked(until, failed, json!({"a": 1, "done": true})).map_err(|failure| failure.kind);
        assert_eq!(kind, Err(Kind::Filter), "{until} {failed:?}");
    }
}

#[test]
fn one_that_is_overdue_says_what_did_not_hold_and_how_long() {
    let failure = overdue(&poll(".ready", None));
    assert_eq!((failure.kind, failure.reason.as_str()), (Kind::Timeout, "`until` did not hold within 20m: `.ready`"));
}
