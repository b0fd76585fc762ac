//! Stores of earlier versions are brought up to date with all that is in them.

use std::path::Path;

use sqlx::Connection;
use sqlx::migrate::Migrator;

use crate::run::Phase;
use crate::store::fixture::*;
use crate::store::*;

/// A store as a version with so many migrations left it.
async fn old_store(folder: &Path, migrations: usize) -> std::path::PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<_> =
        std::fs::read_dir(all).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let of_then = folder.join("migrations");
    std::fs::create_dir(&of_then).expect("a folder");
    for file in files.iter().take(migrations) {
        std::fs::copy(file, of_then.join(file.file_name().expect("a name"))).expect("a copy");
    }
    let path = folder.join("apicron.db");
    std::fs::write(&path, "").expect("a file");
    let mut connection = connect(&path).await;
    Migrator::new(of_then).await.expect("migrations").run(&mut connection).await.expect("a schema");
    connection.close().await.expect("closed");
    path
}

#[tokio::test]
async fn diagnoses_of_token_requests_are_of_the_phase_mint_from_the_ninth_schema_on_and_keep_their_numbers() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = old_store(folder.path(), 8).await;
    let mut old = connect(&path).await;
    for sql in [
        "insert into jobs (name) values ('a')",
        "insert into texts (name) values ('hash')",
        "insert into runs (job_id, trigger, scheduled_for, state, kind, claimed_at, finished_at, config_id)
         values (1, 'schedule', 0, 'refused', 'token', 0, 1, 1)",
        "insert into diagnoses (id, run_id, seq, job_id, at, phase, status, verdict, rule, confidence, retry, healed,
                                summary, remedy, missing_scopes, evidence)
         select value, 1, 0, 1, 7, iif(value = 4, 'api', 'token'), 401, 'missing_scope', 'S3', 'stated', 0, 1,
                'what', 'how', '[\"x\"]', '{\"token\":{\"requested_scopes\":[\"x\"]}}'
         from json_each('[2, 4, 9]')",
        "delete from diagnoses where id = 9",
    ] {
        sqlx::query(sql).execute(&mut old).await.expect(sql);
    }
    old.close().await.expect("closed");

    let (clock, _hands) = Clock::manual(noon());
    let store = Store::open(&path, Access::Write, &clock).await.expect("a store");
    let detail = store.run(crate::run::RunId(1)).await.expect("read").expect("a run");
    let phases: Vec<(i64, Phase)> = detail.diagnoses.iter().map(|row| (row.id, row.phase)).collect();
    assert_eq!(phases, [(2, Phase::Mint), (4, Phase::Api)]);
    assert_eq!((detail.diagnoses[0].rule.as_str(), detail.diagnoses[0].healed), ("S3", true));
    let run = won(store.claim(vec![claim("a", 1)]).await.expect("a claim").remove(0));
    store.finish(full_outcome(&run)).await.expect("an end");
    let mut raw = connect(&path).await;
    let newest: i64 = sqlx::query_scalar("select max(id) from diagnoses").fetch_one(&mut raw).await.expect("a number");
    assert_eq!(newest, 10, "the number of one that was pruned is not given out again");
    let broken = sqlx::query("pragma foreign_key_check").fetch_all(&mut raw).await.expect("a check");
    assert!(broken.is_empty());
    let whole: String = sqlx::query_scalar("pragma integrity_check").fetch_one(&mut raw).await.expect("a check");
    assert_eq!(whole, "ok");
}
