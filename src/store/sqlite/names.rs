//! Names and their numbers.

use std::collections::{BTreeSet, HashMap};

use sqlx::sqlite::SqliteConnection;

use super::series::Series;
use super::values::json;

/// Beyond so many remembered names the memory begins anew: addresses may hold ids.
const REMEMBERED: usize = 50_000;

/// The numbers of names that were met before. Names are never deleted, so what is remembered
/// stays true, unless the transaction that made it is rolled back: then forget all.
#[derive(Default)]
pub(super) struct Names {
    /// Of jobs.
    pub(super) jobs: Table,
    /// Of everything else that repeats: calls, addresses, credentials, fingerprints.
    pub(super) texts: Table,
    /// Of metrics with their labels.
    pub(super) series: Series,
}

impl Names {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.jobs.numbers.clear();
        self.texts.numbers.clear();
        self.series.forget();
    }

    /// Forgets everything once it is too much.
    pub(super) fn stay_small(&mut self) {
        if self.jobs.numbers.len() + self.texts.numbers.len() + self.series.len() > REMEMBERED {
            self.forget();
        }
    }

    /// Learns names of jobs.
    pub(super) async fn learn_jobs<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), sqlx::Error> {
        let Some(unknown) = self.jobs.unknown(names)? else { return Ok(()) };
        sqlx::query("insert into jobs (name) select value from json_each($1) where true on conflict do nothing")
            .bind(&unknown)
            .execute(&mut *connection)
            .await?;
        let numbers = sqlx::query_as("select name, id from jobs where name in (select value from json_each($1))")
            .bind(&unknown)
            .fetch_all(connection)
            .await?;
        self.jobs.numbers.extend(numbers);
        Ok(())
    }

    /// Learns other names.
    pub(super) async fn learn_texts<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), sqlx::Error> {
        let Some(unknown) = self.texts.unknown(names)? else { return Ok(()) };
        sqlx::query("insert into texts (name) select value from json_each($1) where true on conflict do nothing")
            .bind(&unknown)
            .execute(&mut *connection)
            .await?;
        let numbers = sqlx::query_as("select name, id from texts where name in (select value from json_each($1))")
            .bind(&unknown)
            .fetch_all(connection)
            .await?;
        self.texts.numbers.extend(numbers);
        Ok(())
    }
}

/// The numbers of one table of names.
#[derive(Default)]
pub(super) struct Table {
    numbers: HashMap<Box<str>, i64>,
}

impl Table {
    /// The number of a name that was learnt. `None` for one that was not, which as a null in a row
    /// breaks the schema's rules and so cannot go unnoticed.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.numbers.get(name).copied()
    }

    fn unknown<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Option<String>, sqlx::Error> {
        let unknown: BTreeSet<&str> = names.filter(|name| !self.numbers.contains_key(*name)).collect();
        if unknown.is_empty() { Ok(None) } else { json(&unknown).map(Some) }
    }
}
