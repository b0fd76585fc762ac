//! A process that dies as it brings a store of an earlier version up to date.

use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;

use super::{CRASH, crashed};
use crate::support::binary::Folder;
use crate::support::jobs::{folder, head, usage_job};
use crate::support::serving::{serve, store, until_runs};
use crate::support::{rows, standin};

/// All migrations, oldest first.
fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let files = std::fs::read_dir(folder).expect("the migrations").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

/// A store as a version with so many migrations left it, with one run.
async fn leave_store_of(folder: &Folder, version: usize) {
    let of_then = tempfile::tempdir().expect("a folder");
    for file in migrations().iter().take(version) {
        std::fs::copy(file, of_then.path().join(file.file_name().expect("a name"))).expect("a copy");
    }
    rows::migrate(&store(folder), &Migrator::new(of_then.path()).await.expect("migrations")).await;
    let run = "insert into jobs (name) values ('usage');
               insert into texts (name) values ('of then');
               insert into runs (job_id, trigger, scheduled_for, state, claimed_at, started_at, finished_at, config_id)
               select 1, 'manual', at, 'succeeded', at, at, at + 1, 1
               from (select cast(strftime('%s') as integer) * 1000 as at);";
    rows::execute(&store(folder), run).await;
}

async fn version(folder: &Folder) -> String {
    rows::only(&store(folder), "select max(version) || '' from _sqlx_migrations").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_cut_off_is_whole_or_was_never_begun() {
    let standin = standin::start().await;
    let newest = migrations().len();
    // The second is the first that has runs.
    for from in 2..=newest {
        for (point, found) in [("before", from), ("within", from), ("after", newest)] {
            let folder = folder(&(head(&standin) + &usage_job("usage", "schedule = \"@every 1s\"")));
            leave_store_of(&folder, from).await;
            let point = format!("{point} open the store");
            crashed(&point, folder.spawn_in(&[(CRASH, &point)], &["serve"]));
            assert_eq!(version(&folder).await, found.to_string(), "{point} from {from}");
            let next = serve(&folder);
            until_runs(&folder, 2, "state = 'succeeded'").await;
            next.terminate();
            assert_eq!(next.end().code(), 0);
            assert_eq!(version(&folder).await, newest.to_string());
            let kept = "select state || ' ' || trigger from v_runs order by id limit 1";
            assert_eq!(rows::only(&store(&folder), kept).await, "succeeded manual", "{point} from {from}");
            assert_eq!(rows::only(&store(&folder), "pragma integrity_check").await, "ok");
        }
    }
}
