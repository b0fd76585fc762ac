//! Pages of listings: their records, where the next one begins, and how far their run got.

use std::collections::{HashMap, HashSet};

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::Sqlite;
use super::conditions::lives_here;
use super::errand::{At, Errand};
use super::values::{json, millis, whole};
use crate::run::{Page, Record, RunId, Tally};
use crate::store::StoreError;

/// The collection of a listing that a live run of this process has opened.
pub(super) const OPEN: &str = concat!(
    "
    select listings.collection_id
    from runs cross join listings on listings.id = $3 and listings.run_id = runs.id
    where runs.id = $1 and ",
    lives_here!()
);

/// What is there of some keys. Bodies are compared here rather than sent there: most are the same.
pub(super) const THERE: &str = "
    select records.key, records.id, records.body, records.columns, records.gone_at is not null
    from json_each($1)
    cross join records on records.collection_id = $2 and records.key = json_each.value";

/// Writes what is new or other.
pub(super) const KEEP: &str = "
    insert into records (collection_id, key, body, columns, first_seen_at, changed_at, run_id)
    select $2, value->>0, value->>1, value->>2, $3, $3, $4 from json_each($1) where true
    on conflict (collection_id, key) do update set
        changed_at = iif(body is not excluded.body or gone_at is not null, excluded.changed_at, changed_at),
        body = excluded.body, columns = excluded.columns, gone_at = null, run_id = excluded.run_id
    returning id";

/// What is seen counts for the newest listing of the collection that has begun, whichever has seen it: that
/// one may have passed its place before it was there.
pub(super) const SIGHT: &str = "
    insert into sightings (record_id, listing_id, at)
    select value, (select max(id) from listings indexed by listings_of_collection where collection_id = $2), $3
    from json_each($1) where true
    on conflict (record_id) do update set
        listing_id = max(listing_id, excluded.listing_id), at = max(at, excluded.at)";

/// Notes that a run got further with a listing; one that begins anew gets a repeat no further.
pub(super) const MOVE: &str = "
    update listings set moved_at = $3, moved_by = iif(goes_on, $2, moved_by) where id = $1";

/// Goes on with an element.
pub(super) const PROCEED: &str = "
    insert into progress (listing_id, element, next, pages, seen, new, changed) values ($1, $2, $3, 1, $4, $5, $6)
    on conflict (listing_id, element) do update set
        next = excluded.next, pages = pages + 1, seen = seen + excluded.seen, new = new + excluded.new,
        changed = changed + excluded.changed
    returning seen, new, changed";

struct Keep {
    run: RunId,
    page: Page,
}

impl Errand for Keep {
    type Answer = Option<Tally>;
    const DOING: &'static str = "keep a page of records";

    async fn run(&mut self, at: At<'_>) -> Result<Option<Tally>, sqlx::Error> {
        let (run, listing, now) = (self.run.0, self.page.listing.0, millis(at.now));
        let open = sqlx::query_scalar(OPEN).bind(run).bind(at.process).bind(listing);
        let Some(collection): Option<i64> = open.fetch_optional(&mut *at.connection).await? else { return Ok(None) };
        let (sifted, there) = sift(&mut *at.connection, collection, &self.page.records).await?;
        let mut ids = there;
        if !sifted.rows.is_empty() {
            let kept: Vec<i64> = sqlx::query_scalar(KEEP)
                .bind(json(&sifted.rows)?)
                .bind(collection)
                .bind(now)
                .bind(run)
                .fetch_all(&mut *at.connection)
                .await?;
            ids.extend(kept);
        }
        if !ids.is_empty() {
            let sight = sqlx::query(SIGHT).bind(json(&ids)?).bind(collection).bind(now);
            sight.execute(&mut *at.connection).await?;
        }
        sqlx::query(MOVE).bind(listing).bind(run).bind(now).execute(&mut *at.connection).await?;
        proceed(at.connection, &self.page, sifted.tally).await.map(Some)
    }
}

/// What a page has that is to be written.
#[derive(Default)]
struct Sifted<'a> {
    /// Key, body and columns.
    rows: Vec<(&'a str, &'a str, Option<&'a str>)>,
    tally: Tally,
}

/// Parts what is to be written from what is the same. Gives the ids of the latter as well. Of a key that
/// is there twice, the last counts.
async fn sift<'a>(
    connection: &mut SqliteConnection,
    collection: i64,
    records: &'a [Record],
) -> Result<(Sifted<'a>, Vec<i64>), sqlx::Error> {
    let mut sifted = Sifted { tally: Tally { seen: count(records.len()), ..Tally::default() }, ..Sifted::default() };
    let mut same = Vec::with_capacity(records.len());
    let mut met = HashSet::with_capacity(records.len());
    let mut last: Vec<&Record> = records.iter().rev().filter(|record| met.insert(record.key.as_str())).collect();
    last.reverse();
    let keys: Vec<&str> = last.iter().map(|record| record.key.as_str()).collect();
    let there = there(connection, collection, &keys).await?;
    for record in last {
        let row = (record.key.as_str(), record.body.as_str(), record.columns.as_deref());
        match there.get(&record.key) {
            Some(there) if there.is_gone => sifted.tally.new += 1,
            Some(there) if there.body != record.body => sifted.tally.changed += 1,
            Some(there) if there.columns == record.columns => {
                same.push(there.id);
                continue;
            }
            Some(_) => {} // other columns of the same body
            None => sifted.tally.new += 1,
        }
        sifted.rows.push(row);
    }
    Ok((sifted, same))
}

/// A record as it is there.
struct There {
    id: i64,
    body: String,
    columns: Option<String>,
    is_gone: bool,
}

async fn there(
    connection: &mut SqliteConnection,
    collection: i64,
    keys: &[&str],
) -> Result<HashMap<String, There>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(THERE).bind(json(keys)?).bind(collection).fetch_all(connection).await?;
    let there = rows.iter().map(|row| {
        let there =
            There { id: row.try_get(1)?, body: row.try_get(2)?, columns: row.try_get(3)?, is_gone: row.try_get(4)? };
        Ok((row.try_get(0)?, there))
    });
    there.collect()
}

async fn proceed(connection: &mut SqliteConnection, page: &Page, tally: Tally) -> Result<Tally, sqlx::Error> {
    let row = sqlx::query(PROCEED)
        .bind(page.listing.0)
        .bind(&page.element)
        .bind(&page.next)
        .bind(whole(tally.seen))
        .bind(whole(tally.new))
        .bind(whole(tally.changed))
        .fetch_one(connection)
        .await?;
    super::listings::tally(&row)
}

fn count(length: usize) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}

impl Sqlite {
    /// As [`crate::store::Store::page`].
    pub(in crate::store) async fn page(&self, run: RunId, page: Page) -> Result<Option<Tally>, StoreError> {
        self.writer(Keep::DOING)?.run(Keep { run, page }).await
    }
}
