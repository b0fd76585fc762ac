//! What is to come: `runout`, `forecast`, and `burn`, which needs no forecast.

use std::time::Duration;

use super::levels::Bad;
use super::{Asked, Series, series_name};
use crate::job::{BurnStep, ForecastStep, RunoutEdge, RunoutStep, Severity};
use crate::watch::forecast::{Forecast, RunoutPoint};
use crate::watch::standing::{Finding, Holds};
use crate::watch::words::{duration, figure};

pub(super) fn runout(asked: &Asked<'_>, series: &Series<'_>, steps: &[RunoutStep]) -> Vec<Finding> {
    let forecast = known(asked, series);
    let of = |step: &RunoutStep| {
        let name = format!("{} {}", humantime::format_duration(step.within), step.edge.as_str());
        match &forecast {
            Ok(forecast) => runout_step(asked, series, forecast, step, name),
            Err(reason) => asked.step(name, step.severity, Holds::Unknown, reason.clone()),
        }
    };
    steps.iter().map(of).collect()
}

fn runout_step(
    asked: &Asked<'_>,
    series: &Series<'_>,
    forecast: &Forecast,
    step: &RunoutStep,
    name: String,
) -> Finding {
    let series_name = series_name(series.metric, series.label);
    let (Some(runout), Some(sentence)) = (forecast.runout(), forecast.sentence(series.zone)) else {
        let reason = format!("{series_name} came without a limit: what is left is not known");
        return asked.step(name, step.severity, Holds::Unknown, reason);
    };
    let reason = format!("{series_name}: {sentence}");
    let point = runout.point(step.edge);
    if point == RunoutPoint::TooEarly || is_too_early(forecast, step.severity) {
        return asked.step(name, step.severity, Holds::Unknown, reason);
    }
    let RunoutPoint::At(at) = point else { return asked.step(name, step.severity, Holds::No, reason) };
    let (left, within) = ((at - asked.now).to_std().unwrap_or_default().as_secs_f64(), step.within.as_secs_f64());
    let holds = asked.passes(&name, Bad::UpTo, left, within);
    let edge = match step.edge {
        RunoutEdge::Fast => "its fast end is",
        RunoutEdge::Middle => "that is",
        RunoutEdge::Slow => "its slow end is",
    };
    let not = if left <= within { "" } else { "not " };
    let reason = format!("{reason}; {edge} {not}within {}", duration(step.within));
    asked.step(name, step.severity, holds, reason).measured(left, within)
}

pub(super) fn forecast(asked: &Asked<'_>, series: &Series<'_>, steps: &[ForecastStep]) -> Vec<Finding> {
    let forecast = known(asked, series);
    let of = |step: &ForecastStep| match &forecast {
        Ok(forecast) => forecast_step(asked, series, forecast, step),
        Err(reason) => asked.step(step.edge.as_str().to_owned(), step.severity, Holds::Unknown, reason.clone()),
    };
    steps.iter().map(of).collect()
}

fn forecast_step(asked: &Asked<'_>, series: &Series<'_>, forecast: &Forecast, step: &ForecastStep) -> Finding {
    let (name, edge) = (series_name(series.metric, series.label), step.edge.as_str().to_owned());
    let (Some(end), Some(sentence)) = (forecast.at_end(), forecast.end_in_words(series.zone)) else {
        let reason = format!("{name} came without a period that is not over: what its end will bring is not known");
        return asked.step(edge, step.severity, Holds::Unknown, reason);
    };
    let Some(limit) = forecast.limit else {
        let reason = format!("{name} came without a limit: what may be used is not known");
        return asked.step(edge, step.severity, Holds::Unknown, reason);
    };
    let reason = format!("{name}: {sentence}");
    let Some(value) = end.point(step.edge).filter(|_| !is_too_early(forecast, step.severity)) else {
        return asked.step(edge, step.severity, Holds::Unknown, reason);
    };
    let holds = asked.passes(&edge, Bad::Over, value, limit);
    asked.step(edge, step.severity, holds, reason).measured(value, limit)
}

/// The forecast, or why there is none.
fn known(asked: &Asked<'_>, series: &Series<'_>) -> Result<Forecast, String> {
    if let Some(reason) = asked.unknown(series) {
        return Err(reason);
    }
    Forecast::of(series.track).ok_or_else(|| {
        let (name, bucket) = (series_name(series.metric, series.label), series.track.bucket().as_str());
        format!("{name} has not been watched for one {bucket} yet: its pace is not known")
    })
}

/// An early estimate wakes nobody.
fn is_too_early(forecast: &Forecast, severity: Severity) -> bool {
    forecast.is_early() && severity == Severity::Page
}

pub(super) fn burn(asked: &Asked<'_>, series: &Series<'_>, step: &BurnStep) -> Finding {
    let (name, window) = (series_name(series.metric, series.label), duration(step.window));
    let key = format!("{} {}", humantime::format_duration(step.window), step.rate);
    let unknown = |reason| asked.step(key.clone(), step.severity, Holds::Unknown, reason);
    if let Some(reason) = asked.unknown(series) {
        return unknown(reason);
    }
    let Some(even) = even_pace(series) else {
        return unknown(format!("{name} came without a limit and a period: the even pace is not known"));
    };
    let Some((long, short)) = series.track.burn(step.window) else {
        return unknown(format!("{name} has not been watched for {window} yet: its pace is not known"));
    };
    let (long, short) = (long / even, short / even);
    let last = duration(step.window / 12);
    let (long_shown, short_shown, rate) = (figure(long), figure(short), figure(step.rate));
    let reason = format!(
        "{name}: used at {long_shown} times the even pace over {window}, and at {short_shown} times over the last \
         {last}; both over {rate} is too quick"
    );
    let value = long.min(short);
    let holds = asked.passes(&key, Bad::Over, value, step.rate);
    asked.step(key, step.severity, holds, reason).measured(value, step.rate)
}

/// What may be used in a second, so that the limit lasts just for the period.
fn even_pace(series: &Series<'_>) -> Option<f64> {
    let reading = series.track.latest()?;
    let (start, end) = reading.period?;
    let length: Duration = (end - start).to_std().ok()?;
    let pace = reading.limit?.as_f64() / length.as_secs_f64();
    (pace.is_finite() && pace > 0.0).then_some(pace)
}
