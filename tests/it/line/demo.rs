//! `apicron demo`.

use crate::support::binary::Folder;
use crate::support::jobs::json_lines;
use crate::support::rows::{only, rows};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ends_well_and_its_file_holds_what_its_table_said() {
    let folder = Folder::new();
    let ended = folder.run(&["demo", "--once"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let refused = ended.stdout.lines().find(|line| line.contains("too-few-scopes")).expect("its line");
    assert!(refused.contains("refused") && ended.stdout.contains("usage:read"), "{}", ended.stdout);
    for job in ["credit-balance", "storage-quota", "api-liveness", "revoked-token", "too-many-requests"] {
        let line = ended
            .stdout
            .lines()
            .find(|line| line.starts_with(job))
            .unwrap_or_else(|| panic!("no {job}: {}", ended.stdout));
        assert!(line.contains("succeeded"), "{line}");
    }

    let store = folder.path().join("apicron-demo.db");
    let states = rows(&store, "select state, cast(count(*) as text) from v_runs group by state order by state").await;
    assert_eq!(states[0], ["refused", "1"]);
    let verdicts = rows(&store, "select job, verdict from v_diagnoses order by job").await;
    assert!(verdicts.contains(&vec!["too-few-scopes".into(), "missing_scope".into()]), "{verdicts:?}");
    assert!(verdicts.contains(&vec!["revoked-token".into(), "stale_token".into()]), "{verdicts:?}");
    let used =
        only(&store, "select cast(value as text) from v_samples where metric = 'credit-balance.credits_used'").await;
    assert!(ended.stdout.contains(&format!("credits_used {used}")), "{used}: {}", ended.stdout);
    let body = only(&store, "select body from v_results join v_runs on id = run_id where job = 'credit-balance'").await;
    assert!(body.contains("\"credits\""), "{body}");
}

#[test]
fn the_demo_as_json_is_a_line_a_run_and_a_summary() {
    let ended = Folder::new().run(&["demo", "--once", "--json"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let lines = json_lines(&ended);
    let (summary, runs) = lines.split_last().expect("lines");
    assert_eq!(summary["summary"]["runs"], runs.len());
    assert!(runs.iter().all(|run| run["id"].is_number()), "{runs:#?}");
}

#[test]
fn the_stand_in_alone_says_its_address_first_and_stops_on_a_signal() {
    let standin = Folder::new().spawn(&["demo", "--api-only"]);
    let url = standin.wait_for_stdout("\n");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    standin.terminate();
    assert_eq!(standin.end().code(), 0);
}
