//! What a metric must have, so that something can be said of it.

use super::Kind;
use super::watched::Watched;
use crate::config::place::At;
use crate::run::MetricKind;

/// What a kind of alert needs of its metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// It is a counter or a balance.
    counted: bool,
    limit: Limit,
    period: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Limit {
    #[default]
    Unneeded,
    /// Unless it is a balance, whose value is what is left.
    OfCounters,
    Needed,
}

impl Needs {
    pub(super) const fn of(kind: Kind) -> Needs {
        let (counted, limit, period) = match kind {
            Kind::Percent => (false, Limit::Needed, false),
            Kind::Runout => (true, Limit::OfCounters, false),
            Kind::Forecast | Kind::Burn => (true, Limit::Needed, true),
            Kind::Idle => (true, Limit::Unneeded, false),
            _ => (false, Limit::Unneeded, false),
        };
        Needs { counted, limit, period }
    }

    pub(super) fn are_met(self, watched: &Watched<'_>) -> bool {
        self.missing(watched).is_empty()
    }

    /// What is missing: what is to be said of the metric, and what to write.
    fn missing(self, watched: &Watched<'_>) -> Vec<(&'static str, &'static str)> {
        let is_gauge = watched.kind == MetricKind::Gauge;
        let needs_limit = match self.limit {
            Limit::Unneeded => false,
            Limit::OfCounters => watched.kind == MetricKind::Counter,
            Limit::Needed => true,
        };
        let all = [
            (self.counted && is_gauge, "is a gauge", "`kind = \"counter\"` (or `\"balance\"`)"),
            (needs_limit && !watched.has_limit, "has no `limit`", "`limit = \".…\"`"),
            (self.period && !watched.has_period, "has no `period`", "`period = \"month\"`"),
        ];
        all.into_iter().filter(|(is_missing, ..)| *is_missing).map(|(_, is, write)| (is, write)).collect()
    }
}

/// Reports what is missing of a metric for the alert at `at`.
pub(super) fn check(at: &At<'_>, kind: Kind, watched: &Watched<'_>) {
    let missing = Needs::of(kind).missing(watched);
    if missing.is_empty() {
        return;
    }
    let (is, write): (Vec<&str>, Vec<&str>) = missing.into_iter().unzip();
    let message = format!("`{}` can say nothing of `{}`, which {}", kind.key(), watched.metered.metric, joined(&is));
    let draft = at.key_error("unfit-metric", message);
    match &watched.at {
        Some(metric) => {
            draft
                .help(format!("write {} at the metric", joined(&write)))
                .related(metric.as_related("the metric"))
                .report();
        }
        None => draft.help("this one is measured by apicron itself: `below`, `above` and `stale` go with it").report(),
    }
}

/// "a, b and c".
fn joined(parts: &[&str]) -> String {
    match parts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
