use crate::filter::meter::Allowance;
use crate::filter::{Filter, Json, Variables};

fn run(text: &str, input: &Json) -> Result<Vec<Json>, String> {
    let filter = Filter::compile(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
    filter.run(input, &Variables::default()).map_err(|failure| failure.message)
}

fn numbers(count: i64) -> Json {
    Json::array((0..count).map(Json::from))
}

/// Objects as an API would list them.
fn items(count: i64) -> Json {
    let item = |n| {
        let status = Json::string(if n % 3 == 0 { "failed" } else { "ready" });
        let name = Json::string(&format!("item {n}"));
        Json::object([("id", Json::from(n)), ("status", status), ("name", name)])
    };
    Json::array((0..count).map(item))
}

#[test]
fn filters_that_multiply_fail_instead_of_hanging_or_filling_the_memory() {
    // Less than usual: the test is over sooner, and the rest is a matter of proportion.
    let allowance = Allowance { steps: 2_000_000, bytes: 16 * 1024 * 1024 };
    let many = numbers(20_000);
    let shared = items(2_000);
    for (text, input) in [
        ("[(1,2) |".to_owned() + &"(1,2) |".repeat(60) + " 1] | length", &many),
        ("(1,2) |".repeat(60) + " empty", &many),
        ("(1,2) |".repeat(60) + " select(false)", &many),
        ("{a: 1, b: 2} | ".to_owned() + &". as {(\"a\", \"b\"): $x} | ".repeat(60) + "empty", &many),
        ("[1, 2] | ".to_owned() + &". as [$x, $y] | .[(0, 1)] as $z | ".repeat(30) + "empty", &many),
        (format!("{} | empty", ["\"\\(1, 2)\""; 60].join("+")), &many),
        (format!("[{}]", ["(1,2)"; 60].join("+")), &many),
        ([".[]"; 12].join(" as $x | ") + " | empty", &many),
        (r#". as $all | map($all + .) | length"#.to_owned(), &Json::array((0..3_000).map(|_| numbers(50)))),
        (". as $all | map($all + [.]) | length".to_owned(), &many),
        (". as $all | map($all | tojson) | length".to_owned(), &shared),
        (". as $all | map(\"\\($all)\") | length".to_owned(), &shared),
        (". as $all | [.[] | $all | sort] | length".to_owned(), &shared),
        (". as $all | [.[] | $all] | unique | length".to_owned(), &numbers(60_000)),
        (". as $all | map(select($all == $all + [])) | length".to_owned(), &many),
        (". as $all | [.[] | $all - [1]] | length".to_owned(), &many),
        (". as $all | map($all | contains($all)) | length".to_owned(), &many),
        (". as $all | map($all | group_by(. % 2)) | length".to_owned(), &many),
        ("\"x\" * 1000000000 | length".to_owned(), &many),
        ("\"x\" | ".to_owned() + &". * 9 | ".repeat(40) + "length", &many),
        ("[.] | ".to_owned() + &". + . | ".repeat(60) + "length", &many),
        ("\"x\" * 1000000 | ".to_owned() + &"@base64 | ".repeat(60) + "length", &many),
        (". as $all | sort_by($all[]) | length".to_owned(), &many),
        ("tojson | ".to_owned() + &"tojson | ".repeat(60) + "length", &Json::string("\"\"\"\"")),
        (". as $all | map($all | tojson | [scan(\"\")] | length) | length".to_owned(), &shared),
        ("[.. | ..] | [.. | ..] | [.. | ..] | [.. | ..] | length".to_owned(), &many),
        ("with_entries(".repeat(24) + "." + &")".repeat(24), &Json::object([("a", Json::null()), ("b", Json::null())])),
    ] {
        let filter = Filter::compile(&text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
        let failure = filter.run_within(input, &Variables::default(), allowance).expect_err(&text).message;
        assert!(failure.contains("ask for less at once"), "{text}: {failure}");
    }
}

#[test]
fn values_cost_what_they_take_and_not_only_their_place() {
    let many = numbers(10_000);
    for text in [
        "[.[] | \"x\"]",
        "[.[] | 1.5]",
        "[.[] | [1]]",
        "[.[] | {a: 1}]",
        "(\"9\" * 900 | tonumber) as $big | [.[] | $big + .]",
        "(\"[\" + \"{},\" * 10000 + \"1]\") | fromjson",
        "(\"[\" + \"1.5,\" * 20000 + \"1]\") | fromjson",
        "map(tostring)",
        "to_entries",
        "sort_by(-.)",
        "group_by(.)",
        "[.[] | [.]] | flatten",
    ] {
        let filter = Filter::compile(&format!("{text} | length"), &[]).expect(text);
        let run = |bytes| filter.run_within(&many, &Variables::default(), Allowance { steps: u64::MAX, bytes });
        let failure = run(1024 * 1024).expect_err(text).message;
        assert!(failure.contains("384 MiB"), "{text}: {failure}");
        run(16 * 1024 * 1024).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn squaring_a_number_ends_at_a_bound() {
    let text = "3 |".to_owned() + &". * . |".repeat(60) + ".";
    assert_eq!(run(&text, &Json::null()), Err("the product has too many digits".to_owned()));
}

#[test]
fn a_spent_allowance_cannot_be_caught() {
    let text = "([(1,2) |".to_owned() + &"(1,2) |".repeat(60) + " 1] | length)? // 0";
    assert!(run(&text, &Json::null()).is_err());
}

#[test]
fn output_is_capped() {
    let input = numbers(10_001);
    assert_eq!(run(".[1:][]", &input).map(|values| values.len()), Ok(10_000));
    assert_eq!(run(".[]", &input), Err("it gives more than 10000 values".to_owned()));
    assert_eq!(run("\"x\" * 1000000 | length", &input), Ok(vec![Json::from(1_000_000_i64)]));
    assert!(run("\"x\" * 1000000", &input).is_ok());
    assert_eq!(run("\"x\" * 3000000", &input), Err("it gives more than 1 MiB beyond its input".to_owned()));
    // As much as came in may come out again.
    let large = items(50_000);
    assert_eq!(run(".", &large), Ok(vec![large]));
}

#[test]
fn what_people_ask_of_a_long_listing_is_within_the_allowance() {
    let listing = items(20_000);
    let allowance = Allowance { steps: Allowance::USUAL.steps / 5, bytes: Allowance::USUAL.bytes / 5 };
    for text in [
        "length",
        "group_by(.status) | map({key: .[0].status, value: length}) | from_entries",
        "map(.id) | max",
        "map(select(.status == \"ready\")) | length",
        "[.[] | {id, name}] | length",
        "map(.name) | join(\", \") | length",
        "map(.name) | add | length",
        "map(select(.name | test(\"^item [0-9]+5$\"))) | length",
        "map(.name | sub(\"item\"; \"x\")) | length",
        "unique_by(.status) | length",
        "sort_by(-.id) | .[0].id",
        "map({(.name): .id}) | add | length",
        "map(. + {more: true}) | length",
        "[.[] | to_entries | from_entries] | length",
        "tojson | fromjson | length",
        "any(.id > 19998), all(.id >= 0)",
    ] {
        let filter = Filter::compile(text, &[]).expect(text);
        filter.run_within(&listing, &Variables::default(), allowance).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn all_matches_in_a_long_text_are_within_the_allowance_where_each_byte_is_read_once() {
    let log = "GET /v1/usage?n=12 by=\"ann\" ann@example.com said no\n".repeat(20_000);
    let log = Json::object([("text", Json::string(&log))]);
    for (text, found) in [
        (r#"[.text | scan("[a-z]+")] | length"#, 200_000_i64),
        (r#"[.text | scan("\\w+@[\\w.]+")] | length"#, 20_000),
        (r#"[.text | scan("by=\"([^\"]*)\"")] | length"#, 20_000),
        (r#"[.text | match("[0-9]+"; "g")] | length"#, 40_000),
        (r#".text | gsub("[0-9]+"; "") | length"#, 980_000),
        (r#"[.text | splits("\n")] | length"#, 20_001),
    ] {
        assert_eq!(run(text, &log), Ok(vec![Json::from(found)]), "{text}");
    }
    let far = run(r#"[.text | scan("[a-z]+=\"x|[a-z]")] | length"#, &log);
    assert!(far.is_err_and(|failure| failure.contains("too many steps")));
}

#[test]
fn a_message_shows_no_more_of_a_body_than_a_line() {
    let failure = run(".[0].x.y | error", &Json::array([Json::object([("x", Json::object([("y", items(1_000))]))])]));
    assert!(failure.expect_err("an error").chars().count() <= 401);
    let failure = run("-.", &items(1_000)).expect_err("not a number");
    assert!(failure.starts_with("cannot use [{\"id\":0") && failure.ends_with("… as number"), "{failure}");
}

#[test]
fn order_is_total_so_that_sorting_never_panics() {
    let odd = "[9007199254740993, 9007199254740992.0, 9007199254740992, 1e400, -1e400, 0, -0.0, 1.5, 18446744073709551615, 1.8446744073709552e19, [1e400], {\"a\": 1}, {\"a\": 1.0}]";
    let odd = Json::parse(odd.as_bytes()).expect("JSON");
    let text = "[.[] , (.[] | numbers | . * 1.0), (.[0] * 1e400 * 0)] | . + . + . + . | sort | unique | length";
    assert_eq!(run(text, &odd).map(|values| values.len()), Ok(1));
    let text = "[.[3] - .[3], 1, .[4]] | sort";
    assert_eq!(run(text, &odd).map(|values| values[0].to_string()), Ok("[null,-1e400,1]".to_owned()));
}

#[test]
fn a_compiled_filter_crosses_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>(_: &T) {}
    crosses(&Filter::compile(".credits.available", &[]).expect("a path"));
}
