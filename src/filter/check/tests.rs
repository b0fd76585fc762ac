use super::*;
use crate::filter::{Filter, Json, Variables};

const ALL: &[Variable] = Variable::ALL;
const HERE: &str = "there are `$run`, `$reply`, `$calls`, `$items`, `$state` and `$each` here";

/// Message, remedy, and the part of the text that is underlined.
fn refusal(text: &str, allowed: &[Variable]) -> (String, String, String) {
    let error = Filter::compile(text, allowed).expect_err(text);
    let part = text.get(error.span.clone()).unwrap_or_else(|| panic!("{text}: {:?}", error.span));
    (error.message, error.help.unwrap_or_default(), part.to_owned())
}

#[test]
fn what_would_loop_grow_or_reach_outside_is_refused_at_its_place_with_its_remedy() {
    for (text, part, remedy) in [
        ("def f: 1 + f; f", "def", "bind a value"),
        (".a | def f: .; f", "def", "bind a value"),
        ("[range(1e12)]", "range", "`map`"),
        ("range(1; 5)", "range", "`map`"),
        ("reduce .[] as $x (0; . + $x)", "reduce", "`add`"),
        ("foreach .[] as $x (0; . + $x)", "foreach", "`group_by`"),
        ("repeat(.)", "repeat", "`map`"),
        ("[while(true; .)]", "while", "`map`"),
        ("until(false; .)", "until", "`map`"),
        ("recurse(.)", "recurse", "`..`"),
        ("[recurse]", "recurse", "`..`"),
        ("walk(.)", "walk", "`..`"),
        ("limit(3; .[])", "limit", "`.[:3]`"),
        ("env.HOME", "env", "header"),
        ("$ENV.HOME", "$ENV", "header"),
        ("{a: $ENV}", "$ENV", "header"),
        ("now - 60", "now", "`$run.now`"),
        ("localtime", "localtime", "UTC"),
        ("[inputs]", "inputs", "`$calls`"),
        ("input", "input", "`.`"),
        ("input_filename", "input_filename", "`.`"),
        ("halt", "halt", "`error("),
        ("halt_error(\"x\")", "halt_error", "`error("),
        ("debug", "debug", "nothing is printed"),
        ("stderr", "stderr", "nothing is printed"),
        ("import \"a\" as a; a::b", "import", "no modules"),
        ("include \"a\"; .", "include", "no modules"),
        ("label $out | .", "label", "`first("),
        ("try .a catch .", "catch", "`?`"),
        ("getpath([\"a\"])", "getpath", "`.a.b`"),
        ("[paths]", "paths", "`.a.b`"),
        ("del(.a)", "del", "anew"),
        (".a |= 1", "|=", "anew"),
        (".a += 1", "+=", "anew"),
        (".a = 1", "=", "`==`"),
        (".a //= 1", "//=", "`//`"),
        ("combinations", "combinations", "`map`"),
        ("\"\\(now)\"", "now", "`$run.now`"),
        ("map(select(range(9)))", "range", "`map`"),
        (".[env.A]", "env", "header"),
        ("infinite", "infinite", "no such number"),
    ] {
        let (message, help, underlined) = refusal(text, ALL);
        assert_eq!(underlined, part, "{text}: {message}");
        assert_eq!(message, format!("`{part}` is not part of the filter language"), "{text}");
        assert!(help.contains(remedy), "{text}: {help}");
    }
}

