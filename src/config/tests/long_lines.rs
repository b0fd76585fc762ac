//! A line may be as long as the file, and have as many problems as fit in.

use super::{GOOD, problems, said};

/// With quadratic work for each of these the test would take minutes without optimisation.
const MANY: usize = 2_000;

fn many(one: impl Fn(usize) -> String) -> String {
    (0..MANY).map(one).collect::<Vec<_>>().join(",")
}

#[test]
fn every_problem_of_a_long_line_is_found_and_shown_in_a_few_words() {
    for (line, code) in [
        (format!("retry = {{{}}}", many(|n| format!("x{n}=1"))), "unknown-key"),
        (format!("scopes = [{}]", many(|_| "1".to_owned())), "wrong-value"),
        (format!("scopes = [{}]", many(|n| format!("'a {n}'"))), "wrong-value"),
        (format!("calls = [{}]", many(|_| "{get='/',schedule='x'}".to_owned())), "misplaced-key"),
        (format!("calls = [{}]", many(|_| "{get='/',}".to_owned())), "toml-1.1"),
    ] {
        let text = format!("{GOOD}[jobs.y]\napi = 'a'\n{line}\n");
        let found = problems(&text).into_iter().filter(|problem| problem.code == code).count();
        let said = said(&text);
        let shown = said.matches(&format!("[{code}]")).count();
        assert_eq!((found, shown), (MANY, MANY), "{code}");
        assert!(said.len() < MANY * 1_500, "{code}: {} bytes", said.len());
    }
}

#[test]
fn of_a_long_line_only_the_part_around_a_problem_is_shown() {
    let text = format!("{GOOD}[jobs.y]\napi = 'a'\nretry = {{{}}}\n", many(|n| format!("xy{n} = 1")));
    let said = said(&text);
    let middle = said.split("\n\n").find(|said| said.contains("`xy1000`"));
    insta::assert_snapshot!(middle.unwrap_or_default(), @r"
    error[unknown-key]: unknown key `xy1000` in `retry`
      --> jobs.toml:16:9900
       |
       |
    16 | …xy990 = 1,xy991 = 1,xy992 = 1,xy993 = 1,xy994 = 1,xy995 = 1,xy996 = 1,xy997 = 1,xy998 = 1,xy999 = 1,xy1000 = 1,xy1001 = 1,xy1002 = ...
       |                                                                                                      ^^^^^^ not a key of `retry`
       = help: the keys here are `attempts`, `backoff` and `max_backoff`
    ");
}

#[test]
fn of_a_long_value_only_the_beginning_is_marked() {
    let text = GOOD.replace("/usage", &"ü".repeat(2_000));
    let said: Vec<_> = said(&text).lines().take(6).map(str::to_owned).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    error[bad-path]: a path begins with one `/`
      --> jobs.toml:13:7
       |
       |
    13 | get = "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü…
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}
