//! Ticks that do not run leave a row all the same.

use std::collections::HashSet;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::counts::Counts;
use super::names::Names;
use super::ranks::ranks;
use super::values::{Millis, json, whole};
use crate::run::RunState;
use crate::store::Stretch;

/// Stretches that touch no row. The first condition finds single ticks and the beginnings of
/// stretches, the second the stretches that reach into this one.
pub(super) const COVER: &str = "
    insert into runs (job_id, trigger, scheduled_for, through, ticks, state, reason, claimed_at, finished_at,
                      config_id, process_id)
    select job, 'schedule', first, nullif(last, first), ticks, state, reason, at, at, config, $2
    from (
        select value->>'job' as job, value->>'first' as first, value->>'last' as last, value->>'ticks' as ticks,
               value->>'state' as state, value->>'reason' as reason, value->>'at' as at, value->>'config' as config
        from json_each($1)
    )
    where not exists (select 1 from runs as tick
                      where tick.job_id = job and tick.scheduled_for between first and last
                        and tick.trigger in ('schedule', 'catch_up'))
      and not exists (select 1 from runs as stretch
                      where stretch.job_id = job and stretch.through >= first and stretch.scheduled_for <= last
                        and stretch.trigger in ('schedule', 'catch_up'))
    returning job_id";

/// Writes stretches, one after another: two of one call may touch.
pub(super) async fn cover(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    counts: &mut Counts,
    stretches: &[&Stretch],
) -> Result<(), sqlx::Error> {
    names.learn_jobs(&mut *connection, stretches.iter().map(|stretch| stretch.job.as_str())).await?;
    names.learn_texts(&mut *connection, stretches.iter().map(|stretch| stretch.config_hash.as_str())).await?;
    for rank in ranks(stretches, |stretch| (&stretch.job, stretch.scheduled_for)) {
        let rows: Vec<StretchRow> = rank.iter().map(|(_, stretch)| StretchRow::of(stretch, names)).collect();
        let covered: HashSet<i64> = sqlx::query_scalar(COVER)
            .bind(json(&rows)?)
            .bind(process)
            .fetch_all(&mut *connection)
            .await?
            .into_iter()
            .collect();
        for (_, stretch) in rank {
            if let Some(job) = names.jobs.number(stretch.job.as_str()).filter(|job| covered.contains(job)) {
                counts.add(job, stretch.at, stretch.state, stretch.ticks);
            }
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct StretchRow<'a> {
    job: Option<i64>,
    first: Millis,
    last: Millis,
    ticks: i64,
    state: RunState,
    reason: &'a str,
    at: Millis,
    config: Option<i64>,
}

impl StretchRow<'_> {
    fn of<'a>(stretch: &'a Stretch, names: &Names) -> StretchRow<'a> {
        StretchRow {
            job: names.jobs.number(stretch.job.as_str()),
            first: Millis(stretch.scheduled_for),
            last: Millis(stretch.through),
            ticks: whole(stretch.ticks),
            state: stretch.state,
            reason: &stretch.reason,
            at: Millis(stretch.at),
            config: names.texts.number(&stretch.config_hash),
        }
    }
}
