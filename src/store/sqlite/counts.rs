//! How many ticks ended how, per job and day: what is left of a run when it is pruned.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::values::{json, millis, whole};
use crate::clock::Time;
use crate::run::RunState;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Ends that gather in a batch, to be written with it.
#[derive(Default)]
pub(super) struct Counts(BTreeMap<(i64, i64, RunState), u64>);

impl Counts {
    /// Counts `ticks` of a job that ended in a final state.
    pub(super) fn add(&mut self, job: i64, ended_at: Time, state: RunState, ticks: u64) {
        let day = millis(ended_at).div_euclid(DAY_MS);
        *self.0.entry((job, day, state)).or_default() += ticks;
    }

    /// Writes them, and begins anew.
    pub(super) async fn write(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rows: Vec<Count> = std::mem::take(&mut self.0)
            .into_iter()
            .map(|((job, day, state), n)| Count { job, day, state, n: whole(n) })
            .collect();
        sqlx::query(
            "insert into run_counts (job_id, day, state, n)
             select value->>'job', value->>'day', value->>'state', value->>'n' from json_each($1) where true
             on conflict (job_id, day, state) do update set n = run_counts.n + excluded.n",
        )
        .bind(json(&rows)?)
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[derive(Serialize)]
struct Count {
    job: i64,
    day: i64,
    state: RunState,
    n: i64,
}
