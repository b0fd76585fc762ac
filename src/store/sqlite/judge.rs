//! Whether a tick may run.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::conditions::living_is_at_work;
use super::names::Names;
use super::values::{Millis, json};
use crate::job::Overlap;
use crate::run::{Name, RunId};
use crate::store::{Begin, Claim, Start};

/// What stands in the way of each tick, in one statement for ticks of different jobs.
///
/// The conditions on triggers and states are word for word those of the indexes they are to use.
pub(super) const JUDGE: &str = concat!(
    "
    with asked as (
        select value->>'place' as place, value->>'job' as job, value->>'start' as start, value->>'tick' as tick,
               value->>'at' as at, value->>'overlap' as overlap, value->>'after' as after,
               value->>'repeats' as repeats, value->>'credential' as credential
        from json_each($1)
    )
    select place,
        case start
            when 'manual' then 0
            when 'repeat' then exists (select 1 from runs as again where again.repeats = asked.repeats)
            when 'backfill' then
                exists (select 1 from runs as done
                        where done.job_id = job and done.scheduled_for = tick
                          and done.trigger in ('schedule', 'catch_up')
                          and done.state in ('waiting', 'held', 'running', 'succeeded'))
                or exists (select 1 from runs as done
                           where done.job_id = job and done.scheduled_for = tick
                             and done.trigger in ('manual', 'repeat')
                             and done.state in ('waiting', 'held', 'running', 'succeeded'))
            else
                exists (select 1 from runs as same
                        where same.job_id = job and same.scheduled_for = tick
                          and same.trigger in ('schedule', 'catch_up'))
                or exists (select 1 from runs as stretch
                           where stretch.job_id = job and stretch.through >= tick and stretch.scheduled_for <= tick
                             and stretch.trigger in ('schedule', 'catch_up'))
        end as taken,
        (select coalesce(pauses.reason, '') from pauses
         where pauses.job_id = job
           and (pauses.until is null or pauses.until > asked.at
                -- Over by now, but not when the tick was due.
                or start = 'schedule' and pauses.paused_at <= tick and pauses.until > tick)) as paused,
        iif(after is null, null,
            (select former.state || ' ' || former.id from runs as former
             where former.job_id = after and former.state in ('succeeded', 'failed', 'refused', 'interrupted')
             order by former.id desc limit 1)) as former,
        iif(overlap in ('skip', 'queue'),
            (select max(living.id) from runs as living
             where living.job_id = job and ",
    living_is_at_work!(),
    "),
            null) as living,
        iif(overlap = 'queue',
            (select max(waiting.id) from runs as waiting
             where waiting.job_id = job and waiting.state in ('waiting', 'held', 'running')
               and waiting.state = 'waiting'),
            null) as waiting,
        (select coalesce(head.first_manual, iif(head.trigger = 'manual', head.id, null)) from runs as head
         where head.id = asked.repeats) as first_manual,
        incidents.id as incident, diagnoses.summary as refusal
    from asked
    left join incidents on incidents.credential_id = asked.credential and incidents.closed_at is null
    left join diagnoses on diagnoses.id = incidents.diagnosis_id"
);

/// A claim that is to be judged, with the numbers of its names.
#[derive(Serialize)]
pub(super) struct Asked {
    pub(super) place: usize,
    pub(super) job: Option<i64>,
    start: &'static str,
    tick: Millis,
    at: Millis,
    overlap: &'static str,
    after: Option<i64>,
    repeats: Option<RunId>,
    /// Where a refused credential holds it.
    credential: Option<i64>,
}

impl Asked {
    pub(super) fn of(place: usize, claim: &Claim, start: Start, names: &Names) -> Asked {
        let credential = holdable(claim, start);
        let (start, repeats) = match start {
            Start::Schedule | Start::CatchUp | Start::Again => ("schedule", None),
            Start::Manual => ("manual", None),
            Start::Backfill => ("backfill", None),
            Start::Repeat(run) => ("repeat", Some(run)),
        };
        let overlap = match (claim.begin, claim.overlap) {
            (Begin::InLine, _) | (_, Overlap::Allow) => "allow",
            (_, Overlap::Skip) => "skip",
            (_, Overlap::Queue) => "queue",
        };
        Asked {
            place,
            job: names.jobs.number(claim.tick.job.as_str()),
            start,
            tick: Millis(claim.tick.scheduled_for),
            at: Millis(claim.claimed_at),
            overlap,
            after: claim.after.as_ref().and_then(|after| names.jobs.number(after.as_str())),
            repeats,
            credential: credential.and_then(|credential| names.texts.number(credential.as_str())),
        }
    }
}

/// The credential of a tick of a schedule. Whatever somebody waits for runs, and says why it is refused.
fn holdable(claim: &Claim, start: Start) -> Option<&Name> {
    match start {
        Start::Schedule | Start::CatchUp | Start::Again => claim.credential.as_ref(),
        Start::Manual | Start::Backfill | Start::Repeat(_) => None,
    }
}

/// What is to become of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Runs,
    /// Once the earlier runs of its job have ended.
    RunsInTurn,
    /// Not, for a reason.
    Skipped(String),
    /// Once this incident is over.
    Held {
        incident: i64,
        reason: String,
    },
    /// It has a row already.
    Taken,
}

