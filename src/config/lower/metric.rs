//! Metrics.

use super::choice::choice;
use super::filters::{self, Uses};
use crate::config::file::{Field, Metric as Written, Period as WrittenPeriod, TextOr};
use crate::config::keys;
use crate::config::names;
use crate::config::place::At;
use crate::filter::{Filter, Variable};
use crate::job::{Metric, Period};
use crate::run::MetricKind;

/// Names of the samples that every job has.
const RESERVED: &[&str] = &["up", "duration_ms", "lateness_ms"];

pub(super) fn lower<'f>(
    at: &At<'f>,
    name: &str,
    field: &Field<TextOr<Written>>,
    allowed: &'static [Variable],
    uses: &mut Vec<Uses<'f>>,
) -> Option<Metric> {
    let mut compiler = Compiler { allowed, uses };
    let checked = names::checked(at, name, "a metric");
    if RESERVED.contains(&name) {
        let message = format!("metric `{name}` is one that every job has anyway");
        at.key_error("reserved-name", message).help("give this one another name").report();
    }
    if !matches!(field, Field::Written(_)) && is_key_around(name) {
        report_misplaced(at, name);
        return None;
    }
    let metric = match at.value(field)? {
        TextOr::Text(text) => {
            let metric = Metric {
                name: name.to_owned(),
                value: compiler.compile(at, text)?,
                kind: MetricKind::Gauge,
                unit: None,
                limit: None,
                period: None,
            };
            Some(metric)
        }
        TextOr::Table(written) => long_form(at, name, written, &mut compiler),
    };
    checked.and(metric)
}

/// Whether a name is that of a key of the call or of the job, which is easily written too far down.
fn is_key_around(name: &str) -> bool {
    keys::TABLES
        .iter()
        .filter(|keys| matches!(keys.pattern, ["jobs", "*"] | ["jobs", "*", "calls", "*"]))
        .any(|keys| keys.know(name))
}

fn report_misplaced(at: &At<'_>, name: &str) {
    at.key_error("misplaced-key", format!("`{name}` stands among the metrics and is none"))
        .help(format!("if it is a key of the job or of the call, move it above `{}`", header_above(at)))
        .report();
}

fn header_above(at: &At<'_>) -> String {
    let before = at.file().text.get(..at.key_span().start).unwrap_or_default();
    before.lines().rev().map(str::trim).find(|line| line.starts_with('[')).unwrap_or("[…metrics]").to_owned()
}

/// Compiles what a metric may hold.
struct Compiler<'u, 'f> {
    allowed: &'static [Variable],
    uses: &'u mut Vec<Uses<'f>>,
}

impl<'f> Compiler<'_, 'f> {
    fn compile(&mut self, at: &At<'f>, text: &str) -> Option<Filter> {
        filters::noted_filter(at, text, self.allowed, self.uses)
    }
}

fn long_form<'f>(at: &At<'f>, name: &str, written: &Written, compiler: &mut Compiler<'_, 'f>) -> Option<Metric> {
    let value = at.require("value", &written.value, &format!("metric `{name}`"));
    let value = value.and_then(|text| compiler.compile(&at.key("value"), text));
    let kinds = MetricKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect::<Vec<_>>();
    let kind = choice(at, "kind", &written.kind, &kinds).unwrap_or(MetricKind::Gauge);
    let unit = at.get("unit", &written.unit).cloned();
    let limit = match at.get("limit", &written.limit) {
        Some(text) => Some(compiler.compile(&at.key("limit"), text)?),
        None => None,
    };
    let period = period(at, &written.period, compiler);
    Some(Metric { name: name.to_owned(), value: value?, kind, unit, limit, period })
}

fn period<'f>(at: &At<'f>, field: &Field<TextOr<WrittenPeriod>>, compiler: &mut Compiler<'_, 'f>) -> Option<Period> {
    const SHAPE: &str = "write `{ start = \".…\", end = \".…\" }`, two filters over what the API reports";
    let written = at.get("period", field)?;
    let at = at.key("period");
    let written = match written {
        TextOr::Table(written) => written,
        TextOr::Text(text) if keys::is_value_not_yet("period", text) => {
            at.error("not-yet", format!("`period = \"{text}\"` is not in this version yet")).help(SHAPE).report();
            return None;
        }
        TextOr::Text(_) => {
            at.error("wrong-value", "`period`: expected a table, found a text").help(SHAPE).report();
            return None;
        }
    };
    let start = at.require("start", &written.start, "`period`");
    let start = start.and_then(|text| compiler.compile(&at.key("start"), text));
    let end = at.require("end", &written.end, "`period`");
    let end = end.and_then(|text| compiler.compile(&at.key("end"), text));
    Some(Period::Reported { start: start?, end: end? })
}
