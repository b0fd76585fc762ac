use proptest::prelude::*;
use serde_json::json;

use super::*;

fn variables() -> Variables {
    let calls = json!({
        "id": 18_446_744_073_709_551_615_u64, "job": "credit-balance", "none": null, "list": [1, "a"], "text": "a/b",
        "dots": "..", "dot": ".", "empty": "", "space": "a b&c=ü%", "line": "a\r\nX: y", "umlaut": "ü", "back": "a\\b", "e": "e",
    });
    Variables { calls: Some(Json::from(calls)), ..Variables::default() }
}

fn template(text: &str) -> Template {
    Template::compile(text, Variable::ALL).expect(text)
}

#[test]
fn a_string_that_is_one_filter_keeps_the_type_of_its_value() {
    for (text, expected) in [
        ("{{ $calls.id }}", json!(18_446_744_073_709_551_615_u64)),
        ("{{$calls.list}}", json!([1, "a"])),
        ("{{ {a: {b: 1}} }}", json!({"a": {"b": 1}})),
        ("{{ $calls.job }}", json!("credit-balance")),
        ("{{ false }}", json!(false)),
        (" {{ 1 }}", json!(" 1")),
        ("{{ 1 }}{{ 2 }}", json!("12")),
        ("plain }} text", json!("plain }} text")),
        ("", json!("")),
    ] {
        let json = template(text).to_json(&variables()).map(|json| json.to_string());
        assert_eq!(json, Ok(expected.to_string()), "{text}");
    }
}

#[test]
fn numbers_keep_their_digits() {
    for number in ["12345678901234567890123", "1e400", "-0.10000000000000000000001", "1.50", "9007199254740993"] {
        let calls = Json::parse(format!("[{number}]").as_bytes()).expect(number);
        let variables = Variables { calls: Some(calls), ..Variables::default() };
        let json = template("{{ $calls }}").to_json(&variables).map(|json| json.to_string());
        assert_eq!(json, Ok(format!("[{number}]")));
        let json = template("{{ $calls[0] }}").to_json(&variables).map(|json| json.to_string());
        assert_eq!(json.as_deref(), Ok(number));
        assert_eq!(template("n{{ $calls[0] }}").to_text(&variables), Ok(format!("n{number}")));
    }
}

