//! Listings that are complete, and what is gone since.

use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::errand::{At, Errand};
use super::values::{json, millis, whole};
use crate::run::{Completed, Gone, ListingId, RunId};
use crate::store::StoreError;

/// Records that no listing has seen since one began. Both tables are passed in the order of ids,
/// and a join stays where it is in sightings: a subquery looks for each from the top (measured: 60 times
/// the reads).
pub(super) const UNSEEN: &str = "
    select records.id from listings
    cross join records on records.collection_id = listings.collection_id and records.gone_at is null
    left join sightings on sightings.record_id = records.id
    where listings.id = $1 and (sightings.listing_id is null or sightings.listing_id < $1)";

/// Marks those of them that nobody has seen meanwhile.
pub(super) const MARK: &str = "
    update records set gone_at = $3, run_id = $4
    where id in (select value from json_each($1)) and gone_at is null
      and not exists (select 1 from sightings where sightings.record_id = records.id and sightings.listing_id >= $2)";

/// Records of a listing's collection that are there, where the listing has seen none. They are counted only
/// then: the writer has others to serve.
pub(super) const LEFT_BY_NOTHING: &str = "
    select iif(
        exists (select 1 from progress where progress.listing_id = $1 and progress.seen > 0), 0,
        (select count(*) from listings
         cross join records on records.collection_id = listings.collection_id and records.gone_at is null
         where listings.id = $1))";

const COMPLETE: &str = "
    update listings set completed_at = $2, gone = gone + $3 where id = $1 returning gone";

struct Complete {
    run: RunId,
    listing: ListingId,
    gone: Gone,
    unseen: Vec<i64>,
}

impl Errand for Complete {
    type Answer = Option<Completed>;
    const DOING: &'static str = "complete the reading of a list";

    async fn run(&mut self, at: At<'_>) -> Result<Option<Completed>, sqlx::Error> {
        let (run, listing, now) = (self.run.0, self.listing.0, millis(at.now));
        let open: Option<i64> = sqlx::query_scalar(super::pages::OPEN)
            .bind(run)
            .bind(at.process)
            .bind(listing)
            .fetch_optional(&mut *at.connection)
            .await?;
        if open.is_none() {
            return Ok(None);
        }
        if self.gone == Gone::Mark {
            let left: i64 = sqlx::query_scalar(LEFT_BY_NOTHING).bind(listing).fetch_one(&mut *at.connection).await?;
            if left > 0 {
                return Ok(Some(Completed::Empty(left.unsigned_abs())));
            }
        }
        let marked = self.mark(&mut *at.connection, now).await?;
        let gone: i64 =
            sqlx::query_scalar(COMPLETE).bind(listing).bind(now).bind(whole(marked)).fetch_one(at.connection).await?;
        Ok(Some(Completed::Done(gone.unsigned_abs())))
    }
}

impl Complete {
    async fn mark(&self, connection: &mut SqliteConnection, now: i64) -> Result<u64, sqlx::Error> {
        if self.unseen.is_empty() {
            return Ok(0);
        }
        let marked = sqlx::query(MARK).bind(json(&self.unseen)?).bind(self.listing.0).bind(now).bind(self.run.0);
        Ok(marked.execute(connection).await?.rows_affected())
    }
}

impl Sqlite {
    /// As [`crate::store::Store::complete`]. What is gone is looked for past the writer, which a long list
    /// would hold up.
    pub(in crate::store) async fn complete(
        &self,
        run: RunId,
        listing: ListingId,
        gone: Gone,
    ) -> Result<Option<Completed>, StoreError> {
        let unseen = match gone {
            Gone::Keep => Vec::new(),
            Gone::Mark | Gone::MarkEmpty => self.unseen(listing).await?,
        };
        self.writer(Complete::DOING)?.run(Complete { run, listing, gone, unseen }).await
    }

    async fn unseen(&self, listing: ListingId) -> Result<Vec<i64>, StoreError> {
        let unseen = sqlx::query_scalar(UNSEEN).bind(listing.0).fetch_all(&self.readers).await;
        unseen.map_err(|error| self.could_not(Complete::DOING, error))
    }
}
