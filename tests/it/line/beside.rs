//! A filter that takes its time keeps nobody else from being on time.

use apicron::standin::{Fault, Knobs, OPS};
use serde_json::{Value, json};

use crate::support::jobs::{folder_as, head, usage_job};
use crate::support::lists::lines;
use crate::support::serving::{serve, until_runs};
use crate::support::standin;

const ITEMS: usize = 100_000;

/// A list whose every item is compared with every other.
const HEAVY: &str = r#"
[limits]
items = 100000

[jobs.heavy]
api      = "standin"
scopes   = ["models:read"]
deadline = "5s"

[[jobs.heavy.calls]]
get     = "/models"
pages   = { by = "link" }
metrics = { pairs = '. as $all | [.[] | select(.n as $n | any($all[]; .m == $n))] | length' }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_quadratic_filter_over_a_hundred_thousand_items_makes_no_tick_late() {
    let items: Vec<Value> = (0..ITEMS).map(|n| json!({ "n": n })).collect();
    let list = Fault { body: Some(items.into()), ..Fault::status("/v1/models", 200) };
    let standin = standin::start_with(Knobs { faults: vec![list], ..Knobs::default() }).await;
    let jobs = head(&standin) + HEAVY + &usage_job("light", "schedule = \"@every 1s\"\noverlap = \"allow\"");
    let folder = folder_as(OPS, &jobs);
    let serve = serve(&folder);
    let heavy = folder.spawn(&["run", "heavy"]);
    let ended = heavy.end();
    assert_eq!(ended.code(), 1, "{ended:#?}");
    until_runs(&folder, 4, "job = 'light' and state = 'succeeded'").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    let heavy = lines(&folder, "select kind from v_runs where job = 'heavy'").await;
    assert!(heavy == ["deadline"] || heavy == ["filter"], "{heavy:?}");
    let processes = "select count(distinct process) || ' ' || (count(process) = count(*)) from v_runs";
    assert_eq!(lines(&folder, processes).await, ["1 1"], "both ran in the server");
    let states = "select distinct state from v_runs where job = 'light'
                  and scheduled_for < (select max(scheduled_for) from v_runs where job = 'light')";
    assert_eq!(lines(&folder, states).await, ["succeeded"]);
    let holes = "select count(*) || '' from v_runs one where job = 'light'
                 and scheduled_for < (select max(scheduled_for) from v_runs where job = 'light')
                 and not exists (select 1 from v_runs other where other.job = 'light'
                                 and unixepoch(other.scheduled_for) = unixepoch(one.scheduled_for) + 1)";
    assert_eq!(lines(&folder, holes).await, ["0"]);
    let late =
        "select cast(value as integer) || ' ms' from v_samples where metric = 'light.lateness_ms' and value >= 900";
    assert_eq!(lines(&folder, late).await, [""; 0]);
    let during = "select (count(*) >= 3) || '' from v_runs light, v_runs heavy
                  where light.job = 'light' and heavy.job = 'heavy'
                  and light.finished_at between heavy.started_at and heavy.finished_at";
    assert_eq!(lines(&folder, during).await, ["1"]);
}
