//! Ticks in a row that are skipped for one reason, or held for one incident, are one row.

use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;

use super::claim::Row;
use super::values::json;
use crate::run::{RunId, RunState, Trigger};

/// Lengthens the newest row of a job, where it was left for the same reason. The next row of the job,
/// whatever it is, closes it; and it does not grow over a tick that has a row of its own.
pub(super) const LENGTHEN: &str = "
    update runs set through = more.tick, ticks = ticks + 1, finished_at = iif(runs.state = 'held', null, more.at)
    from (
        select value->>'job' as job, value->>'tick' as tick, value->>'reason' as reason, value->>'at' as at,
               value->>'trigger' as trigger, value->>'state' as state, value->>'incident' as incident
        from json_each($1)
    ) as more
    where runs.id = (select max(newest.id) from runs as newest where newest.job_id = more.job)
      and runs.trigger in ('schedule', 'catch_up') and runs.state = more.state
      and (runs.state = 'skipped' and runs.reason = more.reason and runs.trigger = more.trigger
           or runs.state = 'held' and runs.incident_id = more.incident)
      and more.tick > coalesce(runs.through, runs.scheduled_for)
      and not exists (select 1 from runs as tick
                      where tick.job_id = more.job and tick.scheduled_for < more.tick
                        and tick.scheduled_for > coalesce(runs.through, runs.scheduled_for)
                        and tick.trigger in ('schedule', 'catch_up'))
    returning runs.job_id, runs.id";

/// A row that has become one tick longer.
pub(super) struct Longer<'a> {
    pub(super) row: Row<'a>,
    pub(super) id: RunId,
}

/// Lengthens what can be. Gives back that, and the rows that remain to be written.
pub(super) async fn lengthen<'a>(
    connection: &mut SqliteConnection,
    rows: Vec<Row<'a>>,
) -> Result<(Vec<Longer<'a>>, Vec<Row<'a>>), sqlx::Error> {
    let may_lengthen = |row: &Row<'_>| {
        matches!(row.state, RunState::Skipped | RunState::Held)
            && matches!(row.trigger, Trigger::Schedule | Trigger::CatchUp)
    };
    let (stretching, mut others): (Vec<Row<'a>>, Vec<Row<'a>>) = rows.into_iter().partition(may_lengthen);
    if stretching.is_empty() {
        return Ok((Vec::new(), others));
    }
    let lengthened: Vec<(i64, i64)> = sqlx::query_as(LENGTHEN).bind(json(&stretching)?).fetch_all(connection).await?;
    let lengthened: HashMap<i64, i64> = lengthened.into_iter().collect();
    let mut longer = Vec::new();
    for row in stretching {
        match row.job.and_then(|job| lengthened.get(&job)) {
            Some(&id) => longer.push(Longer { row, id: RunId(id) }),
            None => others.push(row),
        }
    }
    Ok((longer, others))
}
