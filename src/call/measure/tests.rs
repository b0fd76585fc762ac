use super::*;
use crate::job::{Calendar, Cycle, Period};
use crate::run::MetricKind;
use crate::token::testing::{name, noon};

fn filter(text: &str) -> Filter {
    Filter::compile(text, &[]).expect("a filter")
}

fn metric(value: &str) -> Metric {
    let name = "m".to_owned();
    Metric { name, value: filter(value), kind: MetricKind::Gauge, unit: None, limit: None, period: None }
}

fn measuring(metrics: Vec<Metric>, element: Option<&str>) -> Measuring {
    let (element, variables) = (element.map(str::to_owned), Variables::default());
    Measuring { job: name("usage"), element, metrics, remember: Vec::new(), variables, at: noon() }
}

fn take(metrics: Vec<Metric>, that: Option<&str>, body: &str) -> Result<Vec<Sample>, Failure> {
    let (variables, body) = (Variables::default(), Json::parse(body.as_bytes()).expect("JSON"));
    if let Some(that) = that {
        check(&filter(that), &body, &variables)?;
    }
    measuring(metrics, None).take(&body).map(|measured| measured.samples)
}

fn values(value: &str, body: &str) -> Vec<(String, Number)> {
    let samples = take(vec![metric(value)], None, body).expect("samples");
    samples.into_iter().map(|sample| (sample.label, sample.value)).collect()
}

fn reason(value: &str, body: &str) -> String {
    let failure = take(vec![metric(value)], None, body).expect_err("a failure");
    assert_eq!(failure.kind, Kind::Filter);
    failure.reason
}

