//! Any text at all is read or answered, never a panic.

use proptest::prelude::*;

use super::{GOOD, read};
use crate::config::{Colour, Loaded, Rejected, render};

/// Pieces that job files are made of, right and wrong.
const PIECES: &[&str] = &[
    "[jobs.x]\n",
    "[[jobs.x.calls]]\n",
    "[apis.a]\n",
    "[credentials.c]\n",
    "[defaults]\n",
    "[store]\n",
    "[jobs]\n",
    "[[jobs]]\n",
    "get = ",
    "post = ",
    "api = ",
    "schedule = ",
    "client_secret = ",
    "next_client_secret = ",
    "optional = ",
    "bearer = ",
    "token_url = ",
    "base_url = ",
    "metrics = ",
    "metrics.n = ",
    "json = ",
    "query = ",
    "headers = ",
    "scopes = ",
    "expect = ",
    "period = ",
    "[alerts.a]\n",
    "[channels.c]\n",
    "metric = \"x.n\"",
    "percent = ",
    "runout = ",
    "stale = ",
    "failures = ",
    "channels = ",
    "email = ",
    "webhook = ",
    "pages = ",
    "by = \"cursor\"",
    "items = ",
    "records = ",
    "into = \"x\"",
    "key = ",
    "gone = \"mark\"",
    "for_each = ",
    "when = ",
    "until = ",
    "every = ",
    "upload = ",
    "files = ",
    "form = ",
    "remember = ",
    "rate_limit = ",
    "operations = ",
    "method = \"GET\"",
    "path = \"/a/{b}\"",
    "retry = ",
    "timeout = ",
    "x.y = ",
    "url = ",
    "include = ",
    "\"/usage\"",
    "\"https://a.example/ä\"",
    "'.a | b'",
    "\"\\u00e9\"",
    "\"\\e\"",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    "a = ",
    "env = ",
    "file = ",
    "\"SECRET\"",
    "30",
    "\"30s\"",
    "1.5",
    "nan",
    "true",
    "2026-01-01",
    "\n",
    "\r\n",
    "# ü\n",
    "\"\"\"",
    "'''",
    "\"",
    "\0",
    "\u{feff}",
    "𝄞",
    "{{ $run.id }}",
    "999999999999999999999999999999999999999999",
];

fn toml_ish() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..40);
    let cut = (0..GOOD.len(), 0..GOOD.len(), pieces);
    cut.prop_map(|(from, to, pieces)| {
        let (from, to) = (from.min(to), from.max(to));
        format!("{}{}{}", &GOOD[..from], pieces.concat(), &GOOD[to..])
    })
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let (problems, documents) = match read(text) {
        Ok(Loaded { warnings, documents, .. }) => (warnings, documents),
        Err(Rejected { problems, documents }) => {
            prop_assert!(!problems.is_empty());
            (problems, documents)
        }
    };
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in &problems {
        let line = lines.get(problem.line as usize - 1);
        let length = line.map(|line| line.chars().count());
        prop_assert!(length.is_some_and(|length| problem.column as usize - 1 <= length), "{problem:?}");
        prop_assert!(problem.span.clone().is_none_or(|span| text.get(span).is_some()), "{problem:?}");
    }
    prop_assert!(problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
    render(&problems, &documents, Colour::Ansi);
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_answered_within_its_lines(text in any::<String>()) {
        holds(&text)?;
    }

    #[test]
    fn any_mixture_of_what_files_are_made_of_is_read_or_answered_within_its_lines(text in toml_ish()) {
        holds(&text)?;
    }
}
