//! Listings: which is gone on with, and which is done with.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Sqlite;
use super::errand::{At, Errand};
use super::fields::Fields;
use super::values::{json, millis};
use super::views;
use crate::clock::subtract;
use crate::run::{Listing, ListingId, Opened, Progress, Reading, RunId, Tally};
use crate::store::StoreError;

/// How long a listing may be gone on with: what it has seen is no longer what is there now.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// Which occasion a live run of this process is for: its job, tick and first manual run; and the job as it
/// stands.
const OCCASION: &str = "
    select job_id, scheduled_for, iif(trigger = 'manual', id, first_manual), config_id from runs
    where id = $1 and process_id = $2 and state in ('waiting', 'running')";

/// The newest listing of an occasion that can be gone on with. The index is named here and below: where
/// listings are few today, statistics would say that a scan is as good.
pub(super) const FIND: &str = "
    select id from listings indexed by listings_of_tick
    where job_id = $1 and scheduled_for = $2 and first_manual is $3
      and call_id = $4 and collection_id = $5 and begun_at > $6 and config_id = $7
    order by id desc limit 1";

const BEGIN: &str = "
    insert into listings (job_id, scheduled_for, first_manual, call_id, collection_id, goes_on, begun_at, run_id,
                          config_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    returning id";

const PROGRESS: &str = "select element, next, pages, seen, new, changed from progress where listing_id = $1";

/// Listings of runs that succeeded.
pub(super) const DONE: &str = "
    select listings.id from json_each($1)
    cross join runs on runs.id = json_each.value
    cross join listings indexed by listings_of_tick
        on listings.job_id = runs.job_id and listings.scheduled_for = runs.scheduled_for
    where listings.first_manual is iif(runs.trigger = 'manual', runs.id, runs.first_manual)";

/// Deletes the listings of runs that succeeded: a repeat reads from the beginning.
pub(super) async fn settle(connection: &mut SqliteConnection, runs: &[RunId]) -> Result<(), sqlx::Error> {
    if runs.is_empty() {
        return Ok(());
    }
    let done: Vec<i64> = sqlx::query_scalar(DONE).bind(json(runs)?).fetch_all(&mut *connection).await?;
    if done.is_empty() {
        return Ok(());
    }
    let done = json(&done)?;
    for delete in [
        "delete from progress where listing_id in (select value from json_each($1))",
        "delete from listings where id in (select value from json_each($1))",
    ] {
        sqlx::query(delete).bind(&done).execute(&mut *connection).await?;
    }
    Ok(())
}

/// What was in the pages of an element, by its row.
pub(super) fn tally(row: &SqliteRow) -> Result<Tally, sqlx::Error> {
    let row = Fields(row);
    Ok(Tally { seen: row.whole("seen")?, new: row.whole("new")?, changed: row.whole("changed")? })
}

struct List {
    run: RunId,
    listing: Listing,
}

/// Job, tick, first manual run, fingerprint of the job.
type Occasion = (i64, i64, Option<i64>, i64);

impl Errand for List {
    type Answer = Option<Opened>;
    const DOING: &'static str = "begin to read a list";

    async fn run(&mut self, mut at: At<'_>) -> Result<Option<Opened>, sqlx::Error> {
        let occasion: Option<Occasion> =
            sqlx::query_as(OCCASION).bind(self.run.0).bind(at.process).fetch_optional(&mut *at.connection).await?;
        let Some(occasion) = occasion else { return Ok(None) };
        let collection = views::collection(&mut *at.connection, &self.listing).await?;
        at.names.learn_texts(&mut *at.connection, std::iter::once(self.listing.call.as_str())).await?;
        let call = at.names.texts.number(&self.listing.call);
        let found: Option<i64> = sqlx::query_scalar(FIND)
            .bind(occasion.0)
            .bind(occasion.1)
            .bind(occasion.2)
            .bind(call)
            .bind(collection)
            .bind(millis(subtract(at.now, FRESH)))
            .bind(occasion.3)
            .fetch_optional(&mut *at.connection)
            .await?;
        match found {
            Some(id) => self.go_on(&mut at, id).await.map(Some),
            None => self.begin(&mut at, occasion, call, collection).await.map(Some),
        }
    }
}

impl List {
    async fn begin(
        &self,
        at: &mut At<'_>,
        (job, scheduled_for, first_manual, config): Occasion,
        call: Option<i64>,
        collection: i64,
    ) -> Result<Opened, sqlx::Error> {
        let id = sqlx::query_scalar(BEGIN)
            .bind(job)
            .bind(scheduled_for)
            .bind(first_manual)
            .bind(call)
            .bind(collection)
            .bind(self.listing.reading == Reading::GoOn)
            .bind(millis(at.now))
            .bind(self.run.0)
            .bind(config)
            .fetch_one(&mut *at.connection)
            .await?;
        Ok(Opened { id: ListingId(id), read: BTreeMap::new() })
    }

    async fn go_on(&self, at: &mut At<'_>, id: i64) -> Result<Opened, sqlx::Error> {
        sqlx::query("update listings set run_id = $2, goes_on = $3 where id = $1")
            .bind(id)
            .bind(self.run.0)
            .bind(self.listing.reading == Reading::GoOn)
            .execute(&mut *at.connection)
            .await?;
        if self.listing.reading == Reading::Anew {
            sqlx::query("update progress set next = null, pages = 0, seen = 0 where listing_id = $1")
                .bind(id)
                .execute(&mut *at.connection)
                .await?;
        }
        let rows = sqlx::query(PROGRESS).bind(id).fetch_all(&mut *at.connection).await?;
        let read = rows.iter().map(progress).collect::<Result<_, sqlx::Error>>()?;
        Ok(Opened { id: ListingId(id), read })
    }
}

fn progress(row: &SqliteRow) -> Result<(String, Progress), sqlx::Error> {
    let fields = Fields(row);
    let progress = Progress { next: fields.optional_text("next")?, pages: fields.whole("pages")?, tally: tally(row)? };
    Ok((fields.text("element")?, progress))
}

impl Sqlite {
    /// As [`crate::store::Store::list`].
    pub(in crate::store) async fn list(&self, run: RunId, listing: Listing) -> Result<Option<Opened>, StoreError> {
        self.writer(List::DOING)?.run(List { run, listing }).await
    }
}
