use proptest::prelude::*;

use crate::filter::{Filter, Json, Template, Variable, Variables};

fn refusal(text: &str) -> (String, String) {
    let error = Filter::compile(text, Variable::ALL).expect_err(text);
    let part = text.get(error.span.clone()).unwrap_or_else(|| panic!("{text}: {:?}", error.span));
    (error.message, part.to_owned())
}

#[test]
fn a_mistake_is_told_at_its_place() {
    for (text, message, part) in [
        ("", "expected a value or a path at the end", ""),
        (".a |", "expected a value or a path at the end", ""),
        (".a | | .b", "expected a value or a path, found `|`", "|"),
        (".a .b .c d", "expected an operator or the end, found `d`", "d"),
        ("map(.a", "closing parenthesis is missing at the end", ""),
        ("[.a", "closing bracket is missing at the end", ""),
        ("{a: 1", "closing brace is missing at the end", ""),
        ("\"a", "closing quote is missing at the end", ""),
        ("(.a]", "expected closing parenthesis, found `]`", "]"),
        (".a]", "`]` is no sign of the filter language", "]"),
        ("'a'", "`'` is no sign of the filter language", "'"),
        ("\"\\d\"", "`\\d` is no escape: there are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX \\(…)", "d"),
        ("if .a then 1", "expected `else or end` at the end", ""),
        (". as x | x", "expected `pattern`, found `x`", "x"),
        ("{(.a)}", "expected `:`, found `}`", "}"),
        ("1.", "digit is missing at the end", ""),
        (".ä", "`ä` is no sign of the filter language", "ä"),
    ] {
        assert_eq!(refusal(text), (message.to_owned(), part.to_owned()), "{text}");
    }
    let error = Filter::compile("'a'", &[]).expect_err("single quotes");
    assert_eq!(error.help.as_deref(), Some("strings are in double quotes"));
}

#[test]
fn length_and_nesting_are_bounded() {
    for (text, message) in [
        (format!("\"{}\"", "a".repeat(9000)), "a filter has at most 8192 bytes, and this one has 9002"),
        ("[".repeat(4000), "the filter nests too deeply"),
        (format!("{}{}", "(".repeat(65), ")".repeat(65)), "the filter nests too deeply"),
        (["[.]"; 300].join("+"), "a filter has at most 256 of `[` and `{`"),
        ("-".repeat(4000) + "1", "the filter nests too deeply"),
        ("try ".repeat(2000) + ".", "the filter nests too deeply"),
        ("if . then ".repeat(700), "the filter nests too deeply"),
        ("if (".repeat(40) + &")".repeat(40), "the filter nests too deeply"),
        ([". "; 2000].join("|"), "a filter has at most 192 of `|` and `as`"),
        (["1"; 4000].join("+"), "a filter has at most 1024 operators"),
        (["1"; 1000].join(","), "the filter nests too deeply"),
        (format!("{{{}}}", ["a"; 300].join(",")), "the filter nests too deeply"),
    ] {
        assert_eq!(refusal(&text).0, message);
    }
}

#[test]
fn the_deepest_filters_compile_run_and_end_on_an_ordinary_stack() {
    let around = |before: &str, inside: &str, after: &str, times| before.repeat(times) + inside + &after.repeat(times);
    let deepest = [
        around("[", ".", "]", 64),
        around("-(", "1", ")", 32),
        around("-", "1", "", 64),
        around("if . then (", "1", ") end", 32),
        around("1 as $x | (", "1", ")", 40),
        around(r#""\("#, ".", r#")""#, 32),
        around("try (", ".", ")", 32),
        around("map(", ".", ")", 24),
        around("sort_by(", ".", ")", 24),
        around("first(", ".", ")", 24),
        around("{a: (", ".a", ")}", 32),
        around(".[", "0", "]", 64),
        [". "; 120].join("|"),
        [". as $x "; 60].join("|") + "|.",
        ["1"; 120].join(","),
        ["1"; 120].join("+"),
        [".a"; 120].join("//"),
        [".a"; 120].join("[0]?|"),
        format!("{{{}}}", (0..120).map(|n| format!("a{n}: {n}")).collect::<Vec<_>>().join(",")),
        format!("[{}] | {} | [..]", around("[", ".", "]", 60), around("[", ".", "]", 60)),
        [around("[", ".", "]", 64).as_str(); 4].join("|") + "| tojson | fromjson?",
        [around("[", ".", "]", 60).as_str(); 4].join("|") + "| ., . == ., [., .] - [.], flatten, (try -. // 1)",
    ];
    let nested = Json::parse((r#"{"a":"#.repeat(127) + "[1]" + &"}".repeat(127)).as_bytes()).expect("128 levels");
    for text in deepest {
        let filter = Filter::compile(&text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
        _ = filter.run(&nested, &Variables::default());
    }
}

/// What jq filters are made of.
fn jq_like() -> impl Strategy<Value = String> {
    const WORDS: &str = r#". .. .a .[] .[0] [ ] { } ( ) | , ; : + - * / // ? == < and or not if then elif else end as $x $run
        $calls " \( "a" "\u00e4" 1 1.5e3 -1 null true map( select( group_by( length add keys from_entries to_entries
        test("a") @base64 @uri" # \ try reduce def f = |= ?// $__loc__ ä :: @ $ ' {{ }} sort tojson fromjson flatten
        sub("a";"b") join(",") splits("") indices( strftime("%Y") implode"#;
    let word = prop::sample::select(WORDS.split_whitespace().chain(["\n", " "]).collect::<Vec<_>>());
    prop::collection::vec((word, prop::sample::select(vec!["", " "])), 0..24)
        .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_compiles_or_is_refused_at_a_place_of_its_own(text in any::<String>()) {
        if let Err(error) = Filter::compile(&text, Variable::ALL) {
            prop_assert!(text.get(error.span).is_some());
        }
    }

    #[test]
    fn any_text_like_jq_compiles_and_runs_or_is_refused(text in jq_like()) {
        let input = Json::parse(br#"[{"a": [1, "x", null]}, {"a": {"b": 1.5}}, -2, "2026-03-29T01:00:00Z"]"#).expect("JSON");
        match Filter::compile(&text, Variable::ALL) {
            Ok(filter) => _ = filter.run(&input, &Variables::default()),
            Err(error) => prop_assert!(text.get(error.span).is_some()),
        }
    }

    #[test]
    fn any_text_like_a_template_compiles_and_fills_or_is_refused(text in jq_like()) {
        for text in [format!("{{{{{text}}}}}"), format!("/a/{{{{ $run | {text} }}}}"), text] {
            match Template::compile(&text, Variable::ALL) {
                Ok(template) => _ = (template.to_path(&Variables::default()), template.to_header(&Variables::default())),
                Err(error) => prop_assert!(text.get(error.span).is_some()),
            }
        }
    }
}
