//! When what holds fires, how often it is told, and to whom.

use std::num::NonZeroU32;
use std::time::Duration;

use super::super::choice::choice;
use super::super::section::Section;
use super::super::steps::each;
use super::watched::Watched;
use super::{Kind, is_there};
use crate::config::file::{Alert as Written, Field};
use crate::config::place::At;
use crate::job::{Alert, Channel, MetricRule, Once, Rule, RunRule, Severity};
use crate::run::Name;

const MOST_READINGS: u32 = 1_000;

const SEVERITIES: [(&str, Severity); 2] =
    [(Severity::Notice.as_str(), Severity::Notice), (Severity::Page.as_str(), Severity::Page)];
const ONCE: [(&str, Once); 2] = [(Once::Period.as_str(), Once::Period), (Once::Episode.as_str(), Once::Episode)];

/// All of an alert but its rule.
pub(super) struct Policy {
    pub severity: Severity,
    channels: Vec<Name>,
    readings: Option<NonZeroU32>,
    hold: Option<Duration>,
    clear: f64,
    once: Option<Once>,
}

pub(super) fn lower(at: &At<'_>, written: &Written, channels: &Section<'_, Channel>) -> Policy {
    Policy {
        severity: severity(at, &written.severity).unwrap_or(Severity::Notice),
        channels: channels_of(at, written, channels),
        readings: at.get("readings", &written.readings).and_then(|number| count(at, "readings", *number)),
        hold: at.get("for", &written.hold).map(|span| span.0),
        clear: at.get("clear", &written.clear).map_or(Alert::CLEAR, |part| part.0),
        once: choice(at, "once", &written.once, &ONCE),
    }
}

impl Policy {
    /// The whole alert.
    pub(super) fn of(self, name: &Name, rule: Rule) -> Alert {
        let usual = if self.hold.is_some() || rule.fires_at_once() { NonZeroU32::MIN } else { Alert::READINGS };
        let at_once = rule.fires_at_once();
        Alert {
            name: name.clone(),
            severity: self.severity,
            channels: self.channels,
            readings: self.readings.filter(|_| !at_once).unwrap_or(usual),
            hold: self.hold.filter(|_| !at_once).unwrap_or_default(),
            clear: self.clear,
            once: self.once.unwrap_or_else(|| rule.once()),
            rule,
        }
    }
}

pub(super) fn severity(at: &At<'_>, field: &Field<String>) -> Option<Severity> {
    choice(at, "severity", field, &SEVERITIES)
}

/// A number under a key that counts something.
pub(super) fn count(at: &At<'_>, key: &str, number: i64) -> Option<NonZeroU32> {
    let checked = u32::try_from(number).ok().filter(|n| *n <= MOST_READINGS).and_then(NonZeroU32::new);
    if checked.is_none() {
        at.key(key).error("wrong-value", format!("`{key}` must be from 1 to {MOST_READINGS}")).report();
    }
    checked
}

fn channels_of(at: &At<'_>, written: &Written, channels: &Section<'_, Channel>) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for (at, text) in each(at, "channels", &written.channels) {
        let Some(channel) = channels.find(&at, text) else { continue };
        if names.contains(&channel.name) {
            at.error("duplicate-name", format!("channel `{text}` stands here twice"))
                .help("leave one of them out")
                .report();
            continue;
        }
        names.push(channel.name);
    }
    names
}

/// Warns of keys that change nothing about what fires.
pub(super) fn warn_of_no_effect(at: &At<'_>, written: &Written, rule: &Rule) {
    let of_waiting = [("readings", is_there(&written.readings)), ("for", is_there(&written.hold))];
    let waiting = of_waiting.into_iter().filter(|(_, is_there)| *is_there && rule.fires_at_once());
    for (key, _) in waiting {
        warn(at, key, format!("`{}` fires at once, so `{key}` changes nothing", rule.kind()));
    }
    if is_there(&written.clear) && !has_threshold(rule) {
        let message =
            format!("`{}` has no threshold that a value could come back from, so `clear` changes nothing", rule.kind());
        warn(at, "clear", message);
    }
}

/// Warns of what is to be told once a period where no period is known.
pub(super) fn warn_of_no_period(at: &At<'_>, written: &Written, kind: Kind, watched: &Watched) {
    let is_said = matches!(&written.once, Field::Written(word) if word == Once::Period.as_str());
    if is_said && !watched.has_period {
        let message = format!(
            "`{}` has no period, so this is told each time that `{}` begins to fire",
            watched.metered.metric,
            kind.key()
        );
        at.key("once")
            .warning("no-effect", message)
            .help("give the metric a `period`, or write `once = \"episode\"`")
            .report();
    }
}

fn warn(at: &At<'_>, key: &str, message: String) {
    at.key(key).warning("no-effect", message).help("leave it out").report();
}

fn has_threshold(rule: &Rule) -> bool {
    match rule {
        Rule::Metric(_, rule) => !matches!(rule, MetricRule::Idle(_) | MetricRule::Stale(_)),
        Rule::Runs(_, rule) => matches!(rule, RunRule::SlowerThan(_)),
        Rule::When(_) => false,
    }
}
