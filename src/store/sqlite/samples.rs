//! Samples: of runs that ended, and those that no run took.

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::names::Names;
use super::values::{Millis, json};
use crate::run::{Number, RunId, Sample};

/// Writes samples, each with the run that took it. Two of one series at one time are one reading: the later
/// counts.
///
/// A real goes in as its shortest decimal text, which SQLite reads back to the last bit between
/// 1e-60 and 1e60; whole numbers of 64 bits are exact.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    names: &mut Names,
    samples: &[(Option<RunId>, &Sample)],
) -> Result<(), sqlx::Error> {
    if samples.is_empty() {
        return Ok(());
    }
    names.series.learn(&mut *connection, samples.iter().map(|(_, sample)| *sample)).await?;
    let rows: Vec<SampleRow> = samples.iter().map(|(run, sample)| SampleRow::of(*run, sample, names)).collect();
    sqlx::query(
        "insert into samples (series_id, at, value, limit_value, period_start, period_end, run_id)
         select value->>'series', value->>'at', value->>'value', value->>'limit', value->>'period_start',
                value->>'period_end', value->>'run'
         from json_each($1) where true
         on conflict (series_id, at) do update
         set value = excluded.value, limit_value = excluded.limit_value, period_start = excluded.period_start,
             period_end = excluded.period_end, run_id = excluded.run_id",
    )
    .bind(json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(Serialize)]
struct SampleRow {
    series: Option<i64>,
    at: Millis,
    value: Number,
    limit: Option<Number>,
    period_start: Option<Millis>,
    period_end: Option<Millis>,
    run: Option<RunId>,
}

impl SampleRow {
    fn of(run: Option<RunId>, sample: &Sample, names: &Names) -> SampleRow {
        SampleRow {
            series: names.series.number(sample),
            at: Millis(sample.at),
            value: sample.value,
            limit: sample.limit,
            period_start: sample.period.map(|(start, _)| Millis(start)),
            period_end: sample.period.map(|(_, end)| Millis(end)),
            run,
        }
    }
}
