//! Messages that wait for their channels, and what becomes of them.

use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use crate::clock::Time;
use crate::run::Name;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::errand::{At, Errand};
use crate::store::sqlite::fields::Fields;
use crate::store::sqlite::values::{json, millis};
use crate::store::{Sending, StoreError, Waiting};

/// The condition is word for word that of the index.
pub(super) const WAITING: &str = "
    select id, message, made_at, attempts, next_at, batch from outbox
    where channel = $1 and sent_at is null and given_up_at is null
    order by id";

/// Whether all of these messages wait, for channels that this process sends for.
pub(super) const ARE_OURS: &str = "
    select count(*) = json_array_length($1) from json_each($1)
    cross join outbox on outbox.id = json_each.value and outbox.sent_at is null and outbox.given_up_at is null
    cross join senders on senders.channel = outbox.channel and senders.process_id = $2";

/// The number of a batch is that of its first message: it is in no other while it waits.
pub(super) const TOGETHER: &str = "
    update outbox set batch = (select min(value) from json_each($1)), attempts = attempts + 1
    where id in (select value from json_each($1))";

const SENT: &str = "
    update outbox set sent_at = $2, error = null
    where id in (select value from json_each($1)) and sent_at is null and given_up_at is null";

pub(super) const AGAIN: &str = "
    update outbox set next_at = $2, error = $3
    where id in (select value from json_each($1)) and sent_at is null and given_up_at is null";

/// A batch for each.
const APART: &str = "
    update outbox set batch = id, next_at = $2, error = $3
    where id in (select value from json_each($1)) and sent_at is null and given_up_at is null";

const GIVE_UP: &str = "
    update outbox set given_up_at = $2, error = $3
    where id in (select value from json_each($1)) and sent_at is null and given_up_at is null";

struct Together(Vec<i64>);

impl Errand for Together {
    type Answer = bool;
    const DOING: &'static str = "note that messages are about to be sent";

    async fn run(&mut self, at: At<'_>) -> Result<bool, sqlx::Error> {
        let messages = json(&self.0)?;
        let ours = sqlx::query_scalar(ARE_OURS).bind(&messages).bind(at.process).fetch_one(&mut *at.connection).await?;
        if ours {
            sqlx::query(TOGETHER).bind(messages).execute(at.connection).await?;
        }
        Ok(ours)
    }
}

struct Became {
    messages: Vec<i64>,
    sending: Sending,
    at: Time,
}

impl Errand for Became {
    type Answer = ();
    const DOING: &'static str = "note what became of messages";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        let (statement, time, error) = match &self.sending {
            Sending::Sent => (SENT, self.at, None),
            Sending::Again { next_at, error } => (AGAIN, *next_at, Some(error)),
            Sending::Apart { error } => (APART, self.at, Some(error)),
            Sending::GivenUp { error } => (GIVE_UP, self.at, Some(error)),
        };
        let query = sqlx::query(statement).bind(json(&self.messages)?).bind(millis(time));
        query.bind(error).execute(at.connection).await?;
        Ok(())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::outbox`].
    pub(in crate::store) async fn outbox(&self, channel: &Name, most: usize) -> Result<Vec<Waiting>, StoreError> {
        let next = async {
            let mut rows = sqlx::query_as(WAITING).bind(channel.as_str()).fetch(&self.readers);
            let mut next: Vec<Waiting> = Vec::new();
            while let Some(row) = rows.try_next().await? {
                if !goes_with(&next, &row, most) {
                    break;
                }
                next.push(row);
            }
            Ok(next)
        };
        next.await.map_err(|error: sqlx::Error| self.could_not("read which messages wait", error))
    }

    /// As [`crate::store::Store::send_together`].
    pub(in crate::store) async fn send_together(&self, messages: &[i64]) -> Result<bool, StoreError> {
        self.writer(Together::DOING)?.run(Together(messages.to_vec())).await
    }

    /// As [`crate::store::Store::sent`].
    pub(in crate::store) async fn sent(&self, messages: &[i64], sending: Sending, at: Time) -> Result<(), StoreError> {
        self.writer(Became::DOING)?.run(Became { messages: messages.to_vec(), sending, at }).await
    }
}

/// Whether a message leaves together with those before it. The messages of a batch came one after the other, and so
/// none of another is between them.
fn goes_with(before: &[Waiting], message: &Waiting, most: usize) -> bool {
    let batch = before.first().map_or(message.batch, |first| first.batch);
    message.batch == batch && (batch.is_some() || before.len() < most)
}

impl FromRow<'_, SqliteRow> for Waiting {
    fn from_row(row: &SqliteRow) -> Result<Waiting, sqlx::Error> {
        let row = Fields(row);
        Ok(Waiting {
            id: row.0.try_get("id")?,
            message: row.json("message")?,
            made_at: row.instant("made_at")?,
            attempts: row.whole("attempts")?,
            next_at: row.instant("next_at")?,
            batch: row.0.try_get("batch")?,
        })
    }
}
