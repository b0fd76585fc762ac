//! What fires of the readings of a metric.

use std::time::Duration;

use super::super::choice::choice;
use super::super::steps::{each, lowered};
use super::policy::{self, Policy};
use super::rules::{Needs, check};
use super::watched::Watched;
use super::{Around, Kind, is_there, windows};
use crate::config::file::{Alert as Written, Burn, Field, Forecast, Runout, SpanOr, Stale as WrittenStale};
use crate::config::place::At;
use crate::job::{BurnStep, ForecastEdge, ForecastStep, MetricRule, RunoutEdge, RunoutStep, Severity, Stale};

const MOST_PERCENT: f64 = 1_000.0;
const MOST_RATE: f64 = 1_000.0;

const RUNOUT_EDGES: [(&str, RunoutEdge); 3] = [
    (RunoutEdge::Fast.as_str(), RunoutEdge::Fast),
    (RunoutEdge::Middle.as_str(), RunoutEdge::Middle),
    (RunoutEdge::Slow.as_str(), RunoutEdge::Slow),
];
const FORECAST_EDGES: [(&str, ForecastEdge); 3] = [
    (ForecastEdge::Lower.as_str(), ForecastEdge::Lower),
    (ForecastEdge::Middle.as_str(), ForecastEdge::Middle),
    (ForecastEdge::Upper.as_str(), ForecastEdge::Upper),
];

/// The rule under the key of a kind that looks at a metric. `watched` is `None` where that is wrong.
pub(super) fn lower(
    at: &At<'_>,
    kind: Kind,
    written: &Written,
    policy: &Policy,
    watched: Option<&Watched<'_>>,
    around: Around<'_, '_>,
) -> Option<MetricRule> {
    let place = at.key(kind.key());
    if let Some(watched) = watched {
        check(&place, kind, watched);
        let is_forecast = matches!(kind, Kind::Runout | Kind::Forecast);
        if is_forecast && Needs::of(kind).are_met(watched) {
            windows::check_pace(&place, watched, around);
        }
    }
    let reader = Reader { at, written, severity: policy.severity, watched, around };
    match kind {
        Kind::Below => at.get("below", &written.below).copied().map(MetricRule::Below),
        Kind::Above => at.get("above", &written.above).copied().map(MetricRule::Above),
        Kind::Percent => percent(at, written).map(MetricRule::Percent),
        Kind::Runout => reader.runouts().map(MetricRule::Runout),
        Kind::Forecast => reader.forecasts().map(MetricRule::Forecast),
        Kind::Burn => reader.burns().map(MetricRule::Burn),
        Kind::Idle => reader.idle().map(MetricRule::Idle),
        Kind::Stale => reader.stale().map(MetricRule::Stale),
        Kind::Failures | Kind::Missed | Kind::SlowerThan | Kind::Refused | Kind::When => None,
    }
}

/// An alert that looks at a metric, while its rule is read.
struct Reader<'r, 'f> {
    at: &'r At<'f>,
    written: &'r Written,
    /// Of steps that do not say their own.
    severity: Severity,
    watched: Option<&'r Watched<'r>>,
    around: Around<'r, 'r>,
}

impl Reader<'_, '_> {
    fn runouts(&self) -> Option<Vec<RunoutStep>> {
        let lower = |at: &At<'_>, step: &Runout| runout(at, step, self.severity);
        let are_same = |one: &RunoutStep, other: &RunoutStep| (one.within, one.edge) == (other.within, other.edge);
        lowered(self.at, "runout", &self.written.runout, lower, are_same)
    }

    fn forecasts(&self) -> Option<Vec<ForecastStep>> {
        let lower = |at: &At<'_>, step: &Forecast| forecast(at, step, self.severity);
        lowered(self.at, "forecast", &self.written.forecast, lower, |one, other| one.edge == other.edge)
    }

