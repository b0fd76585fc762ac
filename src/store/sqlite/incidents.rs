//! Incidents: opened, probed, read.

use std::time::Duration;

use sqlx::FromRow;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Sqlite;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::finish::Recorded;
use super::history::from_millis;
use super::names::Names;
use super::values::millis;
use crate::clock::{Time, add};
use crate::run::{Incident, IncidentId, Name, Verdict, Waiting};
use crate::store::StoreError;

/// When the token endpoint is asked for the first time after it was refused.
const FIRST_PROBE: Duration = Duration::from_secs(5 * 60);

const OPEN: &str = "
    insert into incidents (credential_id, verdict, opened_at, probe_at, diagnosis_id)
    select $1, verdict, $2, $3, id from diagnoses where id = $4
    returning id";

/// The newest diagnosis of a token request of a run.
pub(super) const REFUSAL: &str = "
    select id, at from diagnoses where run_id = $1 and phase = 'mint' order by id desc limit 1";

pub(super) const LIST: &str = "
    select v_incidents.*, strftime('%Y-%m-%dT%H:%M:%fZ', open.probe_at / 1000.0, 'unixepoch') as probe_at,
           coalesce(diagnoses.summary, '') as summary, coalesce(diagnoses.remedy, '') as remedy,
           coalesce(json_extract(diagnoses.evidence, '$.token.requested_scopes'), '[]') as scopes
    from incidents as open
    cross join v_incidents on v_incidents.id = open.id
    left join diagnoses on diagnoses.id = open.diagnosis_id
    where open.closed_at is null
    order by open.id";

const TAKE_PROBE: &str = "
    update incidents set probes = probes + 1, probe_at = $3 where id = $1 and closed_at is null and probe_at = $2";

/// Live rows that wait for an incident, or did. The index is named: the order alone would lead to a scan.
macro_rules! waiting_rows {
    () => {
        "
    select held.id, held.incident_id, credentials.name as credential, jobs.name as job, held.ticks,
           strftime('%Y-%m-%dT%H:%M:%fZ', held.scheduled_for / 1000.0, 'unixepoch') as first,
           strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(held.through, held.scheduled_for) / 1000.0, 'unixepoch') as last
    from runs as held indexed by runs_of_incident
    cross join incidents on incidents.id = held.incident_id
    cross join texts as credentials on credentials.id = incidents.credential_id
    cross join jobs on jobs.id = held.job_id
    where held.state in ('waiting', 'held', 'running') "
    };
}

/// Rows that wait for the end of an incident.
pub(super) const WAITING_FOR: &str =
    concat!(waiting_rows!(), "and held.incident_id = $1 and held.state = 'held' order by held.id");

/// The same of all incidents, and rows that nobody has taken since theirs was closed.
pub(super) const WAITING: &str = concat!(
    waiting_rows!(),
    "and held.incident_id is not null
      and (held.state = 'held' or held.state = 'waiting' and held.process_id is null)
    order by held.id"
);

/// The open incident of a credential.
pub(super) async fn open_one(
    connection: &mut SqliteConnection,
    credential: Option<i64>,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select id from incidents where credential_id = $1 and closed_at is null")
        .bind(credential)
        .fetch_optional(connection)
        .await
}

/// Opens an incident, which none may be for the credential.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    credential: Option<i64>,
    at: Time,
    diagnosis: i64,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(OPEN)
        .bind(credential)
        .bind(millis(at))
        .bind(millis(add(at, FIRST_PROBE)))
        .bind(diagnosis)
        .fetch_one(connection)
        .await
}

/// Opens incidents for the credentials that runs found refused, where none is open.
pub(super) async fn open_for(
    connection: &mut SqliteConnection,
    names: &mut Names,
    recorded: &[Recorded<'_>],
) -> Result<(), sqlx::Error> {
    for outcome in recorded.iter().map(|recorded| recorded.outcome) {
        let Some(credential) = &outcome.refused_credential else { continue };
        names.learn_texts(&mut *connection, std::iter::once(credential.as_str())).await?;
        let credential = names.texts.number(credential.as_str());
        if open_one(&mut *connection, credential).await?.is_some() {
            continue;
        }
        let refusal: Option<(i64, i64)> =
            sqlx::query_as(REFUSAL).bind(outcome.run.0).fetch_optional(&mut *connection).await?;
        if let Some((diagnosis, at)) = refusal {
            open(&mut *connection, credential, from_millis(at)?, diagnosis).await?;
        }
    }
    Ok(())
}

struct TakeProbe {
    incident: IncidentId,
    due: Time,
    next: Time,
}

impl Errand for TakeProbe {
    type Answer = bool;
    const DOING: &'static str = "take the probe of an incident";

    async fn run(&mut self, at: At<'_>) -> Result<bool, sqlx::Error> {
        let taken = sqlx::query(TAKE_PROBE).bind(self.incident.0).bind(millis(self.due)).bind(millis(self.next));
        Ok(taken.execute(at.connection).await?.rows_affected() == 1)
    }
}

impl Sqlite {
    /// As [`crate::store::Store::incidents`].
    pub(in crate::store) async fn incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let open = sqlx::query_as(LIST).fetch_all(&self.readers).await;
        open.map_err(|error| self.could_not("read which credentials are refused", error))
    }

    /// As [`crate::store::Store::take_probe`].
    pub(in crate::store) async fn take_probe(
        &self,
        incident: IncidentId,
        due: Time,
        next: Time,
    ) -> Result<bool, StoreError> {
        self.writer(TakeProbe::DOING)?.run(TakeProbe { incident, due, next }).await
    }

    /// As [`crate::store::Store::waiting`].
    pub(in crate::store) async fn waiting(&self, incident: Option<IncidentId>) -> Result<Vec<Waiting>, StoreError> {
        let query = match incident {
            Some(incident) => sqlx::query_as(WAITING_FOR).bind(incident.0),
            None => sqlx::query_as(WAITING),
        };
        let waiting = query.fetch_all(&self.readers).await;
        waiting.map_err(|error| self.could_not("read what waits for a credential", error))
    }
}

impl FromRow<'_, SqliteRow> for Incident {
    fn from_row(row: &SqliteRow) -> Result<Incident, sqlx::Error> {
        let row = Fields(row);
        Ok(Incident {
            id: IncidentId(row.whole("id")?),
            credential: row.word("credential", Name::new)?,
            verdict: row.word("verdict", Verdict::from_word)?,
            scopes: row.json("scopes")?,
            opened_at: row.time("opened_at")?,
            probes: row.whole("probes")?,
            probe_at: row.time("probe_at")?,
            waiting_jobs: row.whole("waiting_jobs")?,
            summary: row.text("summary")?,
            remedy: row.text("remedy")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Waiting {
    fn from_row(row: &SqliteRow) -> Result<Waiting, sqlx::Error> {
        let row = Fields(row);
        Ok(Waiting {
            run: row.run("id")?,
            incident: IncidentId(row.whole("incident_id")?),
            credential: row.name("credential")?,
            job: row.name("job")?,
            first: row.time("first")?,
            last: row.time("last")?,
            ticks: row.whole("ticks")?,
        })
    }
}
