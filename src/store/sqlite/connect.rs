//! Connections and how they are set.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use crate::store::{Cause, StoreError};

/// How long a lock of another program is waited for: longer than a backup of a large file holds it.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Connections that read. Each is a thread and up to 2 MB of pages.
const READERS: u32 = 4;

/// How often a new file is asked to become write-ahead logged while another process does the same.
const WAL_ATTEMPTS: u32 = 1_000;

/// What all connections to a store have in common.
pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(LOCK_WAIT).foreign_keys(true).disable_statement_logging()
}

/// Makes an empty file that its owner alone can read, where there is none. The write-ahead log
/// takes over its mode.
///
/// A file that exists is not opened: closing it would drop the locks that SQLite holds on it in
/// this process.
pub(super) async fn create_file(path: &Path) -> Result<(), StoreError> {
    match create_new(path).await {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => refuse_folder(path).await,
        Err(error) if error.kind() == ErrorKind::StorageFull => {
            Err(StoreError::Full { doing: "make the store", path: path.into(), source: Cause::new(error) })
        }
        Err(error) => Err(StoreError::Unopenable { path: path.into(), source: Cause::new(error) }),
    }
}

/// Takes a store away from everybody but its owner, and its log: older versions made it with the umask of whoever
/// ran them, and people copy files. Where that is not allowed the file is another's, who sees to it.
pub(super) async fn keep_private(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        let is_open = tokio::fs::metadata(&file).await.is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if is_open {
            let private = std::fs::Permissions::from_mode(0o600);
            drop(tokio::fs::set_permissions(&file, private).await);
        }
    }
}

/// SQLite says of a folder no more than that it cannot open it.
pub(super) async fn refuse_folder(path: &Path) -> Result<(), StoreError> {
    match tokio::fs::metadata(path).await {
        Ok(found) if found.is_dir() => {
            let source = Cause::new(std::io::Error::other("a folder has its name"));
            Err(StoreError::Unopenable { path: path.into(), source })
        }
        // Whatever else is wrong with the path is told by the attempt to open it.
        _ => Ok(()),
    }
}

/// Makes an empty file that its owner alone can read, and no other one in its place.
pub(super) async fn create_new(path: &Path) -> std::io::Result<()> {
    tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await.map(|_| ())
}

/// The connection that writes: what it has committed survives a loss of power.
pub(super) async fn to_write(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let options = options.clone().auto_vacuum(SqliteAutoVacuum::Incremental).synchronous(SqliteSynchronous::Full);
    options.connect().await
}

/// Turns the write-ahead log on, so that readers and the writer do not wait for each other.
///
/// Turning it on needs the whole file, and SQLite does not wait for that when two processes make
/// one store at the same time; so the wait is here, for a lock that is waited for.
pub(super) async fn log_ahead(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut attempt = 1;
    loop {
        match sqlx::query("pragma journal_mode = wal").execute(&mut *connection).await {
            Err(error) if is_busy(&error) && attempt < WAL_ATTEMPTS => attempt += 1,
            result => return result.map(|_| ()),
        }
        connection.begin_with("begin immediate").await?.rollback().await?;
        tokio::task::yield_now().await;
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    super::trouble::primary_code(error) == Some(super::trouble::BUSY)
}

/// Connections that cannot write. None is opened before it is needed.
pub(super) fn readers(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(Duration::from_secs(60))
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.pragma("query_only", "on"))
}
