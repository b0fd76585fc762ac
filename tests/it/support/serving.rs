//! `apicron serve` beside which other verbs run.

use std::path::PathBuf;

use rustix::process::Signal;

use super::binary::{Folder, Running};
use super::eventually::eventually;
use super::rows;

/// Starts `serve` and waits until it is ready.
pub(crate) fn serve(folder: &Folder) -> Running {
    let serve = folder.spawn(&["serve"]);
    serve.wait_for_stderr("apicron is ready");
    serve
}

/// Has a server stand still at a moment at which it does not write: else nobody could, until it goes on.
pub(crate) async fn stand_still(folder: &Folder, server: &Running) {
    let stopped = async || {
        server.stop();
        let is_free = rows::is_free(&store(folder)).await;
        if !is_free {
            server.signal(Signal::CONT);
        }
        is_free
    };
    eventually("a moment at which the server does not write", stopped, |&is_free| is_free).await;
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
