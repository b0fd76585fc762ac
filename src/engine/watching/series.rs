//! The series that alerts look at, brought up to date by what is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::{Time, add};
use crate::store::SeriesReading;
use crate::watch::{Plan, Reading, Track};

/// A reading that is further ahead was made before the clock was set back. It is none until then.
const AHEAD: Duration = Duration::from_secs(60);

/// The series that were ever read, by metric and label.
#[derive(Default)]
pub(super) struct AllSeries(BTreeMap<String, BTreeMap<String, Known>>);

/// What is known of a series.
pub(super) struct Known {
    pub(super) track: Track,
    pub(super) unit: Option<String>,
}

/// A series of which more is stored than is known here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) metric: String,
    pub(super) label: String,
    /// Readings are wanted from then on, with the one before.
    pub(super) from: Time,
}

impl AllSeries {
    /// The series of which more is stored than is known, by the newest reading of each. One that must be kept in another
    /// way than before begins anew.
    pub(super) fn behind(
        &mut self,
        newest: &[SeriesReading],
        plan: impl Fn(&SeriesReading) -> Plan,
        now: Time,
    ) -> Vec<Behind> {
        newest.iter().filter_map(|newest| self.is_behind(newest, &plan(newest), now)).collect()
    }

    fn is_behind(&mut self, newest: &SeriesReading, plan: &Plan, now: Time) -> Option<Behind> {
        let labelled = self.0.entry(newest.metric.clone()).or_default();
        let fresh = || Known { track: Track::new(plan.clone()), unit: None };
        let known = labelled.entry(newest.label.clone()).or_insert_with(fresh);
        let at = newest.reading.at;
        let is_ahead = |latest: &Reading| latest.at > add(now, AHEAD) || latest.at > add(at, AHEAD);
        if known.track.plan() != plan || known.track.latest().is_some_and(is_ahead) {
            *known = fresh();
        }
        known.unit.clone_from(&newest.unit);
        let from = match known.track.latest() {
            Some(latest) if latest.at == at => return None,
            Some(latest) => latest.at,
            None => known.track.reach(now),
        };
        Some(Behind { metric: newest.metric.clone(), label: newest.label.clone(), from })
    }

    /// Takes note of readings, oldest first.
    pub(super) fn follow(&mut self, behind: &Behind, readings: &[Reading], now: Time) {
        let known = self.0.get_mut(&behind.metric).and_then(|labelled| labelled.get_mut(&behind.label));
        let Some(known) = known else { return };
        for reading in readings.iter().filter(|reading| reading.at <= add(now, AHEAD)) {
            known.track.add(*reading);
        }
    }

    /// The series of a metric that were ever read, by label.
    pub(super) fn of(&self, metric: &str) -> impl Iterator<Item = (&str, &Known)> {
        let known = self.0.get(metric).into_iter().flatten();
        known.filter(|(_, known)| known.track.latest().is_some()).map(|(label, known)| (label.as_str(), known))
    }

    /// Lets go of what no alert looks at.
    pub(super) fn keep(&mut self, is_watched: impl Fn(&str) -> bool) {
        self.0.retain(|metric, _| is_watched(metric));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::subtract;
    use crate::run::{MetricKind, Number};
    use crate::watch::support::{HOUR, at, month};

    fn reading(hour: i64) -> Reading {
        Reading { at: at(hour), value: Number::Whole(hour), limit: None, period: None }
    }

    fn newest(reading: Reading) -> SeriesReading {
        let (metric, label, unit) = ("job.used".to_owned(), "a".to_owned(), Some("credits".to_owned()));
        SeriesReading { metric, label, kind: MetricKind::Counter, unit, reading }
    }

    fn plan(newest: &SeriesReading) -> Plan {
        Plan::new(newest.kind, Some(HOUR), newest.reading.period, [])
    }

    /// Brings it up to date, as the engine does. Gives from when on readings were wanted.
    fn read(all: &mut AllSeries, stored: &[Reading], now: i64) -> Option<Time> {
        let newest = newest(*stored.last().expect("a reading"));
        let behind = all.behind(&[newest], plan, at(now)).pop()?;
        let wanted: Vec<Reading> = stored.iter().filter(|one| one.at >= behind.from).copied().collect();
        all.follow(&behind, &wanted, at(now));
        Some(behind.from)
    }

    fn latest(all: &AllSeries) -> Option<Time> {
        let (_, known) = all.of("job.used").next()?;
        known.track.latest().map(|reading| reading.at)
    }

    #[test]
    fn what_is_new_is_read_and_what_is_known_is_not() {
        let mut all = AllSeries::default();
        let from = read(&mut all, &[reading(0), reading(1)], 1).expect("behind");
        assert!(from <= subtract(at(1), 28 * 24 * HOUR), "all that its windows need: {from}");
        assert_eq!(read(&mut all, &[reading(0), reading(1)], 1), None);
        assert_eq!(read(&mut all, &[reading(1), reading(2), reading(3)], 3), Some(at(1)));
        assert_eq!(latest(&all), Some(at(3)));
    }

    #[test]
    fn a_series_whose_buckets_become_others_is_read_anew() {
        let mut all = AllSeries::default();
        read(&mut all, &[reading(0), reading(1)], 1);
        let of_a_day = Reading { period: Some((at(0), at(24))), ..reading(2) };
        let from = read(&mut all, &[reading(0), reading(1), of_a_day], 2).expect("behind");
        assert!(from < at(0));
        let of_a_month = Reading { period: Some(month(at(3))), ..reading(3) };
        assert!(read(&mut all, &[reading(0), of_a_day, of_a_month], 3).expect("behind") < from);
    }

    #[test]
    fn readings_from_before_the_clock_was_set_back_do_not_hide_those_of_now() {
        let mut all = AllSeries::default();
        read(&mut all, &[reading(0), reading(10)], 10);
        read(&mut all, &[reading(0), reading(2), reading(10)], 2);
        assert_eq!(latest(&all), Some(at(2)));
        assert_eq!(read(&mut all, &[reading(0), reading(2), reading(3), reading(10)], 3), Some(at(2)));
        assert_eq!(latest(&all), Some(at(3)));
    }

    #[test]
    fn what_no_alert_looks_at_is_let_go() {
        let mut all = AllSeries::default();
        read(&mut all, &[reading(0)], 0);
        all.keep(|metric| metric != "job.used");
        assert_eq!(latest(&all), None);
    }
}
