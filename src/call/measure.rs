//! Numbers and promises out of an answer: filters over its body. Pure.

use std::collections::{HashMap, HashSet};

use super::failure::Failure;
use super::period;
use crate::clock::Time;
use crate::filter::{Filter, Json, Variables};
use crate::job::{Metric, Remember};
use crate::run::{Kind, Name, Number, Remembered, Sample};

/// The most series that one metric may have.
const MOST_SERIES: usize = 1000;

/// All that is to be measured in one answer. Owns its parts, so that it can go to another thread.
pub(super) struct Measuring {
    pub(super) job: Name,
    /// Stands in each label, so that elements can be told apart.
    pub(super) element: Option<String>,
    pub(super) metrics: Vec<Metric>,
    pub(super) remember: Vec<Remember>,
    pub(super) variables: Variables,
    pub(super) at: Time,
}

/// What was measured.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Measured {
    pub(super) samples: Vec<Sample>,
    /// Of each metric whose value is null, a sentence that says so.
    pub(super) absent: Vec<String>,
}

impl Measuring {
    /// Takes the numbers from a body.
    pub(super) fn take(&self, body: &Json) -> Result<Measured, Failure> {
        let mut measured = Measured::default();
        for metric in &self.metrics {
            self.measure(metric, body, &mut measured)?;
        }
        let mut series = Series::default();
        measured.samples.iter().try_for_each(|sample| series.add(sample))?;
        Ok(measured)
    }

    /// Takes what later runs are to see. Where a filter gives no value, or null, what was remembered before
    /// stays.
    pub(super) fn remember(&self, body: &Json) -> Result<Vec<Remembered>, Failure> {
        let mut remembered = Vec::new();
        for Remember { name, value } in &self.remember {
            if let Some(value) = present(value, body, &self.variables)? {
                remembered.push(Remembered { name: name.clone(), value: value.to_string() });
            }
        }
        Ok(remembered)
    }

    fn label(&self, label: String) -> String {
        match &self.element {
            None => label,
            Some(element) if label.is_empty() => element.clone(),
            Some(element) => format!("{element}/{label}"),
        }
    }

    fn measure(&self, metric: &Metric, body: &Json, measured: &mut Measured) -> Result<(), Failure> {
        // Whoever writes `empty` wants none.
        let Some(value) = metric.value.one(body, &self.variables)? else { return Ok(()) };
        // A value that is not there is no sample: a field that this client may not see is not zero.
        if value.is_null() {
            let (name, path) = (&metric.name, metric.value.text());
            measured.absent.push(format!("metric `{name}` has no value: `{path}` is absent (null) in the reply"));
            return Ok(());
        }
        let limit = metric.limit.as_ref().map(|limit| present(limit, body, &self.variables)).transpose()?.flatten();
        let period =
            metric.period.as_ref().map(|period| period::bounds(period, self.at, body, &self.variables)).transpose()?;
        for (label, value) in series(metric, &value)? {
            measured.samples.push(Sample {
                metric: format!("{}.{}", self.job, metric.name),
                kind: metric.kind,
                unit: metric.unit.clone(),
                at: self.at,
                value,
                limit: limit_of(metric, limit.as_ref(), &label)?,
                period: period.flatten(),
                label: self.label(label),
            });
        }
        Ok(())
    }
}

/// Checks what is expected of a body.
pub(super) fn check(that: &Filter, body: &Json, variables: &Variables) -> Result<(), Failure> {
    let found = match that.run(body, variables)?.as_slice() {
        [holds] if holds.as_bool() == Some(true) => return Ok(()),
        [other] => shown(other),
        several => format!("{} values", several.len()),
    };
    let reason = format!("the answer is not as expected: `{}` gives {found}, not true", that.text());
    Err(Failure::new(Kind::Expect, reason))
}

/// The series of one call: none comes twice, and no metric has too many.
#[derive(Default)]
pub(super) struct Series(HashMap<String, HashSet<String>>);

impl Series {
    pub(super) fn add(&mut self, sample: &Sample) -> Result<(), Failure> {
        let labels = self.0.entry(sample.metric.clone()).or_default();
        if !labels.insert(sample.label.clone()) {
            let reason = format!("the series {}{{{}}} comes twice in one run", sample.metric, sample.label);
            return Err(Failure::new(Kind::Filter, reason));
        }
        if labels.len() > MOST_SERIES {
            let reason = format!("metric `{}` has more than {MOST_SERIES} series in one run", sample.metric);
            return Err(Failure::new(Kind::Filter, reason));
        }
        Ok(())
    }
}

/// The one value that a filter gives; `None` when it gives none, or null.
pub(super) fn present(filter: &Filter, body: &Json, variables: &Variables) -> Result<Option<Json>, Failure> {
    Ok(filter.one(body, variables)?.filter(|value| !value.is_null()))
}

/// One series without a label for a number, one for each key of an object.
fn series(metric: &Metric, value: &Json) -> Result<Vec<(String, Number)>, Failure> {
    let Some(members) = value.members() else {
        return Ok(vec![(String::new(), number(metric, &metric.value, value)?)]);
    };
    if members.len() > MOST_SERIES {
        let reason =
            format!("metric `{}` has {} series, and at most {MOST_SERIES} are kept", metric.name, members.len());
        return Err(Failure::new(Kind::Filter, reason));
    }
    let mut series = Vec::with_capacity(members.len());
    for (label, value) in members.filter(|(_, value)| !value.is_null()) {
        if label.is_empty() {
            return Err(Failure::new(Kind::Filter, format!("metric `{}` has a series with an empty key", metric.name)));
        }
        series.push((label, number(metric, &metric.value, &value)?));
    }
    Ok(series)
}

/// The limit of one series: a number holds for all, an object has one per key.
fn limit_of(metric: &Metric, limit: Option<&Json>, label: &str) -> Result<Option<Number>, Failure> {
    let (Some(limit), Some(filter)) = (limit, &metric.limit) else { return Ok(None) };
    let limit = if limit.members().is_some() { limit.member(label) } else { Some(limit.clone()) };
    limit.filter(|limit| !limit.is_null()).map(|limit| number(metric, filter, &limit)).transpose()
}

fn number(metric: &Metric, filter: &Filter, value: &Json) -> Result<Number, Failure> {
    if let Some(whole) = value.as_i64() {
        return Ok(Number::Whole(whole));
    }
    let unfit = match value.as_f64() {
        Some(real) if real.is_finite() => return Ok(Number::Real(real)),
        Some(real) if real.is_infinite() => "too large a number".to_owned(),
        Some(_) => "the result of a sum that has none".to_owned(),
        None => {
            let help = if value.as_bool().is_some() { "; use `if . then 1 else 0 end`" } else { "" };
            format!("{} where a number is needed{help}", shown(value))
        }
    };
    let reason = format!("metric `{}`: `{}` gives {unfit}", metric.name, filter.text());
    Err(Failure::new(Kind::Filter, reason))
}

/// A value in a few words.
fn shown(value: &Json) -> String {
    match (value.as_bool(), value.is_null()) {
        (Some(truth), _) => truth.to_string(),
        (None, true) => "null".to_owned(),
        (None, false) => value.kind().to_owned(),
    }
}

#[cfg(test)]
mod tests;