#[test]
fn a_member_may_have_the_name_of_a_keyword() {
    for text in
        [".def", "{def: 1}", "{label: .x, catch: .y}", "{now, env}", ".a.import", "$run | {reduce: .id}", ".range"]
    {
        Filter::compile(text, ALL).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn a_mistyped_name_gets_the_nearest_right_one() {
    const FEW: &str = "write its arguments in brackets, separated by `;`: `map(.id)`, `split(\",\"; null)`";
    const ABSENT: &str = "there is no such function here; what there is works on values alone, like `map`, `select`, `any`, `add` and `test`";
    const OTHER: &str = "arguments are separated by `;`, and what it works on comes from before it: `.a | join(\",\")`";
    for (text, message, help) in [
        ("mpa(.a)", "unknown function `mpa`", "a function with a similar name exists: `map`"),
        ("group_bye(.a)", "unknown function `group_bye`", "a function with a similar name exists: `group_by`"),
        ("@bse64", "unknown function `@bse64`", "a function with a similar name exists: `@base64`"),
        ("credits", "unknown function `credits`", "for the member of that name write `.credits`"),
        ("STATUS", "unknown function `STATUS`", "for the member of that name write `.STATUS`"),
        ("system(\"true\")", "unknown function `system`", ABSENT),
        (".data-sets", "unknown function `sets`", "a name with `-` in it goes in quotes: `.[\"the-name\"]`"),
        ("$rnu.id", "unknown variable `$rnu`", "a variable with a similar name exists: `$run`"),
        (". as $total | $totl", "unknown variable `$totl`", "a variable with a similar name exists: `$total`"),
        (". as {a: $x, ($x): $y} | $y", "unknown variable `$x`", HERE),
        ("$nothing_like_it", "unknown variable `$nothing_like_it`", HERE),
        ("map", "`map` takes 1 argument, not 0", FEW),
        ("pow(1, 2)", "`pow` takes 2 arguments, not 1", OTHER),
        ("map(.a; .b)", "`map` takes 1 argument, not 2", OTHER),
        ("length(.a)", "`length` takes 0 arguments, not 1", "what it works on comes from before it: `.a | length`"),
        ("_join(1)", "unknown function `_join`", "a function with a similar name exists: `join`"),
    ] {
        let refused = refusal(text, ALL);
        assert_eq!((refused.0.as_str(), refused.1.as_str()), (message, help), "{text}");
    }
}

#[test]
fn variables_are_known_where_they_have_a_value() {
    let nothing = &[][..];
    for (text, allowed, message, help) in [
        ("$reply.status", &[Variable::Run][..], "there is no `$reply` in this place", "there is `$run` here"),
        ("$run.id", nothing, "there is no `$run` in this place", "there are no variables here, only `.`"),
        (
            "$each.id",
            &[Variable::Run, Variable::State],
            "there is no `$each` in this place",
            "there are `$run` and `$state` here",
        ),
        ("1 as $each | $each", nothing, "`$each` has a meaning of its own and cannot be bound", "take another name"),
        ("1 as $run | $run", ALL, "`$run` has a meaning of its own and cannot be bound", "take another name"),
        ("(1 as $x | $x) + $x", ALL, "unknown variable `$x`", HERE),
    ] {
        let refused = refusal(text, allowed);
        assert_eq!((refused.0.as_str(), refused.1.as_str()), (message, help), "{text}");
    }
}

#[test]
fn a_mistyped_member_of_a_variable_gets_the_nearest_right_one() {
    let similar = |name: &str| format!("a member with a similar name exists: `{name}`");
    for (text, whole, part, help) in [
        ("$run.windw.start", "$run", "windw", similar("window")),
        ("$run.window.strat", "$run.window", "strat", similar("start")),
        ("$run[\"window\"].strt?", "$run.window", "strt", similar("start")),
        ("$run[\"scheduled\"]", "$run", "scheduled", all_of_run()),
        ("map($run.tenant)", "$run", "tenant", all_of_run()),
        ("$run.nope", "$run", "nope", similar("now")),
        ("$run.window.x", "$run.window", "x", "it has `start` and `end`".to_owned()),
        ("$reply.header.x", "$reply", "header", similar("headers")),
    ] {
        let refused = refusal(text, ALL);
        assert_eq!(refused, (format!("`{whole}` has no member `{part}`"), help, part.to_owned()), "{text}");
    }
}

fn all_of_run() -> String {
    "it has `id`, `job`, `scheduled_for`, `trigger`, `now` and `window`".to_owned()
}

#[test]
fn members_that_only_a_run_tells_are_left_to_it() {
    for text in [
        "$run[.name]",
        "$run[\"a\" + \"b\"]",
        "$run[]",
        "$run[.name].nope",
        "$run.window[.name]",
        "$reply.headers.anything",
        "$reply.headers[\"x-any\"]",
        "$calls.any.thing",
        ". as $x | $x.nope",
    ] {
        Filter::compile(text, ALL).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn variables_have_their_values_and_are_null_without() {
    let variables = Variables {
        run: Some(Json::object([("id", Json::from(7_i64))])),
        calls: Some(Json::object([("usage", Json::object([("n", Json::from(5_i64))]))])),
        ..Variables::default()
    };
    let value = |text: &str| Filter::compile(text, ALL).expect(text).one(&Json::from(1_i64), &variables).expect(text);
    assert_eq!(value("$run.id + $calls.usage.n + ."), Some(Json::from(13_i64)));
    assert_eq!(value("$reply.status"), Some(Json::null()));
    assert_eq!(value("2 as $x | map_values(.)? // ($x | map_values(.))? // $x * $run.id"), Some(Json::from(14_i64)));
}

#[test]
fn a_filter_of_variables_paths_literals_and_operators_does_not_use_its_input() {
    for (text, uses) in [
        ("$calls.usage.n", false),
        ("$run.window.start // \"never\"", false),
        ("-$calls.a[0].b * 2 + 1 >= 3 and true", false),
        ("{a: $run.id, $reply, b: [1, null]}", false),
        (r#""run \($run.id)""#, false),
        (".", true),
        ("..", true),
        (".a", true),
        ("$calls.a[.n]", true),
        ("{a}", true),
        ("length", true),
        ("$calls | length", false),
        (". | $calls", true),
        ("$calls as $c | .a", true),
        ("$run.id + length", true),
        (r#""\(.)""#, true),
        ("if $run.id then 1 end", true),
    ] {
        assert_eq!(Filter::compile(text, ALL).expect(text).uses_input(), uses, "{text}");
    }
}

#[test]
fn the_calls_that_a_filter_reads_are_known_by_name() {
    let named = |names: &[&str]| CallsUsed::Named(names.iter().map(ToString::to_string).collect());
    for (text, expected) in [
        (".calls", CallsUsed::None),
        ("$run.job", CallsUsed::None),
        ("$calls.usage.n", named(&["usage"])),
        ("$calls[\"data-sets\"][0] + $calls.usage.a + $calls.usage.b", named(&["data-sets", "usage"])),
        (r#"map("\($calls.usage.n)")"#, named(&["usage"])),
        ("$calls?.usage", CallsUsed::All),
        ("$calls.usage?", named(&["usage"])),
        ("$calls | keys", CallsUsed::All),
        ("$calls[.name]", CallsUsed::All),
        ("$calls[]", CallsUsed::All),
        ("$calls.usage, $calls", CallsUsed::All),
        ("{$calls}", CallsUsed::All),
        ("$calls as {usage: $u} | $u", CallsUsed::All),
        ("$calls.a[$calls.b]", named(&["a", "b"])),
    ] {
        let used = Filter::compile(text, ALL).expect(text).calls_used().clone();
        assert_eq!(used, expected, "{text}");
    }
    assert!(CallsUsed::All.includes("x") && named(&["x"]).includes("x") && !CallsUsed::None.includes("x"));
}
