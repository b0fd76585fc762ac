//! Ticks that waited for a credential are released: they run, or are missed.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::counts::Counts;
use super::errand::{At, Errand};
use super::judge::paused;
use super::pieces::{Piece, WaitingRow, pieces};
use super::values::{Millis, json, millis, whole};
use crate::clock::Time;
use crate::run::{IncidentId, Released, RunId, Waiting};
use crate::store::{Release, StoreError};

/// Those rows that are still as they were when it was decided what becomes of them.
pub(super) const SEEN: &str = "
    select held.id, held.job_id, held.trigger, held.scheduled_for, held.config_id
    from json_each($1) as seen
    cross join runs as held on held.id = seen.value->>'run'
    where held.incident_id = seen.value->>'incident' and held.scheduled_for = seen.value->>'first'
      and coalesce(held.through, held.scheduled_for) = seen.value->>'last' and held.ticks = seen.value->>'ticks'
      and (held.state = 'held' or held.state = 'waiting' and held.process_id is null)";

/// How many rows wait for an incident that is open.
pub(super) const HELD: &str = "
    select (select count(*) from runs as held
            where held.incident_id = incidents.id and held.state in ('waiting', 'held', 'running')
              and held.state = 'held')
    from incidents where incidents.id = $1 and incidents.closed_at is null";

const CLOSE: &str = "update incidents set closed_at = $2, waiting_jobs = $3 where id = $1";

/// Puts rows where no tick is, for a moment: rows that change places would meet.
pub(super) const PARK: &str = "update runs set scheduled_for = -id where id in (select value from json_each($1))";

/// Rows that waited become pieces of what waited.
pub(super) const BECOME: &str = "
    update runs
    set scheduled_for = piece.first, through = piece.last, ticks = piece.ticks, trigger = piece.trigger,
        state = piece.state, reason = piece.reason, config_id = piece.config, incident_id = piece.incident,
        claimed_at = iif(piece.state = 'waiting', $2, runs.claimed_at),
        finished_at = iif(piece.state = 'waiting', null, $2),
        process_id = iif(piece.state = 'waiting', null, $3)
    from (
        select value->>'row' as row, value->>'trigger' as trigger, value->>'first' as first, value->>'last' as last,
               value->>'ticks' as ticks, value->>'state' as state, value->>'reason' as reason,
               value->>'config' as config, value->>'incident' as incident
        from json_each($1)
    ) as piece
    where runs.id = piece.row";

/// The other pieces are added.
pub(super) const ADD: &str = "
    insert into runs (job_id, trigger, scheduled_for, through, ticks, state, reason, claimed_at, finished_at,
                      config_id, process_id, incident_id)
    select value->>'job', value->>'trigger', value->>'first', value->>'last', value->>'ticks', value->>'state',
           value->>'reason', $2, iif(value->>'state' = 'waiting', null, $2), value->>'config',
           iif(value->>'state' = 'waiting', null, $3), value->>'incident'
    from json_each($1) where true
    order by json_each.key";

struct Free {
    /// The incident that is closed with it.
    closes: Option<IncidentId>,
    released: Vec<Released>,
    at: Time,
}

impl Errand for Free {
    type Answer = Release;
    const DOING: &'static str = "release what waits for a credential";

    async fn run(&mut self, at: At<'_>) -> Result<Release, sqlx::Error> {
        let Some(rows) = self.as_seen(&mut *at.connection).await? else { return Ok(Release::Stale) };
        if !self.is_all(&mut *at.connection).await? {
            return Ok(Release::Stale);
        }
        let hashes = self.released.iter().filter_map(|released| released.config_hash.as_deref());
        at.names.learn_texts(&mut *at.connection, hashes).await?;
        let pauses = pauses(&mut *at.connection, self.at).await?;
        let pieces = pieces(&self.released, &rows, &pauses, at.names);
        let displaced: Vec<RunId> = pieces.iter().filter_map(|piece| piece.displaced(&rows)).collect();
        if !displaced.is_empty() {
            sqlx::query(PARK).bind(json(&displaced)?).execute(&mut *at.connection).await?;
        }
        self.write(&mut *at.connection, at.process, &pieces).await?;
        if let Some(incident) = self.closes {
            let jobs: BTreeSet<i64> = rows.values().map(|row| row.job_id).collect();
            let jobs = whole(jobs.len().try_into().unwrap_or(u64::MAX));
            sqlx::query(CLOSE).bind(incident.0).bind(millis(self.at)).bind(jobs).execute(at.connection).await?;
        }
        Ok(Release::Done)
    }
}

