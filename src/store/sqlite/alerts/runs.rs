//! What became of the newest runs of jobs.

use std::collections::BTreeMap;

use crate::run::{Name, RunState, Span};
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::fields::Fields;
use crate::store::sqlite::values::json;
use crate::store::{RunNews, StoreError};
use crate::watch::Ended;

/// The newest `$2` rows of each job.
pub(super) const NEWS: &str = "
    select jobs.name as job, runs.id, runs.state, runs.reason, runs.scheduled_for, runs.through, runs.ticks,
           runs.started_at, runs.finished_at,
           (select diagnoses.remedy from diagnoses where diagnoses.run_id = runs.id
            order by diagnoses.id desc limit 1) as remedy
    from json_each($1) as wanted
    cross join jobs on jobs.name = wanted.value
    cross join runs on runs.id in (
        select newest.id from runs as newest where newest.job_id = jobs.id order by newest.id desc limit $2)
    order by jobs.name, runs.id";

impl Sqlite {
    /// As [`crate::store::Store::run_news`].
    pub(in crate::store) async fn run_news(
        &self,
        jobs: &[Name],
        most: u32,
    ) -> Result<BTreeMap<Name, Vec<RunNews>>, StoreError> {
        let read = async {
            let rows = sqlx::query(NEWS).bind(json(jobs)?).bind(most).fetch_all(&self.readers).await?;
            let mut known: BTreeMap<Name, Vec<RunNews>> = BTreeMap::new();
            for row in &rows {
                let row = Fields(row);
                known.entry(row.name("job")?).or_default().extend(news(row)?);
            }
            Ok(known)
        };
        read.await.map_err(|error: sqlx::Error| self.could_not("read the newest runs of jobs", error))
    }
}

fn news(row: Fields<'_>) -> Result<Option<RunNews>, sqlx::Error> {
    Ok(match row.word("state", RunState::from_word)? {
        RunState::Waiting | RunState::Held => None,
        RunState::Running => Some(RunNews::Began { run: row.run("id")?, at: row.instant("started_at")? }),
        RunState::Missed => Some(RunNews::Missed { ticks: span(row)?, reason: row.text("reason")? }),
        state @ (RunState::Succeeded
        | RunState::Failed
        | RunState::Refused
        | RunState::Skipped
        | RunState::Interrupted) => Some(RunNews::Ended(ended(row, state)?)),
    })
}

fn span(row: Fields<'_>) -> Result<Span, sqlx::Error> {
    let first = row.instant("scheduled_for")?;
    Ok(Span { first, last: row.optional_instant("through")?.unwrap_or(first), ticks: row.whole("ticks")? })
}

fn ended(row: Fields<'_>, state: RunState) -> Result<Ended, sqlx::Error> {
    Ok(Ended {
        run: row.run("id")?,
        state,
        started_at: row.optional_instant("started_at")?,
        finished_at: row.instant("finished_at")?,
        reason: row.optional_text("reason")?,
        remedy: row.optional_text("remedy")?,
    })
}
