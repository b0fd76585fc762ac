//! Ticks that come again, after the clock was set back.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::names::Names;
use super::values::{Millis, json};
use crate::run::{RunId, RunState};
use crate::store::{Claim, Start};

/// The newest run of each tick: of the chain of repeats that begins with the row that covers it, by
/// itself or in a stretch.
pub(super) const NEWEST: &str = "
    with recursive asked as (
        select value->>'place' as place, value->>'job' as job, value->>'tick' as tick from json_each($1)
    ),
    chain (place, id) as (
        select asked.place,
               coalesce((select tick.id from runs as tick
                         where tick.job_id = asked.job and tick.scheduled_for = asked.tick
                           and tick.trigger in ('schedule', 'catch_up')),
                        (select stretch.id from runs as stretch
                         where stretch.job_id = asked.job and stretch.through >= asked.tick
                           and stretch.scheduled_for <= asked.tick
                           and stretch.trigger in ('schedule', 'catch_up')))
        from asked
        union all
        select chain.place, later.id from chain cross join runs as later on later.repeats = chain.id
    )
    select ends.place, newest.id, newest.state
    from (select place, max(id) as id from chain where id is not null group by place) as ends
    cross join runs as newest on newest.id = ends.id";

#[derive(Serialize)]
struct Asked {
    place: usize,
    job: Option<i64>,
    tick: Millis,
}

/// What ticks that come again start as, by their places. One that never had a run comes for the first
/// time; one whose run lives is left to it, as a tick that is taken.
pub(super) async fn starts(
    connection: &mut SqliteConnection,
    names: &Names,
    rank: &[(usize, &Claim)],
) -> Result<HashMap<usize, Start>, sqlx::Error> {
    let again = rank.iter().filter(|(_, claim)| claim.start == Start::Again);
    let asked: Vec<Asked> = again
        .map(|&(place, claim)| Asked {
            place,
            job: names.jobs.number(claim.tick.job.as_str()),
            tick: Millis(claim.tick.scheduled_for),
        })
        .collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let newest: Vec<(i64, i64, String)> = sqlx::query_as(NEWEST).bind(json(&asked)?).fetch_all(connection).await?;
    let start = |(place, run, state): (i64, i64, String)| {
        let has_ended = RunState::from_word(&state).is_some_and(|state| !state.is_live());
        let start = if has_ended { Start::Repeat(RunId(run)) } else { Start::Schedule };
        (usize::try_from(place).unwrap_or(usize::MAX), start)
    };
    Ok(newest.into_iter().map(start).collect())
}
