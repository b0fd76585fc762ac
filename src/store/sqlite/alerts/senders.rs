//! Which process sends what is for a channel.

use crate::run::Name;
use crate::store::StoreError;
use crate::store::process::Process;
use crate::store::sqlite::errand::{At, Errand};
use crate::store::sqlite::{Sqlite, leave};

struct Take(Name);

impl Errand for Take {
    type Answer = bool;
    const DOING: &'static str = "take a channel";

    /// A process that died is not waited for until somebody sweeps it.
    async fn run(&mut self, at: At<'_>) -> Result<bool, sqlx::Error> {
        let sender: Option<i64> = sqlx::query_scalar("select process_id from senders where channel = $1")
            .bind(self.0.as_str())
            .fetch_optional(&mut *at.connection)
            .await?;
        match sender {
            Some(sender) if sender == at.process => return Ok(true),
            Some(other) if leave::lives(&mut *at.connection, &Process::current(), other, at.now).await? => {
                return Ok(false);
            }
            Some(_) | None => {}
        }
        sqlx::query(
            "insert into senders (channel, process_id) values ($1, $2)
             on conflict (channel) do update set process_id = excluded.process_id",
        )
        .bind(self.0.as_str())
        .bind(at.process)
        .execute(at.connection)
        .await?;
        Ok(true)
    }
}

impl Sqlite {
    /// As [`crate::store::Store::take_channel`].
    pub(in crate::store) async fn take_channel(&self, channel: &Name) -> Result<bool, StoreError> {
        self.writer(Take::DOING)?.run(Take(channel.clone())).await
    }
}
