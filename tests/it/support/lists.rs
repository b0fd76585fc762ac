//! Jobs that read the stand-in's lists, and what the stand-in saw of them.

use apicron::standin::{DATA, DatasetKnobs, FileKnobs, Knobs, PagingKnobs, Seen, Standin};

use super::binary::{Ended, Folder};
use super::jobs::{folder_as, head};
use super::rows;
use super::serving::store;

pub(crate) const DATASETS: &str = "/v1/datasets";
pub(crate) const FILES: &str = "/v1/files";

/// How the stand-in's lists are paged.
const PAGES: &str = r#"
[apis.standin.pages]
by     = "cursor"
items  = ".items"
cursor = ".nextCursor"
more   = ".hasMore"
size   = { param = "limit", value = 100 }
"#;

/// A job file whose API says how its lists are paged.
pub(crate) fn job_file(standin: &Standin, text: &str) -> String {
    head(standin) + PAGES + text
}

/// A folder with such a file, for the data team.
pub(crate) fn lists(standin: &Standin, text: &str) -> Folder {
    folder_as(DATA, &job_file(standin, text))
}

/// The same, and the API may not be called more often than that.
pub(crate) fn limited(standin: &Standin, rate_limit: &str, text: &str) -> Folder {
    folder_as(DATA, &format!("{}rate_limit = {rate_limit}\n{PAGES}{text}", head(standin)))
}

/// A job that mirrors all datasets; `keys` are further lines of it.
pub(crate) fn mirror(keys: &str) -> String {
    format!(
        r#"
[jobs.mirror]
api    = "standin"
scopes = ["datasets:read"]
{keys}

[[jobs.mirror.calls]]
name    = "datasets"
get     = "/datasets"
pages   = true
records = {{ into = "datasets", key = ".id", gone = "mark", columns = {{ name = ".name" }} }}
metrics = {{ seen = "$items.seen", new = "$items.new", changed = "$items.changed", gone = "$items.gone" }}
"#
    )
}

/// The same, and then the files of each dataset that is stored; `keys` are further lines of that call.
pub(crate) fn files_of_each(keys: &str) -> String {
    mirror("").replace("\"datasets:read\"", "\"datasets:read\", \"files:read\"")
        + &format!(
            r#"
[[jobs.mirror.calls]]
name        = "files"
for_each    = {{ records = "datasets" }}
get         = "/files"
query       = {{ resourceType = "dataset", resourceId = "{{{{ $each.id }}}}" }}
pages       = true
records     = {{ into = "files", key = ".id", gone = "mark", columns = {{ dataset = "$each.id", status = ".status" }} }}
metrics     = {{ files = "$items.seen" }}
{keys}
"#
        )
}

/// So many datasets with so many files each.
pub(crate) fn library(count: u64, per_dataset: u64) -> Knobs {
    let files = FileKnobs { per_dataset: Some(per_dataset), ..FileKnobs::default() };
    Knobs { files, ..datasets(count, 0, 0) }
}

/// So many datasets, of which so many vanished and so many are other ones.
pub(crate) fn datasets(count: u64, lost: u64, changed: u64) -> Knobs {
    Knobs { datasets: DatasetKnobs { count, lost, changed }, ..Knobs::default() }
}

pub(crate) fn paged(count: u64, paging: PagingKnobs) -> Knobs {
    Knobs { paging, ..datasets(count, 0, 0) }
}

/// What becomes of files, each of which is done at the first look.
pub(crate) fn files(files: FileKnobs) -> Knobs {
    Knobs { files: FileKnobs { looks: 1, ..files }, ..Knobs::default() }
}

/// The requests to a path, in the order in which they were answered.
pub(crate) fn seen(standin: &Standin, method: &str, path: &str) -> Vec<Seen> {
    assert_eq!(standin.counts().journal_dropped, 0);
    standin.journal().into_iter().filter(|seen| seen.method == method && seen.path == path).collect()
}

/// Each row of the folder's store as one line.
pub(crate) async fn lines(folder: &Folder, sql: &str) -> Vec<String> {
    rows::rows(&store(folder), sql).await.into_iter().map(|row| row.join(" ")).collect()
}

/// Runs a job to its end in a process of its own, which succeeds.
pub(crate) fn run_well(folder: &Folder, job: &str) -> Ended {
    let ended = folder.run(&["run", job]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    ended
}

/// Runs a job that fails. Gives the kind and the reason of its run.
pub(crate) async fn run_badly(folder: &Folder, job: &str) -> (String, String) {
    let ended = folder.run(&["run", job]);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let last = rows::rows(&store(folder), "select kind, reason from v_runs order by id desc limit 1").await;
    let [kind, reason] = <[String; 2]>::try_from(last.concat()).expect("a run that failed");
    (kind, reason)
}
