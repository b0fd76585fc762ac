//! What series said.

use std::collections::BTreeSet;

use sqlx::FromRow;
use sqlx::sqlite::SqliteRow;

use crate::clock::Time;
use crate::run::{MetricKind, Name, Sample};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::fields::Fields;
use crate::store::sqlite::values::{json, millis};
use crate::store::{SeriesReading, StoreError};
use crate::watch::Reading;

/// (`cross` keeps SQLite from beginning with the samples, which are most.)
pub(super) const NEWEST: &str = "
    select metrics.name as metric, series.label, metrics.kind, metrics.unit, samples.at, samples.value,
           samples.limit_value, samples.period_start, samples.period_end
    from json_each($1) as wanted
    cross join metrics on metrics.name = wanted.value
    cross join series on series.metric_id = metrics.id
    cross join samples on samples.series_id = series.id
        and samples.at = (select max(newest.at) from samples as newest where newest.series_id = series.id)
    order by metrics.name, series.label";

pub(super) const SINCE: &str = "
    select samples.at, samples.value, samples.limit_value, samples.period_start, samples.period_end
    from metrics
    cross join series on series.metric_id = metrics.id and series.label = $2
    cross join samples on samples.series_id = series.id
        and samples.at >= coalesce(
            (select max(former.at) from samples as former where former.series_id = series.id and former.at < $3), $3)
    where metrics.name = $1
    order by samples.at";

/// Samples have no index by run: those of the run that took the newest are the newest of their series.
pub(super) const OF_NEWEST_RUN: &str = "
    with newest as materialized (
        select series.id as series_id, metrics.name as metric, series.label, metrics.kind, metrics.unit, samples.at,
               samples.value, samples.limit_value, samples.period_start, samples.period_end, samples.run_id
        from jobs
        cross join metrics on metrics.job_id = jobs.id
        cross join series on series.metric_id = metrics.id
        cross join samples on samples.series_id = series.id and samples.run_id is not null
            and samples.at = (select max(newest.at) from samples as newest where newest.series_id = series.id)
        where jobs.name = $1
    )
    select * from newest
    where run_id = (select run_id from newest order by at desc, run_id desc limit 1)
    order by series_id";

impl Sqlite {
    /// As [`crate::store::Store::newest_readings`].
    pub(in crate::store) async fn newest_readings(
        &self,
        metrics: &BTreeSet<String>,
    ) -> Result<Vec<SeriesReading>, StoreError> {
        let read = async { sqlx::query_as(NEWEST).bind(json(metrics)?).fetch_all(&self.readers).await };
        read.await.map_err(|error| self.could_not("read the newest samples", error))
    }

    /// As [`crate::store::Store::readings`].
    pub(in crate::store) async fn readings(
        &self,
        metric: &str,
        label: &str,
        from: Time,
    ) -> Result<Vec<Reading>, StoreError> {
        let query = sqlx::query_as(SINCE).bind(metric).bind(label).bind(millis(from));
        query.fetch_all(&self.readers).await.map_err(|error| self.could_not("read the samples of a series", error))
    }

    /// As [`crate::store::Store::newest_samples`].
    pub(in crate::store) async fn newest_samples(&self, job: &Name) -> Result<Option<(Time, Vec<Sample>)>, StoreError> {
        let samples = sqlx::query_as(OF_NEWEST_RUN).bind(job.as_str()).fetch_all(&self.readers).await;
        let samples: Vec<Sample> =
            samples.map_err(|error| self.could_not("read the samples of the newest run", error))?;
        Ok(samples.iter().map(|sample| sample.at).max().map(|at| (at, samples)))
    }
}

impl FromRow<'_, SqliteRow> for Reading {
    fn from_row(row: &SqliteRow) -> Result<Reading, sqlx::Error> {
        let row = Fields(row);
        Ok(Reading {
            at: row.instant("at")?,
            value: row.number("value")?,
            limit: row.optional_number("limit_value")?,
            period: row.optional_instant("period_start")?.zip(row.optional_instant("period_end")?),
        })
    }
}

impl FromRow<'_, SqliteRow> for SeriesReading {
    fn from_row(row: &SqliteRow) -> Result<SeriesReading, sqlx::Error> {
        let reading = Reading::from_row(row)?;
        let row = Fields(row);
        Ok(SeriesReading {
            metric: row.text("metric")?,
            label: row.text("label")?,
            kind: row.word("kind", MetricKind::from_word)?,
            unit: row.optional_text("unit")?,
            reading,
        })
    }
}

impl FromRow<'_, SqliteRow> for Sample {
    fn from_row(row: &SqliteRow) -> Result<Sample, sqlx::Error> {
        let SeriesReading { metric, label, kind, unit, reading } = SeriesReading::from_row(row)?;
        let Reading { at, value, limit, period } = reading;
        Ok(Sample { metric, label, kind, unit, at, value, limit, period })
    }
}
