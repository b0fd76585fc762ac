//! Bringing a file up to the schema of this version, and entering it.

use std::path::Path;
use std::sync::Arc;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use uuid::Uuid;

use super::leave;
use super::trouble::Trouble;
use super::values::millis;
use crate::clock::{Time, add};
use crate::crash::{self, Moment};
use crate::store::process::Process;
use crate::store::{Cause, LEASE, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// "apic", as the first migration sets it.
const APPLICATION_ID: i64 = 0x6170_6963;

const OPEN: &str = "open the store";

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// Nothing.
    Empty,
    /// Something else's tables.
    Foreign,
    /// A store, of this version of the schema.
    Store(i64),
}

/// A store that this process has entered.
pub(super) struct Prepared {
    /// The store's id.
    pub(super) id: Uuid,
    /// This process's number in it.
    pub(super) process: i64,
}

/// Migrates, ends what dead processes left, and registers this process: all or nothing, and once
/// if several processes do it together.
pub(super) async fn prepare(
    connection: &mut SqliteConnection,
    path: &Arc<Path>,
    now: Time,
) -> Result<Prepared, StoreError> {
    let failed = |error: sqlx::Error| Trouble::from(error).while_doing(OPEN, path);
    crash::reach(Moment::Before, OPEN);
    let mut transaction = connection.begin_with("begin immediate").await.map_err(failed)?;
    Schema::of(&mut transaction).await.map_err(failed)?.check_to_write(path)?;
    MIGRATIONS.run(&mut *transaction).await.map_err(|error| migration_failed(error, path))?;
    let id = make_id(&mut transaction, now).await.map_err(failed)?;
    let me = Process::current();
    leave::sweep(&mut transaction, &me, None, now).await.map_err(failed)?;
    let process = register(&mut transaction, &me, now).await.map_err(failed)?;
    crash::reach(Moment::Within, OPEN);
    transaction.commit().await.map_err(failed)?;
    crash::reach(Moment::After, OPEN);
    Ok(Prepared { id, process })
}

impl Schema {
    /// Looks at an open file.
    pub(super) async fn of(connection: &mut SqliteConnection) -> Result<Schema, sqlx::Error> {
        let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_schema").fetch_one(&mut *connection).await?;
        if tables == 0 {
            return Ok(Schema::Empty);
        }
        let application: i64 = sqlx::query_scalar("pragma application_id").fetch_one(&mut *connection).await?;
        if application != APPLICATION_ID {
            return Ok(Schema::Foreign);
        }
        sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(connection).await.map(Schema::Store)
    }

    /// Whether a file can be brought up to the schema of this version.
    pub(super) fn check_to_write(self, path: &Arc<Path>) -> Result<(), StoreError> {
        match self {
            Schema::Foreign => Err(StoreError::NotAStore { path: Arc::clone(path) }),
            Schema::Store(found) if found > known() => {
                Err(StoreError::Newer { path: Arc::clone(path), found, known: known() })
            }
            Schema::Empty | Schema::Store(_) => Ok(()),
        }
    }

    /// Whether a file can be read without changing it.
    pub(super) fn check_to_read(self, path: &Arc<Path>) -> Result<(), StoreError> {
        match self {
            Schema::Empty => Err(StoreError::Absent { path: Arc::clone(path) }),
            Schema::Store(found) if found < known() => {
                Err(StoreError::Older { path: Arc::clone(path), found, known: known() })
            }
            Schema::Foreign | Schema::Store(_) => self.check_to_write(path),
        }
    }
}

/// The newest schema that this version knows.
fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn migration_failed(error: MigrateError, path: &Arc<Path>) -> StoreError {
    let doing = "bring the schema up to date";
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            Trouble::from(error).while_doing(doing, path)
        }
        other => StoreError::Failed { doing, path: Arc::clone(path), source: Cause::new(other) },
    }
}

async fn make_id(connection: &mut SqliteConnection, now: Time) -> Result<Uuid, sqlx::Error> {
    sqlx::query("insert or ignore into store (one, id, created_at) values (1, $1, $2)")
        .bind(Uuid::new_v4().to_string())
        .bind(millis(now))
        .execute(&mut *connection)
        .await?;
    read_id(connection).await
}

/// The store's id.
pub(super) async fn read_id(connection: &mut SqliteConnection) -> Result<Uuid, sqlx::Error> {
    let id: String = sqlx::query_scalar("select id from store").fetch_one(connection).await?;
    Uuid::parse_str(&id).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

async fn register(connection: &mut SqliteConnection, me: &Process, now: Time) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "insert into processes (host, boot_id, pid, pid_started, started_at, lease_until)
         values ($1, $2, $3, $4, $5, $6) returning id",
    )
    .bind(&me.host)
    .bind(&me.boot_id)
    .bind(i64::from(me.pid))
    .bind(me.started)
    .bind(millis(now))
    .bind(millis(add(now, LEASE)))
    .fetch_one(connection)
    .await?
    .try_get(0)
}
