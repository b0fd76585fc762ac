//! A filter and a JSON text: it is refused with a reason, or it runs, ends soon, and what it gives is bounded.

use apicron::filter::{Filter, FilterFailure, Json, Variable, Variables, briefly};

use super::parts;

/// What a filter may give beyond its input, as text. A weight of 1 MiB is less than this in any spelling.
const LONGEST: usize = 16 << 20;

pub(crate) fn run(bytes: &[u8]) {
    let Some(input) = parts::text(bytes) else { return };
    let (text, json) = parts::halves(input);
    let input = Json::parse(json.as_bytes()).unwrap_or_else(|_| Json::null());
    let filter = match Filter::compile(text, Variable::ALL) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(!error.message.trim().is_empty(), "refused without a reason");
            assert!(text.get(error.span.clone()).is_some(), "{:?} cuts {text:?}", error.span);
            return;
        }
    };
    let variables = variables(&input);
    // Half a second at most, even where each step is dear. The whole allowance is ten.
    if let Some(done) = briefly(|| filter.run(&input, &variables)) {
        assert_bounded(&done, json.len());
        // Not briefly: what it takes depends on which regular expressions the thread still has, what it gives does not.
        let again = filter.run(&input, &variables);
        assert_eq!(texts(again), texts(done), "{text:?} gives two things for one input");
    }
}

pub(crate) fn variables(json: &Json) -> Variables {
    let json = || Some(json.clone());
    Variables { run: json(), reply: json(), calls: json(), items: json(), state: json(), each: json() }
}

fn assert_bounded(done: &Result<Vec<Json>, FilterFailure>, input: usize) {
    match done {
        Ok(values) => {
            assert!(values.len() <= 10_000, "{} values", values.len());
            let length: usize = values.iter().map(|value| value.to_string().len()).sum();
            assert!(length <= input + LONGEST, "{length} bytes of {input}");
        }
        Err(failure) => assert!(failure.message.len() <= 64 << 10, "{} bytes of reason", failure.message.len()),
    }
}

fn texts(done: Result<Vec<Json>, FilterFailure>) -> Result<Vec<String>, String> {
    match done {
        Ok(values) => Ok(values.iter().map(ToString::to_string).collect()),
        Err(failure) => Err(failure.message),
    }
}