impl Free {
    /// The rows by their numbers, if each is as it was seen.
    async fn as_seen(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<HashMap<i64, WaitingRow>>, sqlx::Error> {
        let seen: Vec<Seen> = self.released.iter().map(|released| Seen::of(&released.waiting)).collect();
        let rows: Vec<WaitingRow> = sqlx::query_as(SEEN).bind(json(&seen)?).fetch_all(connection).await?;
        let rows: HashMap<i64, WaitingRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok((rows.len() == seen.len()).then_some(rows))
    }

    /// Whether these are all rows that wait for the incident which is to be closed, and it is open.
    async fn is_all(&self, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        let Some(incident) = self.closes else { return Ok(true) };
        let held: Option<i64> = sqlx::query_scalar(HELD).bind(incident.0).fetch_optional(connection).await?;
        let are_its = self.released.iter().all(|released| released.waiting.incident == incident);
        Ok(are_its && held.is_some_and(|held| usize::try_from(held) == Ok(self.released.len())))
    }

    async fn write(
        &self,
        connection: &mut SqliteConnection,
        process: i64,
        pieces: &[Piece<'_>],
    ) -> Result<(), sqlx::Error> {
        let (places, added): (Vec<&Piece>, Vec<&Piece>) = pieces.iter().partition(|piece| piece.row.is_some());
        for (statement, pieces) in [(BECOME, places), (ADD, added)] {
            let statement = sqlx::query(statement).bind(json(&pieces)?).bind(millis(self.at)).bind(process);
            statement.execute(&mut *connection).await?;
        }
        let mut counts = Counts::default();
        for piece in pieces.iter().filter(|piece| !piece.state.is_live()) {
            counts.add(piece.job, self.at, piece.state, piece.ticks.unsigned_abs());
        }
        counts.write(connection).await
    }
}

/// Why jobs have no runs at a time, by their numbers.
async fn pauses(connection: &mut SqliteConnection, at: Time) -> Result<HashMap<i64, String>, sqlx::Error> {
    let pauses: Vec<(i64, String)> =
        sqlx::query_as("select job_id, coalesce(reason, '') from pauses where until is null or until > $1")
            .bind(millis(at))
            .fetch_all(connection)
            .await?;
    Ok(pauses.into_iter().map(|(job, reason)| (job, paused(&reason))).collect())
}

/// A row as it was seen.
#[derive(Serialize)]
struct Seen {
    run: RunId,
    incident: i64,
    first: Millis,
    last: Millis,
    ticks: i64,
}

impl Seen {
    fn of(waiting: &Waiting) -> Seen {
        Seen {
            run: waiting.run,
            incident: waiting.incident.0,
            first: Millis(waiting.first),
            last: Millis(waiting.last),
            ticks: whole(waiting.ticks),
        }
    }
}

impl Sqlite {
    /// As [`crate::store::Store::close_incident`].
    pub(in crate::store) async fn close_incident(
        &self,
        incident: IncidentId,
        released: Vec<Released>,
        at: Time,
    ) -> Result<Release, StoreError> {
        self.writer(Free::DOING)?.run(Free { closes: Some(incident), released, at }).await
    }

    /// As [`crate::store::Store::release`].
    pub(in crate::store) async fn release(&self, released: Vec<Released>, at: Time) -> Result<Release, StoreError> {
        self.writer(Free::DOING)?.run(Free { closes: None, released, at }).await
    }
}
