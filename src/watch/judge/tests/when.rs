use super::*;
use crate::filter::Filter;
use crate::job::Condition;

fn when(text: &str, reads: &[&str]) -> Watch {
    let filter = Filter::compile(text, &[]).expect(text);
    let reads = reads.iter().map(|metric| (*metric).to_owned()).collect();
    Watch::over(alert(Rule::When(Condition { job: name("job"), filter, reads })))
}

fn of(metric: &str, label: &str, value: i64) -> Sample {
    let metric = format!("job.{metric}");
    Sample { metric, label: label.to_owned(), value: Number::Whole(value), ..sample(MetricKind::Gauge, at(0), 0) }
}

fn judged(watch: &mut Watch, samples: &[Sample], now: i64) -> State {
    watch.only(&Subject::Samples { job: &name("job"), at: at(0), samples, old_after: 3 * HOUR }, now).0
}

const LOW: &str = ".left < 0.1 * .limit";

#[test]
fn a_condition_sees_each_metric_of_the_run_by_name() {
    let mut watch = when(LOW, &["left", "limit"]);
    assert_eq!(judged(&mut watch, &[of("left", "", 9), of("limit", "", 100)], 0), State::Firing);
    assert_eq!(watch.reasons(), ["job: `.left < 0.1 * .limit` holds: left is 9, limit is 100"]);
    assert_eq!(judged(&mut watch, &[of("left", "", 10), of("limit", "", 100)], 0), State::Ok);
}

#[test]
fn a_metric_that_is_missing_makes_it_unknown_and_not_less_than_any_number() {
    let mut watch = when(LOW, &["left", "limit"]);
    assert_eq!(judged(&mut watch, &[of("limit", "", 100)], 0), State::Unknown);
    assert_eq!(watch.reasons(), ["job: the last run has no `left`, which `.left < 0.1 * .limit` reads"]);
}

#[test]
fn samples_that_are_old_make_it_unknown() {
    let samples = [of("left", "", 9), of("limit", "", 100)];
    let mut watch = when(LOW, &["left", "limit"]);
    assert_eq!([judged(&mut watch, &samples, 3), judged(&mut watch, &samples, 4)], [State::Firing, State::Unknown]);
}

#[test]
fn a_condition_that_fails_or_takes_too_long_makes_it_unknown() {
    assert_eq!(judged(&mut when("error", &[]), &[], 0), State::Unknown);
    let endless = r#"("a" * 20000 | split("")) as $x | [$x[] | select(. as $y | any($x[]; . == "b"))] | length"#;
    assert_eq!(judged(&mut when(endless, &[]), &[], 0), State::Unknown);
}

#[test]
fn series_of_one_metric_are_an_object_by_label() {
    let mut watch = when(".files.failed > 0", &["files"]);
    assert_eq!(judged(&mut watch, &[of("files", "ready", 9), of("files", "failed", 1)], 0), State::Firing);
    assert_eq!(judged(&mut watch, &[of("files", "failed", 0)], 0), State::Ok);
}
