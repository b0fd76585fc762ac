use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn parsed(text: &str) -> Json {
    Json::parse(text.as_bytes()).expect(text)
}

fn refusal(bytes: &[u8]) -> String {
    Json::parse(bytes).expect_err(&String::from_utf8_lossy(bytes)).0
}

#[test]
fn json_is_what_rfc_8259_says_and_nothing_more() {
    for text in ["1", " null\n", "\"\"", "[]", "{}", "[1,2]", r#"{"a":{"b":[true,false]}}"#, r#""\u00e4\ud83d\ude00""#]
    {
        parsed(text);
    }
    for text in [
        "",
        " ",
        "1 2",
        "[1,]",
        "{1:2}",
        "{'a':1}",
        "NaN",
        "Infinity",
        "-Infinity",
        "+1",
        "01",
        "1.",
        ".5",
        "# no\n1",
        "b\"x\"",
        "tru",
        "{\"a\"}",
        "[1}",
        "\"\n\"",
        "\"\\x41\"",
        "\u{feff}1",
        r#""\ud800""#,
        "[",
        "{\"a\":",
        "\"a",
    ] {
        assert!(Json::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_refusal_tells_the_place() {
    assert_eq!(refusal(b"{\"a\": \xff}"), "invalid UTF-8 at byte 6");
    assert_eq!(refusal(b"[1,\n 2,,]"), "expected value at line 2 column 4");
    assert_eq!(refusal("[".repeat(100_000).as_bytes()), "nested more than 128 levels at byte 128");
    assert_eq!(refusal("9".repeat(100_000).as_bytes()), "a number of more than 1000 digits at byte 1000");
}

#[test]
fn nesting_goes_128_levels_deep() {
    parsed(&format!("{}{}", "[".repeat(128), "]".repeat(128)));
    parsed(r#"["[[[[\"[[[", {"}}}}": "{{{{"}]"#);
    assert!(Json::parse(format!("{}{}", "[".repeat(129), "]".repeat(129)).as_bytes()).is_err());
}

#[test]
fn numbers_keep_their_digits() {
    for text in [
        "0",
        "-1",
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "1180591620717411303424",
        "-1180591620717411303425",
        "1.10",
        "0.1",
        "1e400",
        "123456789.123456789123456789",
    ] {
        assert_eq!(parsed(text).to_string(), text);
    }
}

#[test]
fn whole_numbers_of_64_bits_stay_exact_in_serde_json() {
    for text in ["9007199254740993", "-9223372036854775808", "18446744073709551615"] {
        assert_eq!(Value::from(&parsed(text)).to_string(), text);
        let value: Value = serde_json::from_str(text).expect(text);
        assert_eq!(Json::from(value).to_string(), text);
    }
    assert_eq!(Value::from(&parsed("1180591620717411303424")), json!(1_180_591_620_717_411_303_424.0));
}

#[test]
fn a_number_is_whole_when_it_is_exactly_so() {
    for (text, whole) in [
        ("5", Some(5)),
        ("5.0", Some(5)),
        ("5e3", Some(5000)),
        ("-0", Some(0)),
        ("9223372036854775807", Some(i64::MAX)),
        ("5.5", None),
        ("18446744073709551615", None),
        ("1e300", None),
        ("9007199254740992.0", None),
        ("\"5\"", None),
    ] {
        assert_eq!(parsed(text).as_i64(), whole, "{text}");
    }
    assert_eq!(parsed("5.5").as_f64(), Some(5.5));
    assert_eq!(parsed("18446744073709551615").as_f64(), Some(18_446_744_073_709_551_615.0));
    assert_eq!(parsed("null").as_f64(), None);
}

#[test]
fn floats_that_are_whole_are_written_without_a_point() {
    assert_eq!(Json::from(5.0).to_string(), "5");
    assert_eq!(Json::from(-2.5).to_string(), "-2.5");
    assert_eq!(Value::from(&Json::from(5.0)), json!(5));
    assert!(Json::from(f64::NAN).is_null());
}

#[test]
fn of_two_members_with_one_name_the_last_wins() {
    assert_eq!(parsed(r#"{"a": 1, "b": 2, "a": 3}"#).to_string(), r#"{"a":3,"b":2}"#);
}

#[test]
fn what_is_inside_can_be_looked_at() {
    let json = parsed(r#"{"a": [1, "x"], "b": true, "c": null}"#);
    let members: Vec<_> = json.members().expect("an object").map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(members, [r#"a=[1,"x"]"#, "b=true", "c=null"]);
    let array = json.member("a").expect("a");
    let elements: Vec<_> = array.elements().expect("an array").collect();
    assert_eq!((elements.len(), elements.last().and_then(Json::as_str)), (2, Some("x")));
    assert_eq!(json.member("b").and_then(|b| b.as_bool()), Some(true));
    assert!(json.member("c").is_some_and(|c| c.is_null() && !c.is_truthy()));
    assert!(json.member("d").is_none());
    assert!(array.members().is_none() && json.elements().is_none());
}

#[test]
fn values_can_be_made() {
    let json =
        Json::object([("s", Json::string("ä\"")), ("n", Json::from(-7_i64)), ("l", Json::array([Json::from(true)]))]);
    assert_eq!(json.to_string(), r#"{"s":"ä\"","n":-7,"l":[true]}"#);
    assert_eq!(json, parsed(r#"{"l": [true], "n": -7, "s": "ä\""}"#));
}

#[test]
fn values_cross_threads() {
    fn crosses<T: Send + Sync + 'static>(_: &T) {}
    crosses(&Json::null());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Floats that are whole become whole numbers; see above.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) + 0.5)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_parse_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = Json::parse(&bytes);
    }

    #[test]
    fn texts_like_json_parse_as_serde_json_says(text in r#"[\[\]{}:,"\\0-9a-eu+\-. tr]{0,40}"#) {
        let theirs = serde_json::from_str::<Value>(&text);
        let ours = Json::parse(text.as_bytes());
        if let Ok(value) = theirs {
            prop_assert_eq!(Value::from(&ours.expect("serde_json accepts it")), value);
        } else if let Ok(json) = ours {
            // serde_json refuses numbers that no float holds; ours keep their digits.
            prop_assert!(json.to_string().contains(['e', 'E']), "{}", json);
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same(value in any_json()) {
        let json = Json::from(value.clone());
        prop_assert_eq!(&Value::from(&json), &value);
        prop_assert_eq!(&Json::parse(json.to_string().as_bytes()).expect("valid JSON"), &json);
        prop_assert_eq!(length(&json.0), json.to_string().len());
        prop_assert_eq!(serde_json::from_str::<Value>(&json.to_string()).expect("valid JSON"), value);
    }
}

#[test]
fn many_small_values_weigh_a_multiple_of_their_text_and_a_long_text_its_length() {
    for (text, least, most) in [
        ("[[],[],[]]", 300, 1000),
        (r#"[{"a":1}]"#, 400, 1000),
        ("[0,0,0]", 100, 300),
        ("[1.5,-2e3,123456789012345678901]", 350, 500),
        ("[true,false,-12345]", 160, 170),
        (r#""[{,:\"[{,:""#, 160, 200),
        ("", 0, 0),
    ] {
        let weight = Json::weight(text.as_bytes());
        assert!((least..=most).contains(&weight), "{text} weighs {weight}");
    }
    let long = format!("\"{}\"", "x".repeat(1_000_000));
    assert!(Json::weight(long.as_bytes()) < 1_001_000);
}