#[test]
fn inside_a_longer_string_strings_go_in_raw_and_others_as_json() {
    for (text, expected) in [
        ("nightly {{ $calls.job }}", "nightly credit-balance"),
        ("n={{ $calls.id }}, l={{ $calls.list }}", r#"n=18446744073709551615, l=[1,"a"]"#),
        (r#"{{ "\($calls.job)}}" }}!"#, "credit-balance}}!"),
        (r#"a {{ "{{" }} b"#, "a {{ b"),
        ("{{ 6 / 2 }}", "3"),
    ] {
        assert_eq!(template(text).to_text(&variables()).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn no_value_and_null_and_several_values_are_a_failure_and_never_empty_text() {
    for (text, message) in [
        ("a{{ empty }}", "`{{ empty }}` gives no value, and exactly one value is needed"),
        ("{{ $calls.none }}", "`{{ $calls.none }}` gives null, and exactly one value is needed"),
        ("{{ $calls.nmae }}", "`{{ $calls.nmae }}` gives null, and exactly one value is needed"),
        ("{{ $calls.list[] }}", "`{{ $calls.list[] }}` gives 2 values, and exactly one value is needed"),
        ("{{ $calls.id.x }}", "filter `$calls.id.x` failed: cannot index 18446744073709551615 with \"x\""),
    ] {
        assert_eq!(template(text).to_json(&variables()).expect_err(text).to_string(), message);
        assert_eq!(template(text).to_text(&variables()).expect_err(text).to_string(), message);
    }
}

#[test]
fn a_mistake_in_a_filter_is_told_at_its_place_in_the_template() {
    for (text, part) in [("/a/{{ now }}", "now"), ("ü {{  $rnu }}", "$rnu"), ("{{ 1 }} {{ map(}}", "{{ map(}}")] {
        let error = Template::compile(text, Variable::ALL).expect_err(text);
        assert_eq!(text.get(error.span), Some(part), "{text}: {}", error.message);
    }
    assert_eq!(Template::compile("{{}}", &[]).expect_err("no filter").message, "expected a value or a path at the end");
}

#[test]
fn a_value_in_a_path_is_encoded_and_stays_in_its_segment() {
    for (text, expected) in [
        ("/usage", Some("/usage")),
        ("/a/{{ $calls.space }}/b", Some("/a/a%20b%26c%3D%C3%BC%25/b")),
        ("/runs/{{ $calls.id }}", Some("/runs/18446744073709551615")),
        ("/a/v{{ $calls.dots }}", Some("/a/v..")),
        ("/../{{ 1 }}", None),
        ("/..", None),
        ("/a/%2e%2E/b", None),
        ("/a/.%2e", None),
        ("/a%2f..%5Cb", None),
        ("/a/%252e%252e/.b/...", Some("/a/%252e%252e/.b/...")),
        ("/a/{{ $calls.text }}", None),
        ("/a/{{ $calls.back }}", None),
        ("/a/{{ $calls.dots }}", None),
        ("/a/{{ $calls.dot }}", None),
        ("/a/.{{ $calls.dot }}/b", None),
        ("/a/{{ $calls.dot }}{{ $calls.dot }}", None),
        ("/a/%2{{ $calls.e }}%2E/b", None),
        ("/a/{{ $calls.empty }}", None),
        ("/a/{{ $calls.line }}", None),
    ] {
        let path = template(text).to_path(&variables());
        match expected {
            Some(expected) => assert_eq!(path.as_deref(), Ok(expected), "{text}"),
            None => assert!(matches!(path, Err(TemplateFailure::Unfit(_))), "{text}: {path:?}"),
        }
    }
}

#[test]
fn a_header_holds_printable_ascii_only() {
    assert_eq!(template("job {{ $calls.job }}").to_header(&variables()).as_deref(), Ok("job credit-balance"));
    for text in ["{{ $calls.line }}", "{{ $calls.umlaut }}", "a\tb", "ü", "a\u{0}", "\u{7f}"] {
        assert!(matches!(template(text).to_header(&variables()), Err(TemplateFailure::Unfit(_))), "{text:?}");
    }
}

#[test]
fn a_template_knows_what_it_reads() {
    assert!(template("/usage }}").is_literal());
    assert!(!template("/{{ 1 }}").is_literal());
    assert_eq!(template("/usage").calls_used(), CallsUsed::None);
    let named = CallsUsed::Named(vec!["a".into(), "b-c".into()]);
    assert_eq!(template(r#"/{{ $calls.a.x }}/{{ $calls["b-c"] }}/{{ $calls.a.y }}"#).calls_used(), named);
    assert_eq!(template("{{ $calls.a }}{{ $calls | length }}").calls_used(), CallsUsed::All);
}

proptest! {
    #[test]
    fn text_without_braces_is_itself(text in "[^{]*") {
        let template = template(&text);
        prop_assert!(template.is_literal());
        prop_assert_eq!(template.to_text(&Variables::default()), Ok(text));
    }

    #[test]
    fn any_text_goes_in_and_comes_out_the_same(before in "[^{]*", value: String, after in "[^{]*") {
        let variables = Variables { run: Some(Json::string(&value)), ..Variables::default() };
        let text = template(&format!("{before}{{{{ $run }}}}{after}")).to_text(&variables);
        prop_assert_eq!(text, Ok(format!("{before}{value}{after}")));
    }

    #[test]
    fn a_value_never_changes_how_many_segments_a_path_has(value: String) {
        let variables = Variables { run: Some(Json::string(&value)), ..Variables::default() };
        if let Ok(path) = template("/v1/{{ $run }}/x").to_path(&variables) {
            let url = url::Url::parse("https://api.example").expect("a URL").join(&path).expect("a path");
            prop_assert_eq!(url.path_segments().map(Iterator::count), Some(3));
            let segment = url.path_segments().and_then(|mut segments| segments.nth(1)).unwrap_or_default();
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
            prop_assert_eq!(decoded.as_ref(), value.as_str());
        }
    }
}
