//! What is logged to standard error.

use serde_json::Value;

use crate::support::jobs::{folder, head, usage_job};
use crate::support::standin;

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_json_objects_when_asked_for_by_the_option_or_the_environment() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &usage_job("usage", "")));
    let by_option = folder.run(&["run", "usage", "--log", "debug", "--log-format", "json"]);
    let folder = folder.env("APICRON_LOG_FORMAT", "json").env("APICRON_LOG", "debug");
    for ended in [by_option, folder.run(&["run", "usage"])] {
        let lines: Vec<Value> = ended.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of_job = lines.iter().find(|line| line["job.name"] == "usage").unwrap_or_else(|| panic!("{ended:#?}"));
        assert!(of_job["message"].as_str().is_some_and(|message| message.contains("`usage`")), "{of_job}");
        assert!(["timestamp", "level", "run.id"].iter().all(|key| of_job[key].is_string()), "{of_job}");
    }
}

#[test]
fn another_format_is_a_wrong_command_line() {
    let ended = crate::support::binary::Folder::new().run(&["schema", "--log-format", "xml"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
    assert!(ended.stderr.contains("text") && ended.stderr.contains("json"), "{ended:#?}");
}
