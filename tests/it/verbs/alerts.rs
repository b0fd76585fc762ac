//! `apicron alerts` and `apicron silence`.

use apicron::standin::{Fault, Knobs};
use serde_json::json;

use crate::support::binary::Folder;
use crate::support::eventually::eventually;
use crate::support::jobs::{folder, head, json_lines, usage_job};
use crate::support::serving::{serve, store};
use crate::support::{rows, standin};

const REFUSED: &str = "\n[alerts.refused]\nrefused = true\nseverity = \"page\"\n";

async fn until_state(folder: &Folder, state: &str) {
    let sql = "select state from v_alerts where series = 'usage'";
    let states = async || rows::rows(&store(folder), sql).await.concat();
    eventually(state, states, |states| *states == [state]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_show_how_each_stands_and_a_silence_while_it_lasts() {
    let faults = vec![Fault::status("/v1/usage", 403)];
    let standin = standin::start_with(Knobs { faults, ..Knobs::default() }).await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "schedule = \"@every 1s\"") + REFUSED));
    let none = json_lines(&folder.run(&["alerts", "--json"]));
    assert_eq!((none.len(), &none[0]["state"], &none[0]["watched"]), (1, &json!(null), &json!(false)));
    let serve = serve(&folder);
    until_state(&folder, "firing").await;
    let text = folder.run(&["alerts", "refused"]);
    assert_eq!(text.code(), 0, "{text:#?}");
    let line = text.stdout.lines().find(|line| line.contains("the last run was refused")).expect("a line");
    assert!(line.starts_with("refused") && line.contains("firing") && line.contains("page"), "{text:#?}");

    let silenced = folder.run(&["silence", "refused", "--for", "2h", "--reason", "they move house"]);
    assert_eq!(silenced.code(), 0, "{silenced:#?}");
    assert!(silenced.stdout.starts_with("`refused` is silenced until "), "{}", silenced.stdout);
    until_state(&folder, "silenced").await;
    let shown = json_lines(&folder.run(&["alerts", "--json"]));
    let shown = shown.iter().find(|line| line["series"] == "usage").expect("its line");
    assert_eq!((&shown["silenced_for"], &shown["watched"]), (&json!("they move house"), &json!(true)), "{shown}");
    for was_silenced in [true, false] {
        let lifted = json_lines(&folder.run(&["silence", "refused", "--lift", "--json"]));
        assert_eq!(lifted, [json!({ "alert": "refused", "was_silenced": was_silenced })]);
    }
    until_state(&folder, "firing").await;
    serve.terminate();
    assert_eq!(serve.end().code(), 0);
    let after = folder.run(&["alerts"]);
    assert!(after.stdout.contains("was firing") && after.stderr.contains("nobody watches now"), "{after:#?}");
}

#[test]
fn a_silence_needs_an_alert_of_the_file_and_an_end() {
    let folder = Folder::new().file("jobs.toml", "[alerts.missed]\nmissed = true\n");
    for line in
        [&["silence", "missed"][..], &["silence", "missed", "--for", "2h", "--lift"], &["silence", "mised", "--lift"]]
    {
        assert_eq!(folder.run(line).code(), 2, "{line:?}");
    }
    let other = folder.run(&["alerts", "mised"]);
    assert!(other.code() == 2 && other.stderr.contains("did you mean `missed`?"), "{other:#?}");
}