#[test]
fn a_number_is_one_series_and_an_object_one_for_each_key() {
    assert_eq!(values(".n", r#"{"n": 9007199254740993}"#), [(String::new(), Number::Whole(9_007_199_254_740_993))]);
    assert_eq!(values(".n", r#"{"n": 0.5}"#), [(String::new(), Number::Real(0.5))]);
    let by_key = values(".n", r#"{"n": {"ready": 3, "failed": 0, "unknown": null}}"#);
    assert_eq!(by_key, [("ready".to_owned(), Number::Whole(3)), ("failed".to_owned(), Number::Whole(0))]);
}

#[test]
fn what_is_not_there_is_no_sample_and_never_zero() {
    for body in ["{}", r#"{"n": null}"#, "null", r#"{"n": {}}"#] {
        assert_eq!(values(".n", body), [], "{body}");
    }
    assert_eq!(values("empty", "1"), []);
}

#[test]
fn a_metric_whose_path_is_absent_says_so_and_one_that_wants_no_value_does_not() {
    let absent = |value: &str| {
        let body = Json::parse(br#"{"n": 0, "null": null, "list": []}"#).expect("JSON");
        measuring(vec![metric(value)], None).take(&body).expect("measured").absent
    };
    let sentence = |path: &str| vec![format!("metric `m` has no value: `{path}` is absent (null) in the reply")];
    for path in [".credits.left", ".null", ".list | max"] {
        assert_eq!(absent(path), sentence(path));
    }
    for value in [".n", "empty", ".null // empty", ".null // 0"] {
        assert_eq!(absent(value), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn what_is_no_number_is_a_failure_that_says_what_it_is() {
    assert!(
        reason(".n", r#"{"n": true}"#).contains("gives true where a number is needed; use `if . then 1 else 0 end`")
    );
    assert!(reason(".n", r#"{"n": "5"}"#).contains("`m`: `.n` gives a string"));
    assert!(reason(".n", r#"{"n": [1]}"#).contains("an array"));
    assert!(reason(".n", r#"{"n": {"a": {"b": 1}}}"#).contains("an object"));
    assert!(reason(".n[]", r#"{"n": [1, 2]}"#).contains("2 values"));
    assert!(reason(".n", "[1]").contains("failed"));
    assert!(reason(".n", r#"{"n": {"": 1}}"#).contains("empty key"));
}

#[test]
fn a_number_beyond_the_range_of_floats_is_told_as_such() {
    for (filter, body) in [(".n", r#"{"n": 1e400}"#), (".n * 10", r#"{"n": 1e308}"#), (".n", r#"{"n": {"a": -1e400}}"#)]
    {
        assert_eq!(reason(filter, body), format!("metric `m`: `{filter}` gives too large a number"), "{body}");
    }
    assert_eq!(reason(". - .", "1e400"), "metric `m`: `. - .` gives the result of a sum that has none");
}

#[test]
fn one_series_too_many_is_a_failure() {
    let body = |n: usize| {
        let members: Vec<String> = (0..n).map(|n| format!("\"k{n}\": {n}")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert_eq!(values(".", &body(MOST_SERIES)).len(), MOST_SERIES);
    assert!(reason(".", &body(MOST_SERIES + 1)).contains("1001 series"));
}

#[test]
fn one_series_twice_is_a_failure() {
    let failure = take(vec![metric(".a"), metric(".b")], None, r#"{"a": 1, "b": 2}"#).expect_err("twice");
    assert!(failure.reason.contains("usage.m{} comes twice"), "{}", failure.reason);
}

#[test]
fn a_limit_is_a_number_for_all_series_or_one_for_each() {
    let limited = |limit: &str| Metric { limit: Some(filter(limit)), ..metric(".n") };
    let limits = |limit: &str, body: &str| -> Vec<Option<Number>> {
        take(vec![limited(limit)], None, body).expect("samples").iter().map(|sample| sample.limit).collect()
    };
    assert_eq!(limits(".l", r#"{"n": {"a": 1, "b": 2}, "l": 9}"#), [Some(Number::Whole(9)), Some(Number::Whole(9))]);
    assert_eq!(limits(".l", r#"{"n": {"a": 1, "b": 2}, "l": {"b": 9}}"#), [None, Some(Number::Whole(9))]);
    assert_eq!(limits(".l", r#"{"n": 1, "l": null}"#), [None]);
    assert!(take(vec![limited(".l")], None, r#"{"n": 1, "l": "none"}"#).is_err());
}

#[test]
fn a_period_is_read_from_rfc_3339_or_unix_seconds_and_needs_both_ends() {
    let period = |body: &str| {
        let period = Period::Reported { start: filter(".s"), end: filter(".e") };
        let metric = Metric { period: Some(period), ..metric(".n") };
        take(vec![metric], None, body).map(|samples| samples[0].period)
    };
    let (start, end) = (noon(), noon() + chrono::TimeDelta::seconds(90));
    assert_eq!(period(r#"{"n": 1, "s": "2026-11-24T13:00:00+01:00", "e": 1795521690}"#), Ok(Some((start, end))));
    assert_eq!(period(r#"{"n": 1, "s": "2026-11-24T12:00:00Z"}"#), Ok(None));
    assert!(period(r#"{"n": 1, "s": "today", "e": "tomorrow"}"#).is_err());
    assert!(period(r#"{"n": 1, "s": 1e300, "e": 1}"#).is_err());
}

#[test]
fn a_period_by_the_calendar_is_the_one_that_the_reading_lies_in() {
    let calendar = Calendar { cycle: Cycle::Month { day: 15 }, zone: chrono_tz::Europe::Berlin };
    let metric = Metric { period: Some(Period::Calendar(calendar)), ..metric(".n") };
    let bounds = ["2026-11-14T23:00:00Z", "2026-12-14T23:00:00Z"].map(|time| time.parse().expect("a time"));
    let samples = take(vec![metric], None, r#"{"n": 1}"#).expect("samples");
    assert_eq!(samples[0].period, Some((bounds[0], bounds[1])));
}

#[test]
fn what_is_expected_must_be_exactly_true() {
    assert_eq!(take(Vec::new(), Some(".ok"), r#"{"ok": true}"#), Ok(Vec::new()));
    for (body, found) in [(r#"{"ok": 1}"#, "a number"), ("{}", "null"), (r#"{"ok": false}"#, "false")] {
        let failure = take(Vec::new(), Some(".ok"), body).expect_err("not as expected");
        assert_eq!(failure.kind, Kind::Expect);
        assert!(failure.reason.contains(&format!("`.ok` gives {found}, not true")), "{}", failure.reason);
    }
    assert!(take(Vec::new(), Some("empty"), "1").is_err_and(|failure| failure.reason.contains("0 values")));
}

#[test]
fn the_label_begins_with_the_element() {
    let labels = |value: &str| -> Vec<String> {
        let body = Json::parse(br#"{"n": 1, "by": {"ready": 2}}"#).expect("JSON");
        let samples = measuring(vec![metric(value)], Some("ds_1")).take(&body).expect("samples").samples;
        samples.into_iter().map(|sample| sample.label).collect()
    };
    assert_eq!(labels(".n"), ["ds_1"]);
    assert_eq!(labels(".by"), ["ds_1/ready"]);
}

#[test]
fn what_gives_no_value_is_not_remembered() {
    let remember = [("n", ".n"), ("max", ".list | max"), ("none", "empty")];
    let remember = remember.map(|(name, value)| Remember { name: name.to_owned(), value: filter(value) });
    let measuring = Measuring { remember: remember.into(), ..measuring(Vec::new(), None) };
    let body = Json::parse(br#"{"n": 12345678901234567890123, "list": []}"#).expect("JSON");
    let remembered = measuring.remember(&body).expect("values");
    assert_eq!(remembered, [Remembered { name: "n".to_owned(), value: "12345678901234567890123".to_owned() }]);
}
