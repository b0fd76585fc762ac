//! Metrics.

use chrono_tz::Tz;

use super::choice::choice;
use super::filters::{self, Uses};
use super::period;
use crate::config::file::{Field, Metric as Written, TextOr};
use crate::config::keys;
use crate::config::names;
use crate::config::place::At;
use crate::filter::{Filter, Variable};
use crate::job::Metric;
use crate::run::MetricKind;

/// Names of the samples that every job has.
const RESERVED: &[&str] = &["up", "duration_ms", "lateness_ms"];

pub(super) fn lower<'f>(
    at: &At<'f>,
    name: &str,
    field: &Field<TextOr<Written>>,
    compiler: &mut Compiler<'_, 'f>,
) -> Option<Metric> {
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
        TextOr::Table(written) => long_form(at, name, written, compiler),
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
pub(super) struct Compiler<'u, 'f> {
    pub allowed: &'static [Variable],
    pub uses: &'u mut Vec<Uses<'f>>,
    /// The zone of its job.
    pub zone: Tz,
}

impl<'f> Compiler<'_, 'f> {
    pub(super) fn compile(&mut self, at: &At<'f>, text: &str) -> Option<Filter> {
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
    let period = period::lower(at, &written.period, compiler);
    Some(Metric { name: name.to_owned(), value: value?, kind, unit, limit, period })
}
