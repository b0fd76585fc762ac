//! A transaction of the connection that writes.
//!
//! Its statements are said here and not by sqlx, which counts the transactions that are open: SQLite ends
//! one by itself when the disk is full or fails. The count would be off from then on, and no transaction
//! could begin any more on that connection.

use sqlx::sqlite::SqliteConnection;

/// Begins one that nobody else writes beside.
pub(super) async fn begin(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("begin immediate").execute(connection).await.map(|_| ())
}

/// Commits what was written. If it was not, or cannot be committed, nothing of it stays.
pub(super) async fn end<T>(
    connection: &mut SqliteConnection,
    written: Result<T, sqlx::Error>,
) -> Result<T, sqlx::Error> {
    let committed = match written {
        Ok(answer) => sqlx::query("commit").execute(&mut *connection).await.map(|_| answer),
        Err(error) => Err(error),
    };
    if committed.is_err() {
        undo(connection).await;
    }
    committed
}

/// Ends one of which nothing is to stay.
pub(super) async fn undo(connection: &mut SqliteConnection) {
    // Refused where SQLite has ended the transaction already: then all is as it should be.
    drop(sqlx::query("rollback").execute(connection).await);
}
