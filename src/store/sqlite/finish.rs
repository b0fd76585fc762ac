//! Runs begin and end.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::calls::Ended;
use super::conditions::{lives_here, may_be_repeated};
use super::counts::Counts;
use super::names::Names;
use super::values::{Millis, json};
use super::{calls, diagnoses, incidents, listings, remembered, samples};
use crate::clock::Time;
use crate::run::{Kind, Outcome, RunId, RunState, Sample};
use crate::store::Finish;

/// Ends runs that are still this process's. One of a server that was cut off while it got further with a list
/// is owed a repeat, as after a crash: the next server goes on with the list.
pub(super) const END: &str = concat!(
    "
    update runs
    set state = ended.state, kind = ended.kind, reason = ended.reason,
        started_at = ended.started_at, finished_at = ended.finished_at,
        repeat_owed = iif(
            ended.state = 'interrupted'
            and exists (select 1 from listings where listings.moved_by = runs.id and listings.goes_on = 1)
            and exists (select 1 from served where served.process_id = $2)
            and ",
    may_be_repeated!(),
    ", 1, null)
    from (
        select value->>'run' as run, value->>'state' as state, value->>'kind' as kind, value->>'reason' as reason,
               value->>'started_at' as started_at, value->>'finished_at' as finished_at
        from json_each($1)
    ) as ended
    where runs.id = ended.run and ",
    lives_here!(),
    " returning runs.id, runs.job_id"
);

/// Begins runs that wait for it.
pub(super) const START: &str = "
    update runs set state = 'running', started_at = begun.at
    from (select value->>0 as run, value->>1 as at from json_each($1)) as begun
    where runs.id = begun.run and runs.process_id = $2 and runs.state = 'waiting'";

/// An outcome whose run was this process's until now.
#[derive(Clone, Copy)]
pub(super) struct Recorded<'a> {
    /// Its job's number.
    pub(super) job: i64,
    /// All that there is to write.
    pub(super) outcome: &'a Outcome,
}

/// Notes that runs of this process began. One that has ended meanwhile stays as it is.
pub(super) async fn started(
    connection: &mut SqliteConnection,
    process: i64,
    runs: &[(RunId, Time)],
) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let rows: Vec<(RunId, Millis)> = runs.iter().map(|(run, at)| (*run, Millis(*at))).collect();
    sqlx::query(START).bind(json(&rows)?).bind(process).execute(connection).await?;
    Ok(())
}

/// Ends runs that are still this process's, and writes their rows. Answers in order.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    counts: &mut Counts,
    outcomes: &[&Outcome],
) -> Result<Vec<Finish>, sqlx::Error> {
    let mut jobs = end(&mut *connection, process, outcomes).await?;
    let mut recorded = Vec::with_capacity(outcomes.len());
    let mut answers = Vec::with_capacity(outcomes.len());
    for &outcome in outcomes {
        // Taken out, so that a second end of one run in one batch is as lost as a later one.
        match jobs.remove(&outcome.run.0) {
            Some(job) => {
                counts.add(job, outcome.finished_at, outcome.state, 1);
                recorded.push(Recorded { job, outcome });
                answers.push(Finish::Recorded);
            }
            None => answers.push(Finish::Lost),
        }
    }
    let ended: Vec<RunId> = recorded.iter().map(|recorded| recorded.outcome.run).collect();
    forget_cancels(&mut *connection, &json(&ended)?).await?;
    let calls: Vec<Ended> = recorded.iter().flat_map(Recorded::unwritten).collect();
    calls::write(&mut *connection, names, &calls).await?;
    diagnoses::write(&mut *connection, &calls).await?;
    incidents::open_for(&mut *connection, names, &recorded).await?;
    samples::write(&mut *connection, names, &samples_of(&recorded)).await?;
    remembered::remember(&mut *connection, &recorded).await?;
    remembered::note_uploads(&mut *connection, names, &recorded).await?;
    listings::settle(connection, &succeeded(&recorded)).await?;
    Ok(answers)
}

impl<'a> Recorded<'a> {
    /// Its calls but for those that were written when they ended.
    fn unwritten(&self) -> impl Iterator<Item = Ended<'a>> {
        let Recorded { job, outcome } = *self;
        let calls = outcome.calls.iter().filter(|call| !call.is_recorded);
        calls.map(move |call| Ended { job, run: outcome.run, call })
    }
}

fn succeeded(recorded: &[Recorded<'_>]) -> Vec<RunId> {
    let outcomes = recorded.iter().map(|recorded| recorded.outcome);
    outcomes.filter(|outcome| outcome.state == RunState::Succeeded).map(|outcome| outcome.run).collect()
}

fn samples_of<'a>(recorded: &[Recorded<'a>]) -> Vec<(Option<RunId>, &'a Sample)> {
    let outcomes = recorded.iter().map(|recorded| recorded.outcome);
    outcomes.flat_map(|outcome| outcome.samples.iter().map(|sample| (Some(outcome.run), sample))).collect()
}

/// Nobody has to cancel any more what has ended.
pub(super) async fn forget_cancels(connection: &mut SqliteConnection, runs: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from cancels where run_id in (select value from json_each($1))")
        .bind(runs)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes final states. Returns the runs that were this process's, and their jobs.
async fn end(
    connection: &mut SqliteConnection,
    process: i64,
    outcomes: &[&Outcome],
) -> Result<HashMap<i64, i64>, sqlx::Error> {
    let mut met = HashSet::new();
    let rows: Vec<End> =
        outcomes.iter().filter(|outcome| met.insert(outcome.run)).map(|outcome| End::of(outcome)).collect();
    let ended: Vec<(i64, i64)> = sqlx::query_as(END).bind(json(&rows)?).bind(process).fetch_all(connection).await?;
    Ok(ended.into_iter().collect())
}

#[derive(Serialize)]
struct End<'a> {
    run: RunId,
    state: RunState,
    kind: Option<Kind>,
    reason: Option<&'a str>,
    started_at: Option<Millis>,
    finished_at: Millis,
}

impl End<'_> {
    fn of(outcome: &Outcome) -> End<'_> {
        End {
            run: outcome.run,
            state: outcome.state,
            kind: outcome.kind,
            reason: outcome.reason.as_deref(),
            started_at: outcome.started_at.map(Millis),
            finished_at: Millis(outcome.finished_at),
        }
    }
}
