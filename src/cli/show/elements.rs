//! Calls that were made for many elements, as one.

use crate::cli::screen::{Tone, clean_line, paint};
use crate::cli::times::{grouped as digits, large_count};
use crate::run::CallState;
use crate::store::CallRow;

/// Elements that are named, of those that did not succeed; `--json` has all.
const NAMED: usize = 20;

/// The rows of a run, those of one call together.
pub(super) fn grouped(calls: &[CallRow]) -> impl Iterator<Item = &[CallRow]> {
    calls.chunk_by(|a, b| a.element.is_some() && b.element.is_some() && a.name == b.name)
}

/// How many there are in each state, and why some failed.
pub(super) fn text(calls: &[CallRow]) -> Vec<String> {
    let name = calls.first().map(|call| clean_line(&call.name)).unwrap_or_default();
    let all = large_count(calls.len() as u64, "element");
    let mut lines = vec![paint(Tone::Strong, &format!("call {name}: {all}{}", by_state(calls)))];
    let mut failed = calls.iter().filter(|call| !is_well(call.state));
    lines.extend(failed.by_ref().take(NAMED).map(element_text));
    if let left @ 1.. = failed.count() {
        lines.push(format!("  … {} more: --json shows all", digits(left as u64)));
    }
    lines
}

fn is_well(state: CallState) -> bool {
    matches!(state, CallState::Succeeded | CallState::Skipped)
}

/// ", 998 succeeded, 2 failed", in the order in which the states first came.
fn by_state(calls: &[CallRow]) -> String {
    let mut counts: Vec<(CallState, u64)> = Vec::new();
    for call in calls {
        match counts.iter_mut().find(|(state, _)| *state == call.state) {
            Some((_, n)) => *n += 1,
            None => counts.push((call.state, 1)),
        }
    }
    counts.sort_by_key(|(state, _)| !is_well(*state));
    counts.iter().map(|(state, n)| format!(", {} {state}", digits(*n))).collect()
}

fn element_text(call: &CallRow) -> String {
    let element = clean_line(call.element.as_deref().unwrap_or_default());
    let kind = call.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    let reason = call.reason.as_deref().map(|reason| format!(": {}", clean_line(reason))).unwrap_or_default();
    format!("  {element}  {}{kind}{reason}", call.state)
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::clock::Clock;
    use crate::run::{Kind, RunId};

    fn call(name: &str, element: Option<String>, state: CallState) -> CallRow {
        let failed = state == CallState::Failed;
        CallRow {
            run_id: RunId(1),
            seq: 0,
            name: name.to_owned(),
            element,
            method: "POST".to_owned(),
            url: "https://api.example.com".to_owned(),
            state,
            kind: failed.then_some(Kind::Status),
            reason: failed.then(|| "it answered 500".to_owned()),
            status: None,
            attempts: 1,
            pages: 0,
            items: 0,
            bytes: 0,
            idempotency_key: None,
            started_at: Clock::system().now(),
            finished_at: None,
        }
    }

    fn files(n: usize, failed: impl Fn(usize) -> bool) -> Vec<CallRow> {
        let state = |n| if failed(n) { CallState::Failed } else { CallState::Succeeded };
        (0..n).map(|n| call("files", Some(format!("{n}.pdf")), state(n))).collect()
    }

    fn plain(calls: &[CallRow]) -> Vec<String> {
        text(calls).iter().map(|line| strip_str(line).to_string()).collect()
    }

    #[test]
    fn many_elements_are_counted_and_those_that_failed_are_named_with_their_reasons() {
        let lines = plain(&files(1_000, |n| n == 7 || n == 400));
        let reason = "failed (status): it answered 500";
        assert_eq!(
            lines,
            [
                "call files: 1,000 elements, 998 succeeded, 2 failed".to_owned(),
                format!("  7.pdf  {reason}"),
                format!("  400.pdf  {reason}"),
            ]
        );
    }

    #[test]
    fn however_many_fail_twenty_are_named() {
        let lines = plain(&files(10_000, |_| true));
        assert_eq!(lines.len(), 22);
        assert_eq!(
            (lines[0].as_str(), lines[21].as_str()),
            ("call files: 10,000 elements, 10,000 failed", "  … 9,980 more: --json shows all")
        );
    }

    #[test]
    fn a_name_from_outside_is_one_line() {
        let lines = plain(&[call("files", Some("a\n  b.pdf  succeeded\u{202e}".to_owned()), CallState::Failed)]);
        assert_eq!(lines[1], "  a\\u{a}  b.pdf  succeeded\\u{202e}  failed (status): it answered 500");
    }

    #[test]
    fn elements_of_one_call_go_together_and_nothing_else_does() {
        let mut calls = vec![call("list", None, CallState::Succeeded), call("list", None, CallState::Succeeded)];
        calls.extend(files(3, |_| false));
        calls.push(call("poll", Some("0.pdf".to_owned()), CallState::Succeeded));
        let sizes: Vec<usize> = grouped(&calls).map(<[CallRow]>::len).collect();
        assert_eq!(sizes, [1, 1, 3, 1]);
    }
}
