//! The lease of this process: how others see that it lives.

use std::time::Duration;

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::errand::{At, Errand};
use super::values::millis;
use crate::clock::{Clock, Time, add};
use crate::store::{BEAT, LEASE, StoreError};

/// When the lease was extended last, on both clocks: the monotonic one stands still while the machine
/// sleeps, and the wall clock may be set back.
#[derive(Clone, Copy)]
pub(super) struct Beaten {
    pub(super) elapsed: Duration,
    pub(super) wall: Time,
}

impl Beaten {
    pub(super) fn now(clock: &Clock) -> Beaten {
        Beaten { elapsed: clock.elapsed(), wall: clock.now() }
    }

    /// Whether the next write has to extend the lease.
    pub(super) fn is_due(self, now: Beaten) -> bool {
        now.elapsed.saturating_sub(self.elapsed) >= BEAT || now.wall >= add(self.wall, BEAT)
    }
}

/// Extends the lease. A process that beats is present, also one that others took for dead meanwhile.
pub(super) async fn beat(connection: &mut SqliteConnection, process: i64, now: Time) -> Result<(), sqlx::Error> {
    sqlx::query("update processes set lease_until = $2, gone_at = null where id = $1")
        .bind(process)
        .bind(millis(add(now, LEASE)))
        .execute(connection)
        .await?;
    Ok(())
}

/// What a beat is for.
pub(super) const DOING: &str = "extend the lease of this process";

struct Beat;

impl Errand for Beat {
    type Answer = ();
    const DOING: &'static str = DOING;

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
