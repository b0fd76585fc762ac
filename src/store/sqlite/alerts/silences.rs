//! Alerts that nobody wants to hear of for a while.

use std::collections::BTreeMap;

use crate::clock::Time;
use crate::run::Name;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::errand::{At, Errand};
use crate::store::sqlite::fields::Fields;
use crate::store::sqlite::values::millis;
use crate::store::{Silence, StoreError};

struct Begin {
    alert: Name,
    silence: Silence,
}

impl Errand for Begin {
    type Answer = ();
    const DOING: &'static str = "silence an alert";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into silences (alert, at, until, reason) values ($1, $2, $3, $4)
             on conflict (alert) do update set at = excluded.at, until = excluded.until, reason = excluded.reason",
        )
        .bind(self.alert.as_str())
        .bind(millis(self.silence.at))
        .bind(millis(self.silence.until))
        .bind(&self.silence.reason)
        .execute(at.connection)
        .await?;
        Ok(())
    }
}

struct End(Name);

impl Errand for End {
    type Answer = bool;
    const DOING: &'static str = "end the silence of an alert";

    async fn run(&mut self, at: At<'_>) -> Result<bool, sqlx::Error> {
        let held: Option<bool> = sqlx::query_scalar("delete from silences where alert = $1 returning until > $2")
            .bind(self.0.as_str())
            .bind(millis(at.now))
            .fetch_optional(at.connection)
            .await?;
        Ok(held.unwrap_or(false))
    }
}

impl Sqlite {
    /// As [`crate::store::Store::silence`].
    pub(in crate::store) async fn silence(&self, alert: &Name, silence: Silence) -> Result<(), StoreError> {
        self.writer(Begin::DOING)?.run(Begin { alert: alert.clone(), silence }).await
    }

    /// As [`crate::store::Store::end_silence`].
    pub(in crate::store) async fn end_silence(&self, alert: &Name) -> Result<bool, StoreError> {
        self.writer(End::DOING)?.run(End(alert.clone())).await
    }

    /// As [`crate::store::Store::silences`].
    pub(in crate::store) async fn silences(&self, now: Time) -> Result<BTreeMap<Name, Silence>, StoreError> {
        let read = async {
            let rows = sqlx::query("select alert, at, until, reason from silences where until > $1")
                .bind(millis(now))
                .fetch_all(&self.readers)
                .await?;
            rows.iter()
                .map(|row| {
                    let row = Fields(row);
                    let (at, until) = (row.instant("at")?, row.instant("until")?);
                    Ok((row.name("alert")?, Silence { at, until, reason: row.optional_text("reason")? }))
                })
                .collect::<Result<_, sqlx::Error>>()
        };
        read.await.map_err(|error| self.could_not("read which alerts are silenced", error))
    }
}
