//! Metrics, their series, and the numbers of those.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::values::json;
use crate::run::{MetricKind, Sample};

/// The numbers of series that were met before, and what their metrics were said to be.
#[derive(Default)]
pub(super) struct Series {
    metrics: HashMap<Box<str>, (MetricKind, Option<String>)>,
    numbers: HashMap<Box<str>, HashMap<Box<str>, i64>>,
    len: usize,
}

impl Series {
    /// The number of a sample's series, if it was learnt.
    pub(super) fn number(&self, sample: &Sample) -> Option<i64> {
        self.numbers.get(sample.metric.as_str())?.get(sample.label.as_str()).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn forget(&mut self) {
        *self = Series::default();
    }

    /// Learns the series of samples. A metric is what its newest sample says.
    pub(super) async fn learn<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        samples: impl Iterator<Item = &'a Sample> + Clone,
    ) -> Result<(), sqlx::Error> {
        self.learn_metrics(&mut *connection, samples.clone()).await?;
        self.learn_series(connection, samples).await
    }

    async fn learn_metrics<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        samples: impl Iterator<Item = &'a Sample>,
    ) -> Result<(), sqlx::Error> {
        let mut changed = Vec::new();
        for sample in samples {
            let known = self.metrics.get(sample.metric.as_str());
            if known.is_none_or(|(kind, unit)| *kind != sample.kind || *unit != sample.unit) {
                self.metrics.insert(sample.metric.as_str().into(), (sample.kind, sample.unit.clone()));
                changed.push(MetricRow::of(sample));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "insert into metrics (name, job_id, kind, unit)
             select value->>'metric', (select id from jobs where name = value->>'job'), value->>'kind', value->>'unit'
             from json_each($1) where true
             on conflict (name) do update set kind = excluded.kind, unit = excluded.unit
             where (kind, unit) is not (excluded.kind, excluded.unit)",
        )
        .bind(json(&changed)?)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn learn_series<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        samples: impl Iterator<Item = &'a Sample>,
    ) -> Result<(), sqlx::Error> {
        let mut met = BTreeSet::new();
        // In the order of the samples, since a job's first metric is the one with the lowest number.
        let unknown: Vec<SeriesRow> = samples
            .filter(|sample| self.number(sample).is_none())
            .map(|sample| SeriesRow { metric: &sample.metric, label: &sample.label })
            .filter(|series| met.insert((series.metric, series.label)))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown = json(&unknown)?;
        sqlx::query(
            "insert into series (metric_id, label)
             select metrics.id, value->>'label' from json_each($1) join metrics on metrics.name = value->>'metric'
             where true order by json_each.key
             on conflict do nothing",
        )
        .bind(&unknown)
        .execute(&mut *connection)
        .await?;
        let rows = sqlx::query(
            "select metrics.name, series.label, series.id from json_each($1)
             join metrics on metrics.name = value->>'metric'
             join series on series.metric_id = metrics.id and series.label = value->>'label'",
        )
        .bind(&unknown)
        .fetch_all(connection)
        .await?;
        for row in rows {
            let labels = self.numbers.entry(row.try_get(0)?).or_default();
            self.len += usize::from(labels.insert(row.try_get(1)?, row.try_get(2)?).is_none());
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct MetricRow<'a> {
    metric: &'a str,
    job: Option<&'a str>,
    kind: MetricKind,
    unit: Option<&'a str>,
}

impl MetricRow<'_> {
    fn of(sample: &Sample) -> MetricRow<'_> {
        let job = sample.metric.split_once('.').map(|(job, _)| job);
        MetricRow { metric: &sample.metric, job, kind: sample.kind, unit: sample.unit.as_deref() }
    }
}

#[derive(Serialize)]
struct SeriesRow<'a> {
    metric: &'a str,
    label: &'a str,
}
