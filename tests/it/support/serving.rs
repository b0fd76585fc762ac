//! `apicron serve` beside which other verbs run.

use std::path::PathBuf;

use super::binary::{Folder, Running};
use super::eventually::eventually;
use super::rows;

/// Starts `serve` and waits until it is ready.
pub(crate) fn serve(folder: &Folder) -> Running {
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    serve
}

/// The store of a folder.
pub(crate) fn store(folder: &Folder) -> PathBuf {
    folder.path().join("apicron.db")
}

/// How many runs there are for which a condition in SQL holds.
pub(crate) async fn count(folder: &Folder, condition: &str) -> usize {
    let sql = format!("select cast(count(*) as text) from v_runs where {condition}");
    rows::only(&store(folder), &sql).await.parse().expect("a number")
}

/// Waits until there are at least `n` such runs.
pub(crate) async fn until_runs(folder: &Folder, n: usize, condition: &str) {
    let what = format!("{n} runs where {condition}");
    eventually(&what, async || count(folder, condition).await, |&seen| seen >= n).await;
}
