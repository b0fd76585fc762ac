//! What is refused before anything runs: at its place, with its remedy, wherever a filter can stand.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use crate::support::binary::{Ended, Folder};
use crate::support::jobs::json_lines;
use crate::support::size::figure;

/// Filters that would loop, grow, recurse, stop the process, or see more than their input.
const REFUSED: &[&str] = &[
    "def f: 1 + f; f",
    "def f(g): f(f(g)); f(.)",
    "[range(1e12)]",
    "[range(0; 1e12; 1e-9)]",
    "env",
    "env.HOME",
    "$ENV.HOME",
    "$ENV",
    "now",
    "localtime",
    "input",
    "[inputs]",
    "input_filename",
    "input_line_number",
    "halt",
    "halt_error",
    "halt_error(1)",
    "debug",
    "debug(.)",
    "stderr",
    "repeat(.)",
    "first(repeat(.))",
    "recurse",
    "recurse(.)",
    "recurse(.; true)",
    "walk(.)",
    "until(false; .)",
    "while(true; .)",
    "limit(1; .)",
    "skip(1; .)",
    "nth(1; .)",
    "reduce .[] as $x (0; . + $x)",
    "foreach .[] as $x (0; . + $x)",
    "import \"a\" as a; .",
    "include \"a\"; .",
    "label $x | break $x",
    "[combinations]",
    "[combinations(9)]",
    "transpose",
    "getpath([\"a\"])",
    "[paths]",
    "[paths(type == \"number\")]",
    "[leaf_paths]",
    "[path(..)]",
    "[tostream]",
    "fromstream(.)",
    "del(.a)",
    "setpath([\"a\"]; 1)",
    "pick(.a)",
    ".a = 1",
    ".a |= 1",
    ".a += 1",
    "try error catch .",
    "infinite",
    "nan",
    "$__loc__",
    "$__prog_args",
    "get_search_list",
    "modulemeta",
    "builtins",
    "$nobody",
    "system(\"true\")",
    "getenv(\"HOME\")",
    "IN(.[])",
    "INDEX(.id)",
    "ascii(1)",
    "@base32d",
    "_step",
    "splits(\"a\"; \"g\"; \"x\")",
];

/// A job with one filter in one place, which `HOLE` stands for. It is refused for that filter and nothing else.
const PLACES: &[(&str, &str)] = &[
    ("metrics", "get = \"/x\"\nmetrics = { m = HOLE }"),
    ("metrics.value", "get = \"/x\"\nmetrics = { m = { value = HOLE } }"),
    ("metrics.limit", "get = \"/x\"\nmetrics = { m = { value = \".a\", limit = HOLE } }"),
    ("remember", "get = \"/x\"\nremember = { r = HOLE }"),
    ("expect.that", "get = \"/x\"\nexpect = { that = HOLE }"),
    ("when", "get = \"/x\"\nwhen = HOLE"),
    ("until", "get = \"/x\"\nevery = \"1s\"\nwithin = \"5s\"\nuntil = HOLE"),
    ("failed", "get = \"/x\"\nevery = \"1s\"\nwithin = \"5s\"\nuntil = \".a\"\nfailed = HOLE"),
    ("for_each", "get = \"/x/{{ $each.id }}\"\neach_key = \".id\"\nfor_each = HOLE"),
    ("each_key", "get = \"/x/{{ $each.id }}\"\nfor_each = \"[{id: 1}] | .[]\"\neach_key = HOLE"),
    ("pages.items", "get = \"/x\"\npages = { by = \"cursor\", items = HOLE, cursor = \".next\", param = \"c\" }"),
    ("pages.cursor", "get = \"/x\"\npages = { by = \"cursor\", items = \".items\", cursor = HOLE, param = \"c\" }"),
    (
        "pages.more",
        "get = \"/x\"\npages = { by = \"cursor\", items = \".items\", cursor = \".n\", param = \"c\", more = HOLE }",
    ),
    ("records.key", "get = \"/x\"\nrecords = { into = \"INTO\", key = HOLE }"),
    ("records.columns", "get = \"/x\"\nrecords = { into = \"INTO\", key = \".id\", columns = { a = HOLE } }"),
    ("a template in the path", "get = PATH"),
    ("a template in the query", "get = \"/x\"\nquery = { q = TEMPLATE }"),
    ("a template in a header", "get = \"/x\"\nheaders = { X-Q = TEMPLATE }"),
    ("a template in JSON", "post = \"/x\"\njson = { deep = [{ q = TEMPLATE }] }"),
    ("a template in a form", "post = \"/x\"\nform = { q = TEMPLATE }"),
    ("a template in a text", "post = \"/x\"\ntext = TEMPLATE\ncontent_type = \"text/plain\""),
];

