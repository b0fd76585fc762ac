//! SIGHUP: another job file in the place of the one that is served.

use apicron::clock::{Clock, Time, rfc3339};
use apicron::standin::{Fault, Knobs, Standin};
use rustix::process::{Signal, kill_process};

use crate::support::binary::{Folder, Running};
use crate::support::jobs::{folder, head, usage_job};
use crate::support::serving::{count, serve, store, until_runs};
use crate::support::{rows, standin};

/// A job that is due each second and asks for something that is answered at once.
fn quick(name: &str, keys: &str) -> String {
    let keys = format!("schedule = \"@every 1s\"\n{keys}");
    usage_job(name, &keys)
        .replace("usage:read", "models:read")
        .replace("/usage", "/models")
        .replace("metrics = { credits_used = \".credits.used\" }", "")
}

fn write(folder: &Folder, text: &str) {
    std::fs::write(folder.path().join("jobs.toml"), text).expect("the file written");
}

fn hang_up(serve: &Running) {
    kill_process(serve.pid(), Signal::HUP).expect("the signal sent");
}

async fn ticks(folder: &Folder, job: &str) -> Vec<Time> {
    let sql = format!("select scheduled_for from v_runs where job = '{job}' order by scheduled_for");
    let rows = rows::rows(&store(folder), &sql).await;
    rows.into_iter().flatten().map(|text| text.parse().expect("a time")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_file_is_taken_over_as_a_whole_and_running_runs_finish_as_they_began() {
    let standin = standin::start_with(Knobs { faults: vec![Fault::slow("/v1/usage", 4000)], ..Knobs::default() }).await;
    let slow = usage_job("slow", "schedule = \"@every 1s\"");
    let folder = folder(&(head(&standin) + &slow + &quick("kept", "") + &quick("changing", "")));
    let serve = serve(&folder);
    until_runs(&folder, 1, "job = 'slow' and state = 'running'").await;
    until_runs(&folder, 1, "job = 'changing' and state = 'succeeded'").await;

    let changed = quick("changing", "timeout = \"7s\"");
    write(&folder, &(head(&standin) + &quick("kept", "") + &changed + &quick("added", "")));
    hang_up(&serve);
    let said = "added added; changed changing; removed slow";
    serve.wait_for_stderr(said);
    let reloaded = rfc3339(Clock::system().now());
    assert_eq!(count(&folder, "job = 'slow' and state = 'running'").await, 1, "it is in flight yet");

    until_runs(&folder, 1, "job = 'slow' and state = 'succeeded'").await;
    let later = format!("scheduled_for > '{reloaded}' and state = 'succeeded'");
    for job in ["added", "kept", "changing"] {
        until_runs(&folder, 3, &format!("job = '{job}' and {later}")).await;
    }
    serve.terminate();
    assert_eq!(serve.end().code(), 0);

    assert_eq!(count(&folder, &format!("job = 'slow' and scheduled_for > '{reloaded}'")).await, 0);
    assert_eq!(count(&folder, "state not in ('succeeded', 'skipped')").await, 0);
    let forms = "select cast(count(distinct config_hash) as text) from v_runs where job = 'changing'";
    assert_eq!(rows::only(&store(&folder), forms).await, "2");
    for job in ["kept", "changing"] {
        let ticks = ticks(&folder, job).await;
        assert!(ticks.windows(2).all(|pair| (pair[1] - pair[0]).num_milliseconds() == 1000), "{job}: {ticks:?}");
    }
}

/// Reloads a file that cannot be taken over, and gives back what was said.
async fn refused(standin: &Standin, text: &str) -> String {
    let folder = folder(&(head(standin) + &quick("kept", "")));
    let serve = serve(&folder);
    until_runs(&folder, 1, "state = 'succeeded'").await;
    write(&folder, text);
    hang_up(&serve);
    serve.wait_for_stderr("the job file was not taken over");
    let seen = count(&folder, "job = 'kept'").await;
    until_runs(&folder, seen + 2, "job = 'kept'").await;
    serve.terminate();
    let ended = serve.end();
    assert_eq!(ended.code(), 0, "{ended:#?}");
    assert_eq!(count(&folder, "job <> 'kept' or state not in ('succeeded', 'skipped')").await, 0);
    ended.stderr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_changes_nothing_and_all_its_problems_are_shown() {
    let standin = standin::start().await;
    let wrong = head(&standin) + &quick("kept", "overlap = \"never\"") + &quick("new", "timezone = \"Mars\"");
    let said = refused(&standin, &wrong).await;
    assert!(said.contains("jobs.toml:") && said.contains("never") && said.contains("Mars"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_secrets_cannot_be_read_changes_nothing() {
    let standin = standin::start().await;
    let text = (head(&standin) + &quick("kept", "")).replace("CLIENT_SECRET", "NOT_SET");
    let said = refused(&standin, &text).await;
    assert!(said.contains("secrets that the jobs need cannot be read") && said.contains("NOT_SET"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_store_is_not_taken_over_and_says_what_to_do() {
    let standin = standin::start().await;
    let text = format!("[store]\nurl = \"sqlite:other.db\"\n{}{}", head(&standin), quick("kept", "timeout = \"7s\""));
    let said = refused(&standin, &text).await;
    assert!(said.contains("`store.url` is another one: restart apicron"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_programs_read_the_log_the_problems_of_a_wrong_file_are_one_line_of_it() {
    let standin = standin::start().await;
    let folder = folder(&(head(&standin) + &quick("kept", ""))).env("APICRON_LOG_FORMAT", "json");
    let serve = serve(&folder);
    write(&folder, &(head(&standin) + &quick("kept", "timezone = \"Mars\"")));
    hang_up(&serve);
    serve.wait_for_stderr("the job file was not taken over");
    serve.terminate();
    let ended = serve.end();
    let lines = ended.stderr.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let said = lines.filter(|line| line["level"] == "ERROR").map(|line| line["problems"].to_string());
    let said: Vec<String> = said.collect();
    assert!(said.len() == 1 && said[0].contains("jobs.toml:") && said[0].contains("Mars"), "{ended:#?}");
}
