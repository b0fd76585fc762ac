//! A server that dies as it holds what waits for a credential, or as it lets that go.

use apicron::standin::OPS;

use super::{CRASH, crashed};
use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{head, usage_job};
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::size::size;
use crate::support::{rows, standin};

const JOBS: [&str; 3] = ["one", "two", "three"];

const HOLDING: [&str; 3] = [
    "before hold a run whose credential is refused",
    "within hold a run whose credential is refused",
    "after hold a run whose credential is refused",
];

const RELEASING: [&str; 3] = [
    "before release what waits for a credential",
    "within release what waits for a credential",
    "after release what waits for a credential",
];

fn put_secret(folder: &Folder, secret: &str) {
    std::fs::write(folder.path().join("secret"), secret).expect("the secret written");
}

fn die_at(folder: &Folder, point: &str) {
    crashed(point, folder.spawn_in(&[(CRASH, point)], &["serve"]));
}

/// Serves with a secret that is refused, until ticks of each job wait.
async fn have_ticks_wait(folder: &Folder) {
    put_secret(folder, "of last year");
    let serving = serve(folder);
    until_runs(folder, JOBS.len(), "state = 'held'").await;
    serving.terminate();
    assert_eq!(serving.end().code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_as_it_holds_or_releases_ticks_loses_none_and_leaves_no_incident_open() {
    let standin = standin::start().await;
    let jobs = JOBS.map(|name| usage_job(name, "schedule = \"@every 1s\"")).concat();
    let text = head(&standin).replace("{ env = \"CLIENT_SECRET\" }", "{ file = \"secret\" }") + &jobs;
    let folder = Folder::new().file("jobs.toml", &text).env("CLIENT_ID", OPS.id);
    for _ in 0..size(1, 20) {
        for point in HOLDING {
            put_secret(&folder, "of last year");
            die_at(&folder, point);
            settle(&folder).await;
        }
        for point in RELEASING {
            have_ticks_wait(&folder).await;
            put_secret(&folder, OPS.secret);
            die_at(&folder, point);
            settle(&folder).await;
        }
    }
    let open_at_once =
        "select max(n) || '' from (select count(*) as n from v_incidents as one join v_incidents as other
        on other.opened_at <= one.opened_at and coalesce(other.closed_at, '9') > one.opened_at group by one.id)";
    assert_eq!(rows::only(&store(&folder), open_at_once).await, "1");
}

/// The next server, with a secret that is accepted, runs what waited, and all ticks are covered.
async fn settle(folder: &Folder) {
    put_secret(folder, OPS.secret);
    let before = count(folder, "state = 'succeeded'").await;
    let serving = serve(folder);
    let done = async || (count(folder, "state = 'held'").await, count(folder, "state = 'succeeded'").await);
    eventually("runs again", done, |&(held, succeeded)| held == 0 && succeeded >= before + JOBS.len()).await;
    serving.terminate();
    assert_eq!(serving.end().code(), 0);
    let audit = folder.run(&["audit"]);
    assert_eq!(audit.code(), 0, "{audit:#?}");
    for (what, sql) in [
        ("open incidents", "select count(*) || '' from v_incidents where closed_at is null"),
        ("live runs", "select count(*) || '' from v_runs where finished_at is null"),
    ] {
        assert_eq!(rows::only(&store(folder), sql).await, "0", "{what}");
    }
    assert_eq!(rows::only(&store(folder), "pragma integrity_check").await, "ok");
}