/// A job file with each filter in each place, and the lines that they stand on.
fn written(places: &[(&str, &str)]) -> (String, BTreeSet<u64>) {
    let mut text = "[apis.open]\nbase_url = \"https://api.example.com\"\n".to_owned();
    let mut lines = BTreeSet::new();
    for (p, (_, call)) in places.iter().enumerate() {
        for (f, filter) in REFUSED.iter().enumerate() {
            // A string of JSON is one of TOML, too.
            let quoted = |text: String| Value::from(text).to_string();
            let call = call
                .replace("HOLE", &quoted((*filter).to_owned()))
                .replace("TEMPLATE", &quoted(format!("a {{{{ {filter} }}}} b")))
                .replace("PATH", &quoted(format!("/x/{{{{ {filter} }}}}")))
                .replace("INTO", &format!("things{p}x{f}"));
            write!(text, "\n[jobs.p{p}f{f}]\napi = \"open\"\n\n[[jobs.p{p}f{f}.calls]]\n{call}\n").expect("written");
            lines.insert(u64::try_from(text.lines().count()).expect("a number"));
        }
    }
    (text, lines)
}

fn check(text: &str, arguments: &[&str]) -> Ended {
    let folder = Folder::new().file("jobs.toml", text).env("HOME", "/home/of-a-secret");
    let ended = folder.run(arguments);
    assert_eq!(ended.code(), 1, "{}", ended.stderr);
    assert!(!ended.stdout.contains("of-a-secret"), "a filter saw the environment");
    ended
}

#[test]
fn a_filter_that_could_loop_grow_or_reach_outside_says_what_to_use_instead() {
    let (text, _) = written(&PLACES[..1]);
    let problems = json_lines(&check(&text, &["check", "--json"]));
    let problems = problems.iter().filter(|problem| problem["severity"] == "error");
    let said = REFUSED.iter().zip(problems).map(|(filter, problem)| {
        let word = |name: &str| problem[name].as_str().unwrap_or("-").to_owned();
        format!("{filter}\n  {}\n  = {}", word("message"), word("help"))
    });
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"));
}

#[test]
fn it_is_refused_wherever_a_filter_can_stand_and_all_at_once() {
    for place in PLACES {
        let (text, lines) = written(std::slice::from_ref(place));
        // `text` is not the last line of its call.
        let line_of = |line: u64| if place.1.contains("\ntext =") { line - 1 } else { line };
        let lines: BTreeSet<u64> = lines.into_iter().map(line_of).collect();
        let problems = json_lines(&check(&text, &["check", "--json"]));
        let errors: Vec<&Value> = problems.iter().filter(|problem| problem["severity"] == "error").collect();
        let at: BTreeSet<u64> = errors.iter().filter_map(|problem| problem["line"].as_u64()).collect();
        let missed: Vec<_> =
            lines.difference(&at).map(|line| text.lines().nth(usize::try_from(*line).expect("a line") - 1)).collect();
        assert_eq!(missed, Vec::<Option<&str>>::new(), "{}", place.0);
        assert_eq!(errors.len(), REFUSED.len(), "{}: {errors:#?}", place.0);
        for problem in errors {
            assert!(matches!(problem["code"].as_str(), Some("bad-filter" | "bad-template")), "{}: {problem}", place.0);
            assert!(problem["help"].as_str().is_some_and(|help| !help.is_empty()), "{}: {problem}", place.0);
        }
    }
    figure("R12", format!("{} filters refused in each of {} places", REFUSED.len(), PLACES.len()));
}
