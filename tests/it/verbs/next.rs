//! `apicron next`.

use crate::support::binary::Folder;
use crate::support::jobs::json_lines;

#[test]
fn a_schedule_needs_no_job_file_and_says_what_a_change_of_the_clocks_moved() {
    let ended = Folder::new().run(&[
        "next",
        "--schedule",
        "30 2 * * *",
        "--timezone",
        "Europe/Berlin",
        "--after",
        "2026-03-28T12:00:00Z",
        "-n",
        "3",
        "--json",
    ]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    insta::assert_snapshot!(ended.stdout, @r#"
    {"job":null,"scheduled_for":"2026-03-29T01:00:00Z","local":"2026-03-29T03:00:00+02:00","moved":"gap"}
    {"job":null,"scheduled_for":"2026-03-30T00:30:00Z","local":"2026-03-30T02:30:00+02:00","moved":null}
    {"job":null,"scheduled_for":"2026-03-31T00:30:00Z","local":"2026-03-31T02:30:00+02:00","moved":null}
    "#);
}

#[test]
fn the_ticks_of_all_jobs_come_in_order() {
    let jobs = r#"
[apis.open]
base_url = "https://api.example.com"
[jobs.hourly]
schedule = "@hourly"
api = "open"
calls = [{ get = "/" }]
[jobs.half-past]
schedule = "30 * * * *"
api = "open"
calls = [{ get = "/" }]
[jobs.by-hand]
api = "open"
calls = [{ get = "/" }]
"#;
    let ended =
        Folder::new().file("jobs.toml", jobs).run(&["next", "--after", "2026-11-24T12:00:00Z", "-n", "3", "--json"]);
    let lines = json_lines(&ended);
    let ticks: Vec<_> = lines.iter().map(|line| (line["job"].as_str(), line["scheduled_for"].as_str())).collect();
    let expected = [
        (Some("half-past"), Some("2026-11-24T12:30:00Z")),
        (Some("hourly"), Some("2026-11-24T13:00:00Z")),
        (Some("half-past"), Some("2026-11-24T13:30:00Z")),
    ];
    assert_eq!(ticks, expected);
}

#[test]
fn a_schedule_that_cannot_be_is_a_wrong_command_line() {
    let ended = Folder::new().run(&["next", "--schedule", "0 0 30 2 *"]);
    assert_eq!(ended.code(), 2, "{ended:#?}");
    assert!(ended.stderr.starts_with("error: `0 0 30 2 *` is no schedule: "), "{}", ended.stderr);
}
