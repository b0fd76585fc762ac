//! Ticks become runs.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::counts::Counts;
use super::names::Names;
use super::ranks::ranks;
use super::values::{Millis, json};
use crate::job::Overlap;
use crate::run::{Run, RunId, RunState, Trigger};
use crate::store::{Begin, Claim, Claimed};

/// One statement for ticks of different jobs. Inside it each tick is judged: it has a row already,
/// by itself or in a stretch; a run of its job still lives; or it is a run from here on.
///
/// The conditions on triggers and states are word for word those of the indexes they are to use.
/// `materialized`, or each column would look for a living run anew.
pub(super) const CLAIM: &str = "
    with judged as materialized (
        select value->>'job' as job, value->>'trigger' as trigger, value->>'tick' as tick, value->>'state' as state,
               value->>'claimed_at' as claimed_at, value->>'config' as config,
               iif(value->>'overlap' = 'skip',
                   (select max(living.id) from runs as living
                    where living.job_id = value->>'job' and living.state in ('waiting', 'held', 'running')),
                   null) as living
        from json_each($1)
    )
    insert into runs (job_id, trigger, scheduled_for, state, reason, claimed_at, started_at, finished_at, config_id,
                      process_id)
    select job, trigger, tick,
           iif(living is null, state, 'skipped'),
           'run ' || living || ' still runs',
           claimed_at,
           iif(living is null and state = 'running', claimed_at, null),
           iif(living is null, null, claimed_at),
           config, $2
    from judged
    where trigger not in ('schedule', 'catch_up')
       or not exists (select 1 from runs as stretch
                      where stretch.job_id = job and stretch.through >= tick and stretch.scheduled_for <= tick
                        and stretch.trigger in ('schedule', 'catch_up'))
    on conflict (job_id, scheduled_for) where trigger in ('schedule', 'catch_up') do nothing
    returning id, job_id,
        iif(state = 'skipped',
            (select max(living.id) from runs as living
             where living.job_id = runs.job_id and living.state in ('waiting', 'held', 'running')),
            null) as living";

/// Claims ticks. Answers in their order.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    counts: &mut Counts,
    claims: &[&Claim],
) -> Result<Vec<Claimed>, sqlx::Error> {
    names.learn_jobs(&mut *connection, claims.iter().map(|claim| claim.tick.job.as_str())).await?;
    names.learn_texts(&mut *connection, claims.iter().map(|claim| claim.config_hash.as_str())).await?;
    let mut answers = vec![Claimed::Taken; claims.len()];
    for rank in ranks(claims, |claim| (&claim.tick.job, claim.tick.scheduled_for)) {
        let rows: Vec<ClaimRow> = rank.iter().map(|(_, claim)| ClaimRow::of(claim, names)).collect();
        let inserted = sqlx::query(CLAIM).bind(json(&rows)?).bind(process).fetch_all(&mut *connection).await?;
        let mut rows = inserted.iter().map(Inserted::read).collect::<Result<HashMap<_, _>, _>>()?;
        for (place, claim) in rank {
            let job = names.jobs.number(claim.tick.job.as_str());
            let row = job.and_then(|job| rows.remove(&job));
            if let (Some(job), Some(Inserted { living: Some(_), .. })) = (job, &row) {
                counts.add(job, claim.claimed_at, RunState::Skipped, 1);
            }
            if let (Some(answer), Some(row)) = (answers.get_mut(place), row) {
                *answer = row.answer(claim);
            }
        }
    }
    Ok(answers)
}

#[derive(Serialize)]
struct ClaimRow {
    job: Option<i64>,
    trigger: Trigger,
    tick: Millis,
    overlap: &'static str,
    state: RunState,
    claimed_at: Millis,
    config: Option<i64>,
}

impl ClaimRow {
    fn of(claim: &Claim, names: &Names) -> ClaimRow {
        ClaimRow {
            job: names.jobs.number(claim.tick.job.as_str()),
            trigger: claim.start.trigger(),
            tick: Millis(claim.tick.scheduled_for),
            overlap: match claim.overlap {
                Overlap::Skip => "skip",
                Overlap::Queue => "queue",
                Overlap::Allow => "allow",
            },
            state: match claim.begin {
                Begin::Now => RunState::Running,
                Begin::Waiting | Begin::InLine | Begin::HandedOver => RunState::Waiting,
            },
            claimed_at: Millis(claim.claimed_at),
            config: names.texts.number(&claim.config_hash),
        }
    }
}

/// A row that a tick left.
struct Inserted {
    id: RunId,
    living: Option<RunId>,
}

impl Inserted {
    /// The row, by its job: there is one tick of a job in a statement.
    fn read(row: &SqliteRow) -> Result<(i64, Inserted), sqlx::Error> {
        let living: Option<i64> = row.try_get("living")?;
        Ok((row.try_get("job_id")?, Inserted { id: RunId(row.try_get("id")?), living: living.map(RunId) }))
    }

    fn answer(self, claim: &Claim) -> Claimed {
        let Inserted { id, living } = self;
        match living {
            Some(living) => Claimed::Skipped { row: id, reason: format!("run {living} still runs") },
            None => Claimed::Won(Run {
                id,
                tick: claim.tick.clone(),
                trigger: claim.start.trigger(),
                claimed_at: claim.claimed_at,
                occasion: crate::run::Occasion::Tick,
            }),
        }
    }
}
