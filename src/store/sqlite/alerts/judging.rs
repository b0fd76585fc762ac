//! How instances of alerts stand: written with what they have to tell, read, forgotten.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row};

use crate::clock::Time;
use crate::job::Severity;
use crate::run::{Message, Name};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::errand::{At, Errand};
use crate::store::sqlite::fields::Fields;
use crate::store::sqlite::values::{json, millis};
use crate::store::{AlertRow, Judging, StoreError, Verdict};
use crate::watch::{Budget, Key, Memory, Standing, State};

/// One row at a time: with so many columns, taking a batch apart in SQL costs as much.
/// `$22` is the revision that the instance was judged by. One that was forgotten meanwhile does not come back.
pub(super) const JUDGE: &str = "
    insert into alerts (name, series, step, kind, severity, state, since, value, threshold, reason, why, unit, readings,
                        read_at, holds_since, is_on, is_told, is_lost, told_period, told_limit, judged_at, revision)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22 + 1
    where $22 = 0 or exists (select 1 from alerts where name = $1 and series = $2 and step = $3)
    on conflict (name, series, step) do update
    set kind = excluded.kind, severity = excluded.severity, state = excluded.state, since = excluded.since,
        value = excluded.value, threshold = excluded.threshold, reason = excluded.reason, why = excluded.why,
        unit = excluded.unit, readings = excluded.readings, read_at = excluded.read_at,
        holds_since = excluded.holds_since, is_on = excluded.is_on, is_told = excluded.is_told,
        is_lost = excluded.is_lost, told_period = excluded.told_period, told_limit = excluded.told_limit,
        judged_at = excluded.judged_at, revision = excluded.revision
    where alerts.revision = $22";

/// What was told already is not told again.
pub(super) const TELL: &str = "
    insert into outbox (channel, message_key, message, made_at, next_at) values ($1, $2, $3, $4, $4)
    on conflict (channel, message_key) do nothing";

pub(super) const FORGET: &str = "
    delete from alerts where (name, series, step) in (
        select value->>0, value->>1, value->>2 from json_each($1))";

const LIST: &str = "
    select alerts.*, silences.until as silenced_until
    from alerts left join silences on silences.alert = alerts.name and silences.until > $1
    order by alerts.name, alerts.series, alerts.step";

struct Judge {
    verdicts: Vec<Verdict>,
    at: Time,
}

impl Errand for Judge {
    type Answer = Vec<Judging>;
    const DOING: &'static str = "write how alerts stand";

    async fn run(&mut self, at: At<'_>) -> Result<Vec<Judging>, sqlx::Error> {
        let mut judgings = Vec::with_capacity(self.verdicts.len());
        for verdict in &self.verdicts {
            let judging = judge(&mut *at.connection, &verdict.row).await?;
            if judging == Judging::Written {
                for (channel, message) in &verdict.messages {
                    tell(&mut *at.connection, channel, message, self.at).await?;
                }
            }
            judgings.push(judging);
        }
        Ok(judgings)
    }
}

async fn judge(connection: &mut SqliteConnection, row: &AlertRow) -> Result<Judging, sqlx::Error> {
    let AlertRow { key, standing, .. } = row;
    let Memory { told_for, .. } = standing.memory;
    let written = sqlx::query(JUDGE)
        .bind(key.alert.as_str())
        .bind(&key.series)
        .bind(&key.step)
        .bind(&row.kind)
        .bind(standing.severity.as_str())
        .bind(standing.state.as_str())
        .bind(millis(standing.since))
        .bind(standing.value)
        .bind(standing.threshold)
        .bind(&standing.reason)
        .bind(json(&row.why)?)
        .bind(&row.unit)
        .bind(standing.memory.readings)
        .bind(standing.memory.read_at.map(millis))
        .bind(standing.memory.holds_since.map(millis))
        .bind(standing.memory.is_on)
        .bind(standing.memory.is_told)
        .bind(standing.memory.is_lost)
        .bind(told_for.map(|told| millis(told.period)))
        .bind(told_for.and_then(|told| told.limit))
        .bind(millis(row.judged_at))
        .bind(row.revision)
        .execute(connection)
        .await?;
    Ok(if written.rows_affected() == 1 { Judging::Written } else { Judging::Stale })
}

async fn tell(
    connection: &mut SqliteConnection,
    channel: &Name,
    message: &Message,
    at: Time,
) -> Result<(), sqlx::Error> {
    sqlx::query(TELL)
        .bind(channel.as_str())
        .bind(&message.key)
        .bind(json(message)?)
        .bind(millis(at))
        .execute(connection)
        .await?;
    Ok(())
}

struct Forget(Vec<Key>);

impl Errand for Forget {
    type Answer = ();
    const DOING: &'static str = "forget alerts that are no more";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        let keys = self.0.iter().map(|key| (key.alert.as_str(), key.series.as_str(), key.step.as_str()));
        let keys = json(&keys.collect::<Vec<_>>())?;
        sqlx::query(FORGET).bind(keys).execute(at.connection).await?;
        Ok(())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::alerts`].
    pub(in crate::store) async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        let alerts = sqlx::query_as(LIST).bind(millis(self.clock.now())).fetch_all(&self.readers).await;
        alerts.map_err(|error| self.could_not("read how alerts stand", error))
    }

    /// As [`crate::store::Store::judged`].
    pub(in crate::store) async fn judged(&self, verdicts: Vec<Verdict>, at: Time) -> Result<Vec<Judging>, StoreError> {
        self.writer(Judge::DOING)?.run(Judge { verdicts, at }).await
    }

    /// As [`crate::store::Store::forget_alerts`].
    pub(in crate::store) async fn forget_alerts(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        self.writer(Forget::DOING)?.run(Forget(keys)).await
    }
}

impl FromRow<'_, SqliteRow> for AlertRow {
    fn from_row(row: &SqliteRow) -> Result<AlertRow, sqlx::Error> {
        let row = Fields(row);
        Ok(AlertRow {
            key: Key { alert: row.name("name")?, series: row.text("series")?, step: row.text("step")? },
            kind: row.text("kind")?,
            standing: Standing {
                state: row.word("state", State::from_word)?,
                since: row.instant("since")?,
                severity: row.word("severity", Severity::from_word)?,
                value: row.optional_real("value")?,
                threshold: row.optional_real("threshold")?,
                reason: row.text("reason")?,
                memory: memory(row)?,
            },
            why: row.json("why")?,
            unit: row.optional_text("unit")?,
            judged_at: row.instant("judged_at")?,
            silenced_until: row.optional_instant("silenced_until")?,
            revision: row.0.try_get("revision")?,
        })
    }
}

fn memory(row: Fields<'_>) -> Result<Memory, sqlx::Error> {
    let (period, limit) = (row.optional_instant("told_period")?, row.optional_real("told_limit")?);
    Ok(Memory {
        readings: row.whole("readings")?,
        read_at: row.optional_instant("read_at")?,
        holds_since: row.optional_instant("holds_since")?,
        is_on: row.0.try_get("is_on")?,
        is_told: row.0.try_get("is_told")?,
        is_lost: row.0.try_get("is_lost")?,
        told_for: period.map(|period| Budget { period, limit }),
    })
}
