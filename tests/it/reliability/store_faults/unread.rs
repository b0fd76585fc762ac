//! The store cannot be read for a while, and the server has to know which ticks have their rows.

use std::time::Duration;

use apicron::clock::Clock;
use apicron::standin::Standin;
use rustix::process::Signal;

use crate::support::binary::{Folder, Running};
use crate::support::each_second::{folder, job, serve_on_and_audit, slow_by};
use crate::support::rows;
use crate::support::serving::{serve, stand_still, store, until_runs};

/// Gone for a while, so that reads fail, and writes would.
const HIDE: &str = "alter table runs rename to hidden";
const SHOW: &str = "alter table hidden rename to runs";

/// A server that wants to catch up on what came while it stood still, with a store that cannot be read.
async fn unread() -> (Standin, Folder, Running) {
    let standin = slow_by(0).await;
    // Far enough apart that no run is under way when the server stands still right after one.
    let folder = folder("", &standin, &job("one", "").replace("@every 1s", "@every 4s"));
    let server = serve(&folder);
    until_runs(&folder, 1, "state = 'succeeded'").await;
    stand_still(&folder, &server).await;
    rows::execute(&store(&folder), HIDE).await;
    Clock::system().sleep(Duration::from_secs(7)).await;
    server.signal(Signal::CONT);
    server.wait_for_stderr("ticks wait, since the store cannot be read: trying on");
    (standin, folder, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_meanwhile_is_caught_up_once_the_store_can_be_read_again() {
    let (_standin, folder, server) = unread().await;
    rows::execute(&store(&folder), SHOW).await;
    until_runs(&folder, 1, "trigger = 'catch_up' and state = 'succeeded'").await;
    server.terminate();
    let ended = server.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(ended.stderr.matches("ticks wait").count(), 1, "it is told once: {ended:#?}");
    serve_on_and_audit(&folder, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_meanwhile_is_heard_and_leaves_what_came_to_the_next_start() {
    let (_standin, folder, server) = unread().await;
    server.terminate();
    let ended = server.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    rows::execute(&store(&folder), SHOW).await;
    serve_on_and_audit(&folder, 1).await;
}
