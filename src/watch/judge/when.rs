//! A condition over the samples of one run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Asked;
use crate::clock::{Time, subtract};
use crate::filter::{Json, Variables, briefly};
use crate::job::Condition;
use crate::run::{Name, Number, Sample};
use crate::watch::standing::{Finding, Holds};
use crate::watch::words::duration;

pub(super) fn finding(
    asked: &Asked<'_>,
    condition: &Condition,
    job: &Name,
    at: Time,
    samples: &[Sample],
    old_after: Duration,
) -> Finding {
    let age = (asked.now - at).to_std().unwrap_or_default();
    let (holds, reason) = if at < subtract(asked.now, old_after) {
        (Holds::Unknown, format!("the last run with samples was {} ago: how they stand is not known", duration(age)))
    } else {
        judged(condition, &by_metric(job, samples))
    };
    Finding { reading: Some(at), ..asked.finding(holds, reason) }
}

fn judged(condition: &Condition, values: &BTreeMap<&str, Json>) -> (Holds, String) {
    let text = condition.filter.text();
    if let Some(missing) = condition.reads.iter().find(|metric| !values.contains_key(metric.as_str())) {
        return (Holds::Unknown, format!("the last run has no `{missing}`, which `{text}` reads"));
    }
    let input = Json::object(values.iter().map(|(metric, value)| (*metric, value.clone())));
    match briefly(|| condition.filter.one(&input, &Variables::default())) {
        None => (Holds::Unknown, format!("`{text}` takes too long")),
        Some(Err(failure)) => (Holds::Unknown, failure.to_string()),
        Some(Ok(value)) => {
            let holds = value.as_ref().is_some_and(Json::is_truthy);
            let read = condition.reads.iter().filter_map(|metric| Some((metric, values.get(metric.as_str())?)));
            let read: Vec<String> = read.map(|(metric, value)| format!("{metric} is {value}")).collect();
            let is = if holds { "holds" } else { "does not hold" };
            let reason =
                if read.is_empty() { format!("`{text}` {is}") } else { format!("`{text}` {is}: {}", read.join(", ")) };
            (if holds { Holds::Yes } else { Holds::No }, reason)
        }
    }
}

/// The input of the condition: from each metric to its value, or to an object from label to value.
fn by_metric<'s>(job: &Name, samples: &'s [Sample]) -> BTreeMap<&'s str, Json> {
    let mut labelled: BTreeMap<&str, Vec<(&str, Json)>> = BTreeMap::new();
    for sample in samples {
        let metric = sample.metric.strip_prefix(job.as_str()).and_then(|metric| metric.strip_prefix('.'));
        let Some(metric) = metric else { continue };
        labelled.entry(metric).or_default().push((&sample.label, number(sample.value)));
    }
    let value = |series: Vec<(&str, Json)>| match series.as_slice() {
        [("", value)] => value.clone(),
        _ => Json::object(series),
    };
    labelled.into_iter().map(|(metric, series)| (metric, value(series))).collect()
}

fn number(number: Number) -> Json {
    match number {
        Number::Whole(whole) => Json::from(whole),
        Number::Real(real) => Json::from(real),
    }
}
