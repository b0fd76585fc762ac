//! A store of a newer apicron, and one of an older.

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

use super::{Ground, VERBS};
use crate::support::rows;

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_a_newer_apicron_is_refused_by_every_verb_and_left_as_it_is() {
    let ground = Ground::new().await;
    ground.serve_a_while().await;
    let known = ground.succeeded_so_far().await;
    rows::execute(&ground.store, "insert into _sqlx_migrations values (9001, 'later', 0, true, x'', 0)").await;
    let requests = ground.standin.journal().len();
    let said = ground.refused(&["serve"]);
    insta::assert_snapshot!(said, @r#"error: HERE/apicron.db was written by a newer apicron (schema 9001, this one knows 10); update apicron"#);
    for verb in VERBS {
        assert_eq!(ground.refused(verb), said, "{verb:?}");
    }
    assert_eq!(ground.standin.journal().len(), requests);
    rows::execute(&ground.store, "delete from _sqlx_migrations where version = 9001").await;
    ground.check_nothing_lost(&known).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_an_older_apicron_is_not_read_until_a_writer_has_brought_it_up_to_date() {
    let ground = Ground::new().await;
    make_as_of(&ground.store, 5).await;
    for verb in ["status", "runs", "audit"] {
        assert_eq!(ground.refused(&[verb]), ground.refused(&["status"]), "{verb}");
    }
    insta::assert_snapshot!(ground.refused(&["status"]), @r#"error: HERE/apicron.db was written by an older apicron (schema 5, this one knows 10); `apicron run` and `apicron serve` of this version bring it up to date"#);
    assert_eq!(ground.folder.run(&["run", "left"]).code(), 0);
    let known = ground.succeeded().await;
    ground.check_nothing_lost(&known).await;
}

/// A store as an older apicron made it.
async fn make_as_of(store: &Path, version: i64) {
    let folder = tempfile::tempdir().expect("a folder");
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    for file in std::fs::read_dir(all).expect("the migrations") {
        let path = file.expect("a file").path();
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        if name[..4].parse::<i64>().expect("a number") <= version {
            std::fs::copy(&path, folder.path().join(name)).expect("a copy");
        }
    }
    let options =
        SqliteConnectOptions::new().filename(store).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.expect("a file");
    let migrator = Migrator::new(folder.path()).await.expect("migrations");
    migrator.run(&mut connection).await.expect("an older store");
}
