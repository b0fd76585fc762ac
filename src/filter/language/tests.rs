use crate::filter::{Filter, Json, Variables};

use super::*;

/// All values of a filter, one after the other, or its failure.
fn run(filter: &str, input: &str) -> String {
    let compiled = Filter::compile(filter, &[]).unwrap_or_else(|error| panic!("{filter}: {error:?}"));
    let input = Json::parse(input.as_bytes()).expect(input);
    match compiled.run(&input, &Variables::default()) {
        Ok(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Err(failure) => format!("failed: {}", failure.message),
    }
}

fn check(cases: &[(&str, &str, &str)]) {
    for (filter, input, expected) in cases {
        assert_eq!(run(filter, input), *expected, "{filter} over {input}");
    }
}

#[test]
fn the_definitions_parse_and_call_only_what_comes_before_them() {
    let natives: BTreeSet<&str> =
        crate::filter::natives::named(&DEFINITIONS.iter().flat_map(|d| d.calls.clone()).collect())
            .into_iter()
            .map(|(name, ..)| name)
            .collect();
    let mut known = natives;
    assert!(DEFINITIONS.len() > 80);
    for Definition { definition, calls } in DEFINITIONS.iter() {
        let parameters: BTreeSet<&str> = definition.args.iter().copied().collect();
        let unknown: Vec<_> =
            calls.iter().filter(|call| !known.contains(*call) && !parameters.contains(*call)).collect();
        assert!(unknown.is_empty(), "`{}` calls {unknown:?}", definition.name);
        known.insert(definition.name);
    }
}

#[test]
fn every_built_in_compiles_with_each_number_of_arguments() {
    for (name, counts) in BUILT_INS {
        for count in *counts {
            let arguments = vec!["."; *count].join("; ");
            let call = if *count == 0 { (*name).to_owned() } else { format!("{name}({arguments})") };
            Filter::compile(&call, &[]).unwrap_or_else(|error| panic!("{call}: {error}"));
        }
    }
}

#[test]
fn nothing_is_both_a_built_in_and_refused() {
    for refused in REFUSED {
        assert!(built_in(refused.name).is_none(), "{}", refused.name);
    }
}

#[test]
fn what_is_advised_in_place_of_in_and_index_does_the_same() {
    check(&[
        ("any(.ids[]; . == 3)", r#"{"ids": [1, 3]}"#, "true"),
        ("map({(.id): .}) | add", r#"[{"id": "a", "n": 1}, {"id": "b"}]"#, r#"{"a":{"id":"a","n":1},"b":{"id":"b"}}"#),
    ]);
}

#[test]
fn filters_of_the_job_file_give_what_its_users_expect() {
    check(&[
        (".credits.available", r#"{"credits": {"available": 125000}}"#, "125000"),
        (".items // .data", r#"{"data": [1, 2]}"#, "[1,2]"),
        (".nextCursor", r#"{"hasMore": true}"#, "null"),
        ("map(.updatedAt) | max", r#"[{"updatedAt": "2026-01-02"}, {"updatedAt": "2026-03-01"}]"#, r#""2026-03-01""#),
        (
            "group_by(.status) | map({key: .[0].status, value: length}) | from_entries",
            r#"[{"status": "ready"}, {"status": "failed"}, {"status": "ready"}]"#,
            r#"{"failed":1,"ready":2}"#,
        ),
        (".version > 0", r#"{"version": 3}"#, "true"),
        ("[.. | numbers] | add", r#"{"a": 1, "b": [2, {"c": 3}]}"#, "6"),
        (r#""\(.a) of \(.b)""#, r#"{"a": 1, "b": "x"}"#, r#""1 of x""#),
        ("if .a then 1 elif .b then 2 else 3 end", r#"{"b": true}"#, "2"),
        (".a as [$x, {b: $y}] | {$x, $y, z: ($x + $y)}", r#"{"a": [1, {"b": 2}]}"#, r#"{"x":1,"y":2,"z":3}"#),
        ("(.a | tonumber)? // 0", r#"{"a": "x"}"#, "0"),
        (".[] | select(.n > 1) | .id", r#"[{"n": 1, "id": "a"}, {"n": 2, "id": "b"}]"#, r#""b""#),
        ("try error(\"x\")", "null", ""),
        (".a[1:3], .a[-1], .s[:2]", r#"{"a": [0, 1, 2, 3], "s": "äöü"}"#, r#"[1,2] 3 "äö""#),
        (r#".["a-b"], ."a-b", .a?"#, r#"{"a-b": 1}"#, "1 1 null"),
    ]);
}

#[test]
fn arrays_and_objects() {
    check(&[
        ("map(. + 1)", "[1, 2]", "[2,3]"),
        ("map_values(. * 2)", r#"{"a": 1, "b": 2}"#, r#"{"a":2,"b":4}"#),
        ("map_values(select(. > 1))", r#"{"a": 1, "b": 2}"#, r#"{"b":2}"#),
        ("map_values(empty)", "[1, 2]", "[]"),
        ("add, add(.[] | . * 2)", "[1, 2, 3]", "6 12"),
        ("add", "[]", "null"),
        ("add", r#"[[1], [2, 3], null]"#, "[1,2,3]"),
        ("add", r#"[{"a": 1}, {"b": 2}, {"a": 3}]"#, r#"{"a":3,"b":2}"#),
        ("add", r#"{"a": "x", "b": "y"}"#, r#""xy""#),
        (
            "sort, (sort | reverse)",
            "[3, null, \"a\", 1, [], {}, true, 2.5]",
            "[null,true,1,2.5,3,\"a\",[],{}] [{},[],\"a\",3,2.5,1,true,null]",
        ),
        ("sort_by(.a) | map(.b)", r#"[{"a": 2, "b": "x"}, {"a": 1, "b": "y"}]"#, r#"["y","x"]"#),
        ("unique, unique_by(. % 2)", "[3, 1, 2, 1]", "[1,2,3] [2,3]"),
        ("min, max, min_by(-.), max_by(-.)", "[3, 1, 2]", "1 3 3 1"),
        ("min, max", "[]", "null null"),
        ("flatten, flatten(1)", "[1, [2, [3]]]", "[1,2,3] [1,2,[3]]"),
        ("first, last, first(.[] | select(. > 1)), last(.[])", "[1, 2, 3]", "1 3 2 3"),
        (
            "any, all, any(. > 2), all(. > 0), any(.[]; . == 9), isempty(.[])",
            "[1, 2, 3]",
            "true true true true false false",
        ),
        ("any, all", "[]", "false true"),
        ("keys, keys_unsorted, length", r#"{"b": 1, "a": 2}"#, r#"["a","b"] ["b","a"] 2"#),
        ("has(\"a\"), has(\"z\")", r#"{"a": null}"#, "true false"),
        ("has(0), has(5)", "[1]", "true false"),
        ("to_entries", r#"{"a": 1}"#, r#"[{"key":"a","value":1}]"#),
        (
            "from_entries",
            r#"[{"name": "a", "value": 1}, {"k": 2, "v": 3}, {"key": null}]"#,
            r#"{"a":1,"2":3,"null":null}"#,
        ),
        ("with_entries({key: .key, value: (.value + 1)})", r#"{"a": 1}"#, r#"{"a":2}"#),
        ("contains({a: [\"x\"]}), contains({b: 1})", r#"{"a": ["xy", "z"]}"#, "true false"),
        ("inside([1, 2, 3])", "[1]", "true"),
        ("indices(1), index(1), rindex(1), index(9)", "[0, 1, 2, 1]", "[1,3] 1 3 null"),
        ("indices([1, 2])", "[0, 1, 2, 1, 2]", "[1,3]"),
        ("[.[] | in([0, 1])]", "[0, 5]", "[true,false]"),
        (". - [2, [3]]", "[1, 2, [3], 2]", "[1]"),
        (". * {a: {c: 2}}", r#"{"a": {"b": 1}}"#, r#"{"a":{"b":1,"c":2}}"#),
        (".[1.7], .[-1.5]", "[1, 2, 3]", "2 2"),
    ]);
}

#[test]
fn text() {
    check(&[
        (r#"split(", "), join("-")?"#, r#""a, b""#, r#"["a","b"]"#),
        (r#"join("-")"#, r#"["a", 1, null, true]"#, r#""a-1--true""#),
        (r#"join(",")"#, "[]", r#""""#),
        ("length, utf8bytelength", r#""äö""#, "2 4"),
        (r#"startswith("a"), endswith("c"), ltrimstr("a"), rtrimstr("c")"#, r#""abc""#, r#"true true "bc" "ab""#),
        ("trim, ltrim, rtrim", r#"" a ""#, r#""a" "a " " a""#),
        (
            "ascii_upcase, ascii_downcase, explode, (explode | implode), reverse",
            r#""aB""#,
            r#""AB" "ab" [97,66] "aB" "Ba""#,
        ),
        (r#"test("^a.c$"), test("B"), test("B"; "i")"#, r#""abc""#, "true false true"),
        (r#"[match("(?<x>b)(z)?") | .offset, .length, .string, .captures[0].name]"#, r#""äbc""#, r#"[1,1,"b","x"]"#),
        (r#"capture("(?<y>[0-9]+)-(?<m>[0-9]+)")"#, r#""2026-03""#, r#"{"y":"2026","m":"03"}"#),
        (r#"[scan("[a-z]+")], [scan("([a-z])([0-9])")]"#, r#""a1 b2""#, r#"["a","b"] [["a","1"],["b","2"]]"#),
        (r#"sub("[0-9]"; "_"), gsub("(?<d>[0-9])"; "<\(.d)>")"#, r#""a1b2""#, r#""a_b2" "a<1>b<2>""#),
        (r#"split(", *"; null)"#, r#""a, b,c""#, r#"["a","b","c"]"#),
        (r#"indices("ab"), index("b")"#, r#""äabab""#, "[1,3] 2"),
        (
            "tojson, (tojson | fromjson), tostring",
            r#"{"a": [1, "x"]}"#,
            r#""{\"a\":[1,\"x\"]}" {"a":[1,"x"]} "{\"a\":[1,\"x\"]}""#,
        ),
        ("tonumber", r#""9007199254740993""#, "9007199254740993"),
        (
            "@csv, @tsv",
            r#"["a\"b", 1, null, true, "x\ty"]"#,
            r#""\"a\"\"b\",1,,true,\"x\ty\"" "a\"b\t1\t\ttrue\tx\\ty""#,
        ),
        (
            "@html, @uri, @json, @text, @sh",
            r#""<a'b>""#,
            r#""&lt;a&apos;b&gt;" "%3Ca%27b%3E" "\"<a'b>\"" "<a'b>" "'<a'\\''b>'""#,
        ),
        ("@base64, (@base64 | @base64d)", r#""apicron""#, r#""YXBpY3Jvbg==" "apicron""#),
        (r#"@uri "q=\(.)&x", @base64 "\(.):""#, r#""a b""#, r#""q=a%20b&x" "YSBi:""#),
        (r#". / ",", . * 2"#, r#""a,b""#, r#"["a","b"] "a,ba,b""#),
    ]);
}

#[test]
fn numbers() {
    check(&[
        (".", "9007199254740993", "9007199254740993"),
        (". + 1", "18446744073709551615", "18446744073709551616"),
        (". * 2, . - 1", "1180591620717411303424", "2361183241434822606848 1180591620717411303423"),
        ("1180591620717411303424 > 18446744073709551615, . == 9007199254740992", "9007199254740993", "true false"),
        ("7 / 2, 6 / 2, 7 % 3, -(7), 1e3", "null", "3.5 3 1 -7 1e3"),
        ("floor, ceil, round, trunc, abs", "-1.5", "-2 -1 -2 -1 1.5"),
        ("sqrt, pow(.; 3), log2, exp10?", "4", "2 64 2 10000"),
        ("length", "-5", "5"),
        ("length", "-9223372036854775808", "9223372036854775808"),
        ("1 / 0", "null", "failed: cannot calculate 1 / 0"),
        ("5 % 0", "null", "failed: cannot calculate 5 % 0"),
    ]);
}

#[test]
fn times() {
    check(&[
        (
            "fromdateiso8601, fromdate, (fromdate | todate)",
            r#""2026-03-29T01:00:00Z""#,
            r#"1774746000 1774746000 "2026-03-29T01:00:00Z""#,
        ),
        (
            r#"strftime("%Y-%m"), (gmtime | mktime), todateiso8601"#,
            "1774746000",
            r#""2026-03" 1774746000 "2026-03-29T01:00:00Z""#,
        ),
        (r#"strptime("%Y-%m-%d") | mktime"#, r#""2026-03-29""#, "1774742400"),
        ("gmtime", "9223372036854775807", "failed: cannot use 9223372036854775807 as a time"),
        ("mktime", "[2026, 127, 1, 0, 0, 0, 0, 0]", "failed: cannot use [2026,127,1,0,0,0,0,0] as a time"),
    ]);
}

#[test]
fn values_and_types() {
    check(&[
        ("map(type)", r#"[null, true, 1, "a", [], {}]"#, r#"["null","boolean","number","string","array","object"]"#),
        ("[.[] | numbers], [.[] | strings, arrays], [.[] | scalars] | length", r#"[1, "a", [], {}, null]"#, "1 2 3"),
        (
            "[.[] | values], [.[] | nulls], [.[] | booleans], [.[] | objects], [.[] | iterables]",
            "[null, true, {}]",
            "[true,{}] [null] [true] [{}] [{}]",
        ),
        ("not, (. and true), (. or false), true, false, null", "null", "true false false true false null"),
        ("toboolean", r#""true""#, "true"),
        ("tonumber", r#""x""#, r#"failed: cannot read "x" as JSON: expected value at line 1 column 1"#),
        ("error(\"too few: \\(.)\")", "3", "failed: too few: 3"),
        ("error", r#"{"a": 1}"#, r#"failed: {"a":1}"#),
        (".a.b", r#"{"a": 5}"#, "failed: cannot index 5 with \"b\""),
        (".[]", "5", "failed: cannot use 5 as iterable (array or object)"),
        ("{(1, 2): 3}", "null", "failed: cannot use 1 as the name of an object's member: it must be a string"),
    ]);
}