/// How things stand for one claim.
#[derive(Debug)]
pub(super) struct Standing {
    taken: bool,
    paused: Option<String>,
    former: Option<String>,
    living: Option<i64>,
    waiting: Option<i64>,
    incident: Option<i64>,
    refusal: Option<String>,
    /// The manual start at the head of the chain that it repeats.
    pub(super) first_manual: Option<RunId>,
}

/// How things stand for claims of different jobs, by their places.
pub(super) async fn look(
    connection: &mut SqliteConnection,
    asked: &[Asked],
) -> Result<HashMap<usize, Standing>, sqlx::Error> {
    let rows = sqlx::query(JUDGE).bind(json(asked)?).fetch_all(connection).await?;
    rows.iter().map(Standing::read).collect()
}

impl Standing {
    fn read(row: &SqliteRow) -> Result<(usize, Standing), sqlx::Error> {
        let place: i64 = row.try_get("place")?;
        let first_manual: Option<i64> = row.try_get("first_manual")?;
        let standing = Standing {
            taken: row.try_get("taken")?,
            paused: row.try_get("paused")?,
            former: row.try_get("former")?,
            living: row.try_get("living")?,
            waiting: row.try_get("waiting")?,
            incident: row.try_get("incident")?,
            refusal: row.try_get("refusal")?,
            first_manual: first_manual.map(RunId),
        };
        Ok((usize::try_from(place).unwrap_or(usize::MAX), standing))
    }

    pub(super) fn judge(&self, claim: &Claim) -> Judgement {
        if self.taken {
            return Judgement::Taken;
        }
        if let Some(reason) = self.pause().or_else(|| self.did_not_succeed(claim.after.as_ref()?)) {
            return Judgement::Skipped(reason);
        }
        if let (Some(incident), Some(credential)) = (self.incident, &claim.credential) {
            return Judgement::Held { incident, reason: refused(credential, self.refusal.as_deref()) };
        }
        match (claim.overlap, self.living, self.waiting) {
            (_, None, _) => Judgement::Runs,
            (Overlap::Queue, Some(_), None) => Judgement::RunsInTurn,
            (Overlap::Queue, Some(_), Some(waiting)) => Judgement::Skipped(format!("run {waiting} waits already")),
            (Overlap::Skip | Overlap::Allow, Some(living), _) => Judgement::Skipped(format!("run {living} still runs")),
        }
    }

    fn pause(&self) -> Option<String> {
        self.paused.as_deref().map(paused)
    }

    /// Why the job before it does not let it run: "`inventory` failed in run 12".
    fn did_not_succeed(&self, after: &Name) -> Option<String> {
        match self.former.as_deref().and_then(|former| former.split_once(' ')) {
            Some(("succeeded", _)) => None,
            Some((state, run)) => Some(format!("`{after}`, which it comes after, {} in run {run}", past(state))),
            None => Some(format!("`{after}`, which it comes after, has no run yet")),
        }
    }
}

/// What a row says that is skipped in a pause, for the reason of that.
pub(super) fn paused(reason: &str) -> String {
    if reason.is_empty() { "paused".to_owned() } else { format!("paused: {reason}") }
}

/// What a row says that waits for a credential.
pub(super) fn refused(credential: &Name, summary: Option<&str>) -> String {
    match summary {
        Some(summary) => format!("credential `{credential}` is refused: {summary}"),
        None => format!("credential `{credential}` is refused"),
    }
}

fn past(state: &str) -> &str {
    match state {
        "refused" => "was refused",
        "interrupted" => "was interrupted",
        other => other,
    }
}
