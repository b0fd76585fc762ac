//! Ticks become runs.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::counts::Counts;
use super::judge::{Asked, Judgement, Standing, look};
use super::names::Names;
use super::ranks::ranks;
use super::stretches::{self, Longer};
use super::values::{Millis, json};
use super::{again, owed};
use crate::run::{Name, Occasion, Run, RunId, RunState, Trigger};
use crate::store::{Begin, Claim, Claimed, Start};

/// One statement for ticks of different jobs.
pub(super) const INSERT: &str = "
    insert into runs (job_id, trigger, scheduled_for, state, reason, repeats, claimed_at, started_at, finished_at,
                      config_id, process_id, first_manual, incident_id)
    select value->>'job', value->>'trigger', value->>'tick', value->>'state', value->>'reason', value->>'repeats',
           value->>'at', iif(value->>'state' = 'running', value->>'at', null),
           iif(value->>'state' = 'skipped', value->>'at', null), value->>'config',
           iif(value->>'is_nobodys', null, $2), value->>'first_manual', value->>'incident'
    from json_each($1) where true
    order by json_each.key
    on conflict do nothing
    returning job_id, id";

/// Claims ticks. Answers in their order.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    process: i64,
    names: &mut Names,
    counts: &mut Counts,
    claims: &[&Claim],
) -> Result<Vec<Claimed>, sqlx::Error> {
    let after = claims.iter().filter_map(|claim| claim.after.as_ref());
    let jobs = claims.iter().map(|claim| &claim.tick.job).chain(after);
    names.learn_jobs(&mut *connection, jobs.map(Name::as_str)).await?;
    let credentials = claims.iter().filter_map(|claim| claim.credential.as_ref()).map(Name::as_str);
    let texts = claims.iter().map(|claim| claim.config_hash.as_str()).chain(credentials);
    names.learn_texts(&mut *connection, texts).await?;
    let mut answers = vec![Claimed::Taken; claims.len()];
    for rank in ranks(claims, |claim| (&claim.tick.job, claim.tick.scheduled_for)) {
        for (place, answer) in claim_rank(&mut *connection, process, names, counts, &rank).await? {
            if let Some(slot) = answers.get_mut(place) {
                *slot = answer;
            }
        }
    }
    Ok(answers)
}

/// Claims ticks of different jobs. Answers for those that left a row.
async fn claim_rank(
    connection: &mut SqliteConnection,
    process: i64,
    names: &Names,
    counts: &mut Counts,
    rank: &[(usize, &Claim)],
) -> Result<Vec<(usize, Claimed)>, sqlx::Error> {
    let again = again::starts(&mut *connection, names, rank).await?;
    let start = |place: usize, claim: &Claim| again.get(&place).copied().unwrap_or(claim.start);
    let asked: Vec<Asked> =
        rank.iter().map(|&(place, claim)| Asked::of(place, claim, start(place, claim), names)).collect();
    let standings = look(&mut *connection, &asked).await?;
    let rows: Vec<Row> = rank
        .iter()
        .filter_map(|&(place, claim)| Row::of(place, claim, start(place, claim), standings.get(&place)?, names))
        .collect();
    let (longer, rows) = stretches::lengthen(&mut *connection, rows).await?;
    let mut ids: HashMap<i64, i64> = match rows.is_empty() {
        true => HashMap::new(),
        false => {
            let rows = json(&rows)?;
            sqlx::query_as(INSERT).bind(rows).bind(process).fetch_all(&mut *connection).await?.into_iter().collect()
        }
    };
    owed::settle(connection, &rows).await?;
    let inserted = rows.into_iter().filter_map(|row| {
        let id = RunId(ids.remove(&row.job?)?);
        Some(Longer { row, id })
    });
    let mut answers = Vec::with_capacity(rank.len());
    for Longer { row, id } in longer.into_iter().chain(inserted) {
        if let (Some(job), RunState::Skipped) = (row.job, row.state) {
            counts.add(job, row.claim.claimed_at, RunState::Skipped, 1);
        }
        answers.push((row.place, row.answer(id)));
    }
    Ok(answers)
}

/// A row that a tick leaves.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip)]
    place: usize,
    #[serde(skip)]
    pub(super) claim: &'a Claim,
    #[serde(skip)]
    in_turn: bool,
    pub(super) job: Option<i64>,
    pub(super) trigger: Trigger,
    pub(super) tick: Millis,
    pub(super) state: RunState,
    pub(super) reason: Option<String>,
    pub(super) repeats: Option<RunId>,
    pub(super) at: Millis,
    config: Option<i64>,
    is_nobodys: bool,
    incident: Option<i64>,
    first_manual: Option<RunId>,
}

impl<'a> Row<'a> {
    /// `None` for a tick that is taken.
    fn of(place: usize, claim: &'a Claim, start: Start, standing: &Standing, names: &Names) -> Option<Row<'a>> {
        let judgement = standing.judge(claim);
        let in_turn = judgement == Judgement::RunsInTurn;
        let (state, reason, incident) = match (judgement, claim.begin) {
            (Judgement::Taken, _) => return None,
            (Judgement::Skipped(reason), _) => (RunState::Skipped, Some(reason), None),
            (Judgement::Held { incident, reason }, _) => (RunState::Held, Some(reason), Some(incident)),
            (Judgement::Runs, Begin::Now) => (RunState::Running, None, None),
            (Judgement::Runs | Judgement::RunsInTurn, _) => (RunState::Waiting, None, None),
        };
        let is_handed_over = claim.begin == Begin::HandedOver && state == RunState::Waiting;
        Some(Row {
            place,
            claim,
            in_turn,
            job: names.jobs.number(claim.tick.job.as_str()),
            trigger: start.trigger(),
            tick: Millis(claim.tick.scheduled_for),
            is_nobodys: is_handed_over || state == RunState::Held,
            incident,
            state,
            reason,
            repeats: if let Start::Repeat(run) = start { Some(run) } else { None },
            at: Millis(claim.claimed_at),
            config: names.texts.number(&claim.config_hash),
            first_manual: standing.first_manual,
        })
    }

    fn answer(self, id: RunId) -> Claimed {
        if self.state == RunState::Held {
            return Claimed::Held { row: id };
        }
        if let Some(reason) = self.reason {
            return Claimed::Skipped { row: id, reason };
        }
        let occasion = occasion(self.trigger, id, self.first_manual);
        let Claim { tick, claimed_at, .. } = self.claim;
        let run = Run { id, tick: tick.clone(), trigger: self.trigger, claimed_at: *claimed_at, occasion };
        if self.in_turn { Claimed::Queued(run) } else { Claimed::Won(run) }
    }
}

/// What the idempotency keys of a run are made of. `first_manual` is the head of a chain of repeats.
pub(super) fn occasion(trigger: Trigger, id: RunId, first_manual: Option<RunId>) -> Occasion {
    match (trigger, first_manual) {
        (Trigger::Manual, _) => Occasion::Manual(id),
        (_, Some(first)) => Occasion::Manual(first),
        (Trigger::Schedule | Trigger::CatchUp | Trigger::Repeat, None) => Occasion::Tick,
    }
}
