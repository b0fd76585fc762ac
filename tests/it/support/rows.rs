//! Reads a store the way its users do: SQL over the views.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Row};

/// Longer than anybody keeps the lock, also on a machine that has much else to do.
const LONG: Duration = Duration::from_secs(30);

/// The rows of a query whose columns are all text.
pub(crate) async fn rows(store: &Path, sql: &str) -> Vec<Vec<String>> {
    let options = SqliteConnectOptions::new().filename(store).read_only(true).busy_timeout(LONG);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the store opened");
    let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.expect("the query answered");
    let text = |row: &SqliteRow| {
        (0..row.len()).map(|column| row.get::<Option<String>, _>(column).unwrap_or_default()).collect()
    };
    rows.iter().map(text).collect()
}

/// The only text of a query.
pub(crate) async fn only(store: &Path, sql: &str) -> String {
    let rows = rows(store, sql).await;
    rows.into_iter().flatten().next().unwrap_or_else(|| panic!("no row for {sql}"))
}

/// Changes a store behind the back of whoever uses it.
pub(crate) async fn execute(store: &Path, sql: &str) {
    let options = SqliteConnectOptions::new().filename(store).busy_timeout(LONG);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the store opened");
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect(sql);
}

/// Keeps everybody else from writing, until it is dropped.
pub(crate) async fn lock(store: &Path) -> SqliteConnection {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(store)).await.expect("the store opened");
    sqlx::query("begin immediate").execute(&mut connection).await.expect("the lock");
    connection
}

/// Whether nobody keeps everybody else from writing.
pub(crate) async fn is_free(store: &Path) -> bool {
    let options = SqliteConnectOptions::new().filename(store).busy_timeout(Duration::from_millis(100));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the store opened");
    let locked = sqlx::query("begin immediate").execute(&mut connection).await;
    connection.close().await.expect("the store closed");
    locked.is_ok()
}

/// Makes a store by these migrations.
pub(crate) async fn migrate(store: &Path, migrations: &sqlx::migrate::Migrator) {
    let options = SqliteConnectOptions::new().filename(store).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the store opened");
    migrations.run(&mut connection).await.expect("the migrations");
    connection.close().await.expect("closed");
}
