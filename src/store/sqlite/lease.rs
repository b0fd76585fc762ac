//! The lease of this process: how others see that it lives.

use std::time::Duration;

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::errand::{At, Errand};
use super::values::millis;
use crate::clock::{Time, add};
use crate::store::{BEAT, LEASE, StoreError};

/// Whether the next write has to extend the lease.
pub(super) fn is_due(beaten: Duration, elapsed: Duration) -> bool {
    elapsed.saturating_sub(beaten) >= BEAT
}

/// Extends the lease.
pub(super) async fn beat(connection: &mut SqliteConnection, process: i64, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update processes set lease_until = $2 where id = $1")
        .bind(process)
        .bind(millis(add(now, LEASE)))
        .execute(connection)
        .await?;
    Ok(())
}

struct Beat;

impl Errand for Beat {
    type Answer = ();
    const DOING: &'static str = "extend the lease of this process";

    async fn run(&mut self, at: At<'_>) -> Result<(), sqlx::Error> {
        beat(at.connection, at.process, at.now).await
    }
}

impl Sqlite {
    /// As [`crate::store::Store::beat`].
    pub(in crate::store) async fn beat(&self) -> Result<(), StoreError> {
        self.writer(Beat::DOING)?.run(Beat).await
    }
}