    fn burns(&self) -> Option<Vec<BurnStep>> {
        let lower = |at: &At<'_>, step: &Burn| {
            let lowered = burn(at, step, self.severity)?;
            self.check_window(&at.key("window"), "window", lowered.window);
            Some(lowered)
        };
        let are_same =
            |one: &BurnStep, other: &BurnStep| one.window == other.window && one.rate.total_cmp(&other.rate).is_eq();
        lowered(self.at, "burn", &self.written.burn, lower, are_same)
    }

    fn idle(&self) -> Option<Duration> {
        let idle = self.at.get("idle", &self.written.idle)?.0;
        self.check_window(&self.at.key("idle"), "idle", idle);
        Some(idle)
    }

    fn stale(&self) -> Option<Stale> {
        let at = self.at.key("stale");
        match self.at.get("stale", &self.written.stale)? {
            SpanOr::Span(silent) => {
                self.check_silence(&at, *silent);
                Some(Stale { silent: Some(*silent), same: None })
            }
            SpanOr::Table(table) => self.stale_table(&at, table),
        }
    }

    fn stale_table(&self, at: &At<'_>, table: &WrittenStale) -> Option<Stale> {
        let silent = at.get("silent", &table.silent).map(|span| span.0);
        let same = at.get("same", &table.same).map(|span| span.0);
        if !is_there(&table.silent) && !is_there(&table.same) {
            if !at.has_misspelled("silent") && !at.has_misspelled("same") {
                at.error("missing-key", "`stale` has neither `silent` nor `same`")
                    .help("write `stale = \"30m\"`, or `{ silent = \"30m\", same = \"1d\" }`")
                    .report();
            }
            return None;
        }
        if let Some(silent) = silent {
            self.check_silence(&at.key("silent"), silent);
        }
        if let Some(same) = same {
            self.check_window(&at.key("same"), "same", same);
        }
        Some(Stale { silent, same })
    }

    fn check_window(&self, at: &At<'_>, key: &str, window: Duration) {
        if let Some(watched) = self.watched {
            windows::check(at, key, window, watched, self.around);
        }
    }

    fn check_silence(&self, at: &At<'_>, silent: Duration) {
        if let Some(watched) = self.watched {
            windows::check_silence(at, silent, watched);
        }
    }
}

fn percent(at: &At<'_>, written: &Written) -> Option<Vec<f64>> {
    let mut steps: Vec<f64> = Vec::new();
    let mut is_right = true;
    for (at, percent) in each(at, "percent", &written.percent) {
        if !(*percent > 0.0 && *percent <= MOST_PERCENT) {
            let help = "100 is the whole limit: write for example `[80, 95, 100]`";
            at.error("wrong-value", format!("a percentage of the limit must be over 0 and at most {MOST_PERCENT}"))
                .help(help)
                .report();
            is_right = false;
        } else if steps.contains(percent) {
            at.error("duplicate-name", format!("{percent} stands here twice")).help("leave one of them out").report();
        } else {
            steps.push(*percent);
        }
    }
    steps.sort_by(f64::total_cmp);
    (is_right && !steps.is_empty()).then_some(steps)
}

fn runout(at: &At<'_>, written: &Runout, severity: Severity) -> Option<RunoutStep> {
    let within = at.require("within", &written.within, "a step of `runout`").map(|span| span.0);
    let edge = choice_or(at, &written.edge, &RUNOUT_EDGES, RunoutEdge::Middle);
    let severity = policy::severity(at, &written.severity).unwrap_or(severity);
    Some(RunoutStep { within: within?, edge: edge?, severity })
}

fn forecast(at: &At<'_>, written: &Forecast, severity: Severity) -> Option<ForecastStep> {
    let edge = choice_or(at, &written.edge, &FORECAST_EDGES, ForecastEdge::Middle);
    let severity = policy::severity(at, &written.severity).unwrap_or(severity);
    Some(ForecastStep { edge: edge?, severity })
}

/// The edge that is written, or the usual one where none is; `None` for a word that is none.
fn choice_or<T: Copy>(at: &At<'_>, field: &Field<String>, words: &[(&str, T)], usual: T) -> Option<T> {
    if matches!(field, Field::Absent) { Some(usual) } else { choice(at, "edge", field, words) }
}

fn burn(at: &At<'_>, written: &Burn, severity: Severity) -> Option<BurnStep> {
    let window = at.require("window", &written.window, "a step of `burn`").map(|span| span.0);
    let rate = at.require("rate", &written.rate, "a step of `burn`").copied();
    let severity = policy::severity(at, &written.severity).unwrap_or(severity);
    let is_right = |rate: &f64| *rate > 0.0 && *rate <= MOST_RATE;
    if rate.is_some_and(|rate| !is_right(&rate)) {
        at.key("rate")
            .error("wrong-value", format!("`rate` must be over 0 and at most {MOST_RATE}"))
            .help("1 is the pace at which the limit lasts just for the period, 6 is six times as quick")
            .report();
    }
    Some(BurnStep { window: window?, rate: rate.filter(is_right)?, severity })
}
